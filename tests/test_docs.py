"""What authors can write is in the docs, and what the docs name exists."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest

from mkdocs_dlplugin.__main__ import parser
from mkdocs_dlplugin.config import Settings
from mkdocs_dlplugin.errors import Exit
from mkdocs_dlplugin.markdown import DLExtension
from mkdocs_dlplugin.options import Display, RunOptions, spelled
from mkdocs_dlplugin.views import VIEWS

ROOT = Path(__file__).parent.parent
BLOCKS = (ROOT / "docs/plugin/blocks.md").read_text("utf-8")
FILLED = {"shown", "shown_from", "part"}


@pytest.mark.parametrize("kind", [RunOptions, Display, Settings, *(view.Options for view in VIEWS.values())])
def test_every_option_is_in_the_docs(kind):
    missing = [spelled(f.name) for f in fields(kind) if f.name not in FILLED and f"`{spelled(f.name)}`" not in BLOCKS]

    assert missing == []


def test_every_option_of_the_extension_alone_is_in_the_docs():
    assert [name for name in DLExtension().config if f"| `{name}` |" not in BLOCKS] == []


def test_every_module_is_in_the_architecture():
    text = (ROOT / "docs/plugin/architecture.md").read_text("utf-8")
    modules = {path.stem for path in (ROOT / "mkdocs_dlplugin").glob("*.py")} - {"__init__"}

    assert sorted(name for name in modules if f"`{name}`" not in text) == []


def test_the_docs_name_every_command_and_what_it_takes():
    text = (ROOT / "docs/plugin/commands.md").read_text("utf-8")
    commands = next(action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    options = {option for sub in commands.values() for option in sub._option_string_actions if option.startswith("--")}

    assert [name for name in commands if not re.search(rf"^\| `{name}\b", text, re.MULTILINE)] == []
    assert sorted(option for option in options - {"--help"} if option not in text) == []


def test_the_docs_name_every_exit_code():
    text = (ROOT / "docs/plugin/commands.md").read_text("utf-8")

    assert [int(code) for code in Exit if f"| {int(code)} |" not in text] == []
