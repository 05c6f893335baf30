"""Shelf: files of the last build that this one would write again, set aside while the site's folder is emptied.

A generator removes everything before it builds, and for thousands of small files making them again takes longer than
all else an unchanged build does. A file that anybody touched meanwhile is not taken, and one whose content differs is
written anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import zlib
from pathlib import Path

from mkdocs_dlplugin.digests import stamp

LIST, FOLDER = "shelf.json", "shelf"
"""Names in the scratch folder."""


class Shelf:
    """The files that we write into a site ourselves."""

    def __init__(self, site: str, scratch: Path) -> None:
        self._site, self._scratch = site, scratch
        self._folder = str(scratch / FOLDER)
        self._there: dict[str, tuple[str, int]] = {}
        """By path, where the file was put and the checksum of its content."""
        self._written: dict[str, tuple[int, bool]] = {}

    def take(self) -> None:
        """Set aside what the last build wrote; whatever goes wrong, it is only written anew."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            known = json.loads((self._scratch / LIST).read_bytes())
            (self._scratch / LIST).unlink()
            os.mkdir(self._folder)  # noqa: PTH102 - as below
            if known["site"] == self._site:
                for number, (path, check, alone, *was) in enumerate(known["files"]):
                    self._move(path, check, alone, tuple(was), f"{self._folder}{os.sep}{number}")

    def _move(self, path: str, check: int, alone: bool, was: tuple[int, ...], to: str) -> None:
        file = f"{self._site}{os.sep}{path}"
        folder, name = os.path.split(file)
        # `os` and not `pathlib`: there are thousands, and the latter takes several times as long.
        if stamp(file) != was or (alone and os.listdir(folder) != [name]):  # noqa: PTH208
            return
        with contextlib.suppress(OSError):
            os.rename(folder if alone else file, to)  # noqa: PTH104
            self._there[path] = to, check

    def write(self, path: str, content: bytes, *, alone: bool = False) -> None:
        """Put a file into the site.

        Args:
            path: Its path, relative to the site's folder.
            content: What it holds.
            alone: Whether it is the only file in its folder.
        """
        check = zlib.crc32(content)
        self._written[path] = check, alone
        file = f"{self._site}{os.sep}{path}"
        folder = os.path.dirname(file)  # noqa: PTH120
        kept = self._there.pop(path, None)
        if kept is not None and kept[1] == check and self._back(kept[0], folder if alone else file):
            return
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        with open(file, "wb") as opened:  # noqa: PTH123
            opened.write(content)

    @staticmethod
    def _back(kept: str, target: str) -> bool:
        for _ in range(2):
            try:
                os.rename(kept, target)  # noqa: PTH104
            except FileNotFoundError:
                os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
            except OSError:
                return False  # something else is there already
            else:
                return True
        return False

    def close(self) -> None:
        """Note what was written, for the next build, and drop what it no longer wanted."""
        shutil.rmtree(self._folder, ignore_errors=True)
        files = [
            (path, check, alone, *(stamp(f"{self._site}{os.sep}{path}") or ()))
            for path, (check, alone) in self._written.items()
        ]
        with contextlib.suppress(OSError):
            if files:
                self._scratch.mkdir(parents=True, exist_ok=True)
                (self._scratch / LIST).write_text(json.dumps({"site": self._site, "files": files}), "utf-8")
