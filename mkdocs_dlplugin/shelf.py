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


MANY = 50
"""From so many files on a folder is set aside as a whole: moving each there and back takes longest of all."""


class Shelf:
    """The files that we write into a site ourselves."""

    def __init__(self, site: str, scratch: Path) -> None:
        self._site, self._scratch = site, scratch
        self._folder = str(scratch / FOLDER)
        self._there: dict[str, tuple[str, int]] = {}
        """By path, where the file was put, empty for one that is back at its place, and the checksum of its content."""
        self._whole: dict[str, str] = {}
        """Folders that were set aside as a whole, with where they were put."""
        self._back: dict[str, tuple[int, ...]] = {}
        """Files that came back with their folder, with when each was written."""
        self._written: dict[str, tuple[int, bool]] = {}

    def take(self) -> None:
        """Set aside what the last build wrote; whatever goes wrong, it is only written anew."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            known = json.loads((self._scratch / LIST).read_bytes())
            (self._scratch / LIST).unlink()
            os.mkdir(self._folder)  # noqa: PTH102 - as below
            groups: dict[str, list[tuple[str, int, bool, tuple[int, ...]]]] = {}
            for path, check, alone, *was in known["files"] if known["site"] == self._site else ():
                if self._same(path, alone, tuple(was)):
                    folder = path.rpartition("/")[0]
                    groups.setdefault(folder.rpartition("/")[0] if alone else folder, []).append(
                        (path, check, alone, tuple(was))
                    )
            for number, (folder, found) in enumerate(groups.items()):
                if len(found) < MANY or not folder or not self._move_all(folder, found, f"{self._folder}/all-{number}"):
                    for at, (path, check, alone, _) in enumerate(found):
                        self._move(path, check, alone, f"{self._folder}{os.sep}{number}-{at}")

    def _same(self, path: str, alone: bool, was: tuple[int, ...]) -> bool:
        """Tell whether a file is as it was, and alone in its folder if it was."""
        file = f"{self._site}{os.sep}{path}"
        if stamp(file) != was:
            return False
        # `os` and not `pathlib`: there are thousands, and the latter takes several times as long.
        folder, name = os.path.split(file)
        return not alone or os.listdir(folder) == [name]  # noqa: PTH208

    def _move_all(self, folder: str, found: list[tuple[str, int, bool, tuple[int, ...]]], to: str) -> bool:
        """Set a whole folder aside, and drop from it what is not ours, as the generator would."""
        ours = {path.split("/")[folder.count("/") + 1] for path, *_ in found}
        try:
            os.rename(f"{self._site}{os.sep}{folder}", to)  # noqa: PTH104
            for name in set(os.listdir(to)) - ours:  # noqa: PTH208
                _remove(f"{to}{os.sep}{name}")
        except OSError:
            return False
        self._whole[folder] = to
        for path, check, _, was in found:
            self._there[path] = "", check
            self._back[path] = was
        return True

    def _move(self, path: str, check: int, alone: bool, to: str) -> None:
        file = f"{self._site}{os.sep}{path}"
        with contextlib.suppress(OSError):
            os.rename(os.path.dirname(file) if alone else file, to)  # noqa: PTH104, PTH120
            self._there[path] = to, check

    def _put_back(self) -> None:
        """Put folders back that were set aside whole; where somebody made such a folder meanwhile, file by file."""
        whole, self._whole = self._whole, {}
        for folder, at in whole.items():
            if self._rename(at, f"{self._site}{os.sep}{folder}"):
                continue
            for path in [path for path in self._back if path.startswith(f"{folder}/")]:
                name = path[len(folder) + 1 :].partition("/")[0]
                self._there[path] = f"{at}{os.sep}{name}", self._there[path][1]
                del self._back[path]

    def write(self, path: str, content: bytes, *, alone: bool = False) -> None:
        """Put a file into the site.

        Args:
            path: Its path, relative to the site's folder.
            content: What it holds.
            alone: Whether it is the only file in its folder.
        """
        if self._whole:
            self._put_back()
        check = zlib.crc32(content)
        self._written[path] = check, alone
        file = f"{self._site}{os.sep}{path}"
        folder = os.path.dirname(file)  # noqa: PTH120
        kept = self._there.pop(path, None)
        if kept is not None and kept[1] == check:
            if not kept[0] and stamp(file) == self._back[path]:
                return
            if kept[0] and self._rename(kept[0], folder if alone else file):
                return
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        with open(file, "wb") as opened:  # noqa: PTH123
            opened.write(content)

    @staticmethod
    def _rename(kept: str, target: str) -> bool:
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
        for path in self._back.keys() & self._there.keys():
            file = f"{self._site}{os.sep}{path}"
            # What somebody else wrote there meanwhile is theirs.
            if stamp(file) == self._back[path]:
                _remove(file)
                with contextlib.suppress(OSError):
                    os.rmdir(os.path.dirname(file))  # noqa: PTH106, PTH120 - one that was alone leaves it empty
        files = [
            (path, check, alone, *(stamp(f"{self._site}{os.sep}{path}") or ()))
            for path, (check, alone) in self._written.items()
        ]
        with contextlib.suppress(OSError):
            if files:
                self._scratch.mkdir(parents=True, exist_ok=True)
                (self._scratch / LIST).write_text(json.dumps({"site": self._site, "files": files}), "utf-8")


def _remove(path: str) -> None:
    """Remove a file, or a folder with all that is in it."""
    with contextlib.suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)  # noqa: PTH108
