"""Screen: what a terminal would show in the end of text that was printed to it, and that text without its commands."""

from __future__ import annotations

import re
import unicodedata

_SEQUENCE = (
    r"(?:\x1b\[|\x9b)(?P<args>[0-?]*)[ -/]*(?P<command>[@-~])"
    # Titles, links and what programs tell a terminal: up to the bell or the string's end, never beyond the line.
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_TOKEN = re.compile(rf"{_SEQUENCE}|(?P<sign>[\n\r\b])|\x07|(?P<text>[^\x07\x08\x0a\x0d\x1b\x9b\x9d\x90\x98\x9e\x9f]+)")
_COMMANDS = re.compile(_SEQUENCE)
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that would show text, code behind them included, in another order than it has."""


def settle(text: str) -> str:
    """Follow carriage returns, backspaces and movements of the cursor to what stands there in the end.

    Of a progress bar that is its last state; of several bars one below the other, the last state of each.  Colours
    stay as they were written, all other commands are gone; what is no command is left, for `plain` to leave out.
    """
    if not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text):
        return text
    page = _Page()
    for token in _TOKEN.finditer(text.replace("\r\n", "\n")):
        if token["text"]:
            page.write(token["text"])
        elif token["sign"]:
            page.sign(token["sign"])
        elif token["command"] == "m":
            page.colour(token[0])
        elif token["command"]:
            page.command(token["command"], token["args"])
    return "\n".join(page.lines)


def plain(text: str) -> str:
    """Take the terminal's commands, control characters and those that turn text around out of a text for readers."""
    text = _COMMANDS.sub("", settle(text))
    return text if text.isascii() and text.isprintable() else "".join(c for c in text if c in "\n\t" or _is_text(c))


def _is_text(character: str) -> bool:
    """Tell whether a character is for readers: no control, no half, none that turns text around, no private mark."""
    # Signs that are younger than this Python's tables are text all the same; what is none ends in FFFE or FFFF.
    none = ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"
    return not none and character not in _TURNING and unicodedata.category(character) not in ("Cc", "Cs", "Co")


class _Page:
    """The lines of a terminal that never scrolls, and where its cursor is."""

    def __init__(self) -> None:
        self.lines = [""]
        self._row = 0
        self._first = True
        """Whether the cursor stands at the first column, so that what is written takes the place of the line."""
        self._colour = ""

    def write(self, text: str) -> None:
        self.lines[self._row] = ("" if self._first else self.lines[self._row]) + self._colour + text
        self._first, self._colour = False, ""

    def colour(self, sequence: str) -> None:
        # Kept until something is written in it: alone it would wipe out a line that it only ends.
        self._colour += sequence

    def sign(self, sign: str) -> None:
        if sign == "\b":
            self.lines[self._row] = self.lines[self._row][:-1]
            return
        self.lines[self._row] += self._colour
        self._colour = ""
        if sign == "\n":
            self._move(1)
        self._first = True

    def command(self, command: str, args: str) -> None:
        count = int(args) if re.fullmatch(r"[0-9]{1,6}", args) else 0
        if command in "AF":
            self._move(-max(count, 1))
        elif command in "BE":
            # A terminal makes new lines for what is written only.
            self._move(min(max(count, 1), len(self.lines) - 1 - self._row))
        elif command == "K" and (count == 2 or self._first):
            self.lines[self._row] = ""
        elif command == "J" and count:
            self.lines, self._row = [""], 0
        elif command == "J":
            del self.lines[self._row + 1 :]
        self._first = self._first or command in "EFGH"

    def _move(self, by: int) -> None:
        self._row = max(0, self._row + by)
        self.lines += [""] * (self._row + 1 - len(self.lines))
