"""Fixtures: the site, built once for all workers, a browser for each, and a summary of what is only wished for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import program
from tests.site.chromium import Chromium
from tests.site.criteria import SHOULD, Criterion
from tests.site.host import hosted
from tests.site.pages import REPO, Site
from tests.site.reading import Reader
from tests.site.variants import DAY, build

FOLDER = Path(__file__).parent
REQUIRED = os.environ.get("DLPLUGIN_SITE_CHECKS") == "required"
"""In CI a check that cannot be made is a failure, elsewhere it is skipped."""


def missing(what: str) -> None:
    """Say that a check cannot be made here."""
    if REQUIRED:
        pytest.fail(f"needs {what}", pytrace=False)
    pytest.skip(f"needs {what}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file that first builds a site of its own, so that two workers build at the same time."""
    here = [item for item in items if item.path.parent == FOLDER]
    ordered = iter(sorted(here, key=lambda item: item.path.name != "test_variants.py"))
    items[:] = [next(ordered) if item.path.parent == FOLDER else item for item in items]


@pytest.fixture
def lacking() -> Callable[[str], None]:
    """Says that a check cannot be made here."""
    return missing


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def built(shared: Path) -> Callable[..., Site]:
    """Builds the site, or a variant of it, once for all workers."""

    def once(variant: str = "site", **changes: Any) -> Site:
        if not (REPO / "records").is_dir():
            missing("the site's records")
        folder = shared / f"built-{variant}"
        try:
            folder.mkdir()
        except FileExistsError:
            _wait(folder)
        else:
            try:
                build(folder, **changes)
            finally:
                (folder / "done").touch()
        return Site(folder / "site")

    return once


def _wait(folder: Path) -> None:
    end = time.monotonic() + 300
    while not (folder / "done").exists():
        assert time.monotonic() < end, f"{folder} is not finished by the worker that builds it"
        time.sleep(0.1)
    assert (folder / "site").is_dir(), "the worker that builds the site says why it could not"


@pytest.fixture(scope="session")
def site(built: Callable[..., Site]) -> Site:
    """The site, built strictly from what is recorded."""
    return built(env={**DAY, "PYTHONHASHSEED": "1"})


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser for this worker."""
    if program() is None:
        missing("Chromium, which .ci/browser brings")
    chromium = Chromium(tmp_path_factory.mktemp("chromium"))
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def reader(site: Site, browser: Chromium) -> Iterator[Reader]:
    """A reader of the site, which is served as its host serves it."""
    with hosted(site.root, site.base) as url:
        yield Reader(browser, url)


@pytest.fixture
def judge(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Judges: a must fails, a should is reported, and what waits for a feature may fail until it is there."""

    def judged(criterion: Criterion, *subject: Any) -> None:
        faults = criterion.faults(*subject)
        told = f"{criterion}: {len(faults)} at fault\n  " + "\n  ".join(faults[:12])
        if faults and criterion.level == SHOULD:
            record_property("should", told)
        elif faults and criterion.waits_for:
            pytest.xfail(f"waits for {criterion.waits_for}; {told}")
        elif faults:
            pytest.fail(told, pytrace=False)

    return judged


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Report what is wished for and not there yet."""
    reports = [one for kind in terminalreporter.stats.values() for one in kind if hasattr(one, "user_properties")]
    wished = [text for one in reports for name, text in one.user_properties if name == "should" and one.when == "call"]
    if wished:
        terminalreporter.section("wished for of the site")
        for text in wished:
            terminalreporter.line(str(text))
