"""Fixtures: real small sites, built in this process, and what their author and reader see."""

from __future__ import annotations

import logging
import os
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from mkdocs_dlplugin import words
from mkdocs_dlplugin.engines.inline import Inline

# Several workers share the cores: where each used all of them, they would wait for each other most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

THEME = """<html><head><title>{{ page.title }}</title></head>
<body>{{ page.toc }}<main>{{ page.content }}</main></body></html>"""


@dataclass
class Built:
    """A built site as its reader and its author see it."""

    root: Path
    code: int
    """The exit code."""
    said: str
    """Errors and warnings, as in the terminal."""
    executed: list[str]
    """Places of the jobs that ran."""

    def html(self, page: str = "index") -> str:
        """Return the HTML of a page."""
        folder = self.root / "site"
        file = folder / "index.html" if page == "index" else folder / page / "index.html"
        return file.read_text("utf-8")

    def page(self, page: str = "index") -> str:
        """Return the text of a page, as a reader sees it."""
        text = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", self.html(page), flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@dataclass
class Sites:
    """Makes one site in a folder of its own and builds it as often as a test changes it."""

    root: Path
    engine: Callable[..., Any] | None = None
    """Starts the engine; jobs run in this process when it is not given, which is fast."""
    config: dict[str, Any] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), "utf-8")

    def __call__(self, pages: str | Mapping[str, str] | None = None, **settings: Any) -> Built:
        """Build the site; pages that were written before stay."""
        for name, text in ({"index": pages} if isinstance(pages, str) else pages or {}).items():
            self.write(f"docs/{name}.md", text)
        self.write("theme/main.html", THEME)
        config = {
            "site_name": "Test",
            "theme": {"name": None, "custom_dir": "theme"},
            "plugins": [{"dlplugin": settings}],
            **self.config,
        }
        self.write("mkdocs.yml", yaml.safe_dump(config))
        return self._build()

    def _build(self) -> Built:
        said: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
        handler.setLevel(logging.WARNING)
        log = logging.getLogger("mkdocs.plugins.dlplugin")
        log.addHandler(handler)
        config, code = None, 0
        try:
            config = load_config(str(self.root / "mkdocs.yml"))
            build(config)
        except Abort as end:
            code = int(end.code or 0)
        finally:
            log.removeHandler(handler)
        plugin = config.plugins.get("dlplugin") if config is not None else None
        built = plugin.build if plugin is not None else None
        return Built(self.root, code, "\n".join(said), sorted(built.conductor.executed) if built else [])


@pytest.fixture(autouse=True)
def english() -> None:
    """Speak English again: a site that was built in this process in another language leaves that one spoken."""
    words.speak("en")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sites:
    """A site whose jobs run in this process, so that a build takes a tenth of a second."""
    monkeypatch.delenv("DLPLUGIN_EXECUTION", raising=False)
    monkeypatch.setattr("mkdocs_dlplugin.build.start_engine", lambda *_: Inline(tmp_path / ".dlplugin" / "jobs"))
    return Sites(tmp_path)


@pytest.fixture
def real_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sites:
    """A site whose jobs run as an author's do: each in a process of its own."""
    monkeypatch.delenv("DLPLUGIN_EXECUTION", raising=False)
    return Sites(tmp_path)
