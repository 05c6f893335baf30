"""Chromium for the site's checks: one browser without a window, spoken to over a pipe, and its tabs."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.browser import LAUNCH, QUIET, program
from tests.site.tab import WIDE, Mode, Tab

# No name is looked up but that of this machine, so that a call to a third party fails here as it does on a train.
ALONE = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--force-color-profile=srgb")


class Chromium:
    """One browser without a window."""

    def __init__(self, folder: Path) -> None:
        """Start it with a fresh profile below *folder*."""
        ours, theirs = os.pipe(), os.pipe()
        command = [str(program()), *QUIET[:-1], *ALONE, f"--user-data-dir={folder}", QUIET[-1]]
        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(ours[0]), str(theirs[1]), *command],
            pass_fds=(ours[0], theirs[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._to, self._from, self._left, self._number = ours[1], theirs[0], b"", 0
        self._answers: dict[int, dict[str, Any]] = {}
        self.tabs: dict[str, Tab] = {}

    def tab(self, mode: Mode = WIDE) -> Tab:
        """Open a tab that shares nothing with the others: no cookies, no storage, no cache."""
        context = self.call("", "Target.createBrowserContext")["browserContextId"]
        target = self.call("", "Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("", "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = self.tabs[session] = Tab(self, session, context, mode)
        tab.prepare()
        return tab

    def call(self, session: str, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something, of the browser or of the tab behind *session*, and return the answer."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + 60
        while number not in self._answers:
            if time.monotonic() > end:
                raise TimeoutError(f"the browser did not answer to {method}")
            self.listen(1.0)
        answer = self._answers.pop(number)
        assert "error" not in answer, (method, answer)
        return dict(answer["result"])

    def listen(self, seconds: float) -> None:
        """Take what the browser says within a time, and hand events to their tabs."""
        if not select.select([self._from], [], [], seconds)[0]:
            return
        chunk = os.read(self._from, 1 << 20)
        if not chunk:
            raise RuntimeError(f"the browser ended with status {self._process.wait(5)}")
        *whole, self._left = (self._left + chunk).split(b"\0")
        for answer in map(json.loads, whole):
            if "id" in answer:
                self._answers[answer["id"]] = answer
            elif answer.get("sessionId") in self.tabs:
                self.tabs[answer["sessionId"]].heard(answer["method"], answer["params"])

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError, AssertionError):
            self.call("", "Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
