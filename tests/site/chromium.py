"""Chromium for the site's checks: one browser without a window, spoken to over a pipe, and its tabs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browser import PROGRAMS, Pipe
from tests.site.tab import WIDE, Mode, Tab

# No name is looked up but that of this machine, so that a call to a third party fails here as it does on a train.
ALONE = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--force-color-profile=srgb")


class Chromium:
    """One browser without a window."""

    def __init__(self, folder: Path, names: Sequence[str] = PROGRAMS) -> None:
        """Start it with a fresh profile below *folder*, the first of some programs that is there."""
        self._pipe = Pipe(folder, *ALONE, names=names)
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
        number = self._pipe.ask(session, method, params)
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
        for answer in self._pipe.hear(seconds):
            if "id" in answer:
                self._answers[answer["id"]] = answer
            elif answer.get("sessionId") in self.tabs:
                self.tabs[answer["sessionId"]].heard(answer["method"], answer["params"])

    def close(self) -> None:
        """End it."""
        self._pipe.close()
