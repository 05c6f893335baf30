"""Footnotes: numbered notes to the cells of a table, linked there and back."""

from __future__ import annotations

from html import escape

from mkdocs_dlplugin.results import PLAIN
from mkdocs_dlplugin.words import say

BACK = 5
"""Links back from one note; a note to every cell of a column needs no more."""


class Footnotes:
    """The notes of one table, numbered in the order in which its cells are written."""

    def __init__(self, name: str) -> None:
        self._name = name
        """Begins the ids, so that two tables of a page have notes of their own."""
        self._marks: dict[str, int] = {}
        """By text of the note, how many cells point to it."""

    def mark(self, text: str) -> str:
        """Write the number of a note, linked to it; the same text has the same number. Nothing for no text."""
        if not text:
            return ""
        number = list(self._marks).index(text) + 1 if text in self._marks else len(self._marks) + 1
        self._marks[text] = self._marks.get(text, 0) + 1
        id_ = f' id="{self._from(number, self._marks[text])}"' if self._marks[text] <= BACK else ""
        return (
            f'<sup class="dl-noted"><a{id_} href="#{self._to(number)}" role="doc-noteref"'
            f' aria-label="{escape(say("note", n=number))}">{number}</a></sup>'
        )

    def html(self) -> str:
        """Write the list of the notes; empty without any."""
        items, said = [], escape(say("note-back"))
        for number, (text, marks) in enumerate(self._marks.items(), start=1):
            back = " ".join(
                f'<a href="#{self._from(number, mark)}" role="doc-backlink" aria-label="{said}">↩</a>'
                for mark in range(1, min(marks, BACK) + 1)
            )
            items.append(f'<li id="{self._to(number)}">{escape(text)} {back}</li>')
        return f'<ol class="dl-notes {PLAIN}">{"".join(items)}</ol>\n' if items else ""

    def _to(self, number: int) -> str:
        return escape(f"dl-{self._name}-note-{number}")

    def _from(self, number: int, mark: int) -> str:
        return escape(f"dl-{self._name}-from-{number}" + (f"-{mark}" if mark > 1 else ""))
