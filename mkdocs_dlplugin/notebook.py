"""Notebook: cells of prose and code, written as Jupyter reads them (nbformat 4.5), the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Cell:
    """One cell."""

    kind: Literal["code", "markdown"]
    source: str
    folded: bool = False
    """Whether a reader wants to see it only on request."""


def notebook(cells: Sequence[Cell]) -> str:
    """Write cells as a notebook without outputs."""
    named = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {
        "cells": [_cell(number, cell) for number, cell in enumerate(cells)],
        "metadata": {"kernelspec": named, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    # Not indented: nobody reads it as text, and Python takes ten times as long for it.
    return json.dumps(book, ensure_ascii=False, sort_keys=True) + "\n"


def _cell(number: int, cell: Cell) -> dict[str, Any]:
    # An id must be unique in its notebook and the same in the next build.
    name = hashlib.sha256(f"{number} {cell.source}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    written = {"cell_type": cell.kind, "id": name, "source": cell.source.splitlines(keepends=True)}
    folded = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]} if cell.folded else {}
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if cell.kind == "code" else {}
    return {**written, **code, "metadata": folded}
