"""What authors can write is in the docs, and what the docs name exists."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from mkdocs_dlplugin.config import Settings
from mkdocs_dlplugin.options import Display, RunOptions, spelled
from mkdocs_dlplugin.views import VIEWS

ROOT = Path(__file__).parent.parent
BLOCKS = (ROOT / "docs/plugin/blocks.md").read_text("utf-8")
FILLED = {"shown", "shown_from", "part"}


@pytest.mark.parametrize("kind", [RunOptions, Display, Settings, *(view.Options for view in VIEWS.values())])
def test_every_option_is_in_the_docs(kind):
    missing = [spelled(f.name) for f in fields(kind) if f.name not in FILLED and f"`{spelled(f.name)}`" not in BLOCKS]

    assert missing == []


def test_every_module_is_in_the_architecture():
    text = (ROOT / "docs/plugin/architecture.md").read_text("utf-8")
    modules = {path.stem for path in (ROOT / "mkdocs_dlplugin").glob("*.py")} - {"__init__"}

    assert sorted(name for name in modules if f"`{name}`" not in text) == []


def test_the_docs_name_every_command():
    text = (ROOT / "docs/plugin/freshness.md").read_text("utf-8")

    for command in ("run", "status", "why", "check"):
        assert command in text
