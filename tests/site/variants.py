"""Build: the site from a copy of the project, so that no earlier build helps and several can stand side by side."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.site.pages import REPO

PARTS = (
    "docs",
    "examples",
    "records",
    "overrides",
    "benchmarks",
    "mkdocs.yml",
    "LICENSE",
    "CITATION.cff",
    "CHANGELOG.md",
)
PARTS += ("README.md", "pyproject.toml", "mkdocs_dlplugin")
"""What the site is made of."""
PLAIN = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "DLPLUGIN_EXECUTION": "never"}
"""Nothing is executed: what is committed must be enough."""

DRAWINGS = ".dlplugin/charts"
"""Where finished drawings are kept."""

DAY = {"SOURCE_DATE_EPOCH": "1700000000"}
"""The day of a build stands in the sitemap; here it is the same for all."""


def build(
    folder: Path,
    *,
    changes: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    drawn: Path | None = None,
) -> Path:
    """Build the site strictly below a folder and return where it lies.

    Args:
        folder: An empty folder; the site will be `folder/site`.
        changes: Texts of `mkdocs.yml` and what to write in their places.
        files: What to write at the end of files, by path.
        env: What to add to the environment.
        drawn: A site that was built so, whose drawings are taken over: most are the same in a variant.
    """
    project = folder / "project"
    project.mkdir()
    for part in PARTS:
        if (REPO / part).is_dir():
            shutil.copytree(REPO / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif (REPO / part).is_file():
            shutil.copy2(REPO / part, project / part)
    # What has changed since the last commit is read from the history.
    (project / ".git").symlink_to(REPO / ".git")
    config = (project / "mkdocs.yml").read_text("utf-8")
    for old, new in (changes or {}).items():
        assert config.count(old) == 1, f"mkdocs.yml has {old!r} {config.count(old)} times"
        config = config.replace(old, new)
    (project / "mkdocs.yml").write_text(config, "utf-8")
    if drawn is not None:
        shutil.copytree(drawn.with_name("project") / DRAWINGS, project / DRAWINGS)
    for name, text in (files or {}).items():
        (project / name).write_text((project / name).read_text("utf-8") + text, "utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder / "site")]
    done = subprocess.run(
        command, cwd=project, env={**os.environ, **PLAIN, **(env or {})}, capture_output=True, text=True, check=False
    )
    said = (done.stdout + done.stderr).splitlines()
    assert done.returncode == 0, "\n".join(said[-12:])
    return folder / "site"
