"""A real browser for tests, spoken to over a pipe, and a server for it: what readers do, and what comes of it."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WINDOWED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PROGRAMS = ("chromium-headless-shell", "chrome-headless-shell", *WINDOWED)
"""Where there is a choice, the one that draws pages and nothing around them: the others draw a window for each tab."""
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--no-default-browser-check", "--remote-debugging-pipe", "about:blank"),
)

LAUNCH = """
import fcntl, os, sys
listen, answer = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(listen, 3)
os.dup2(answer, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Starts the browser with the pipes where it wants them: it listens on 3 and answers on 4."""

CODES = {"Tab": 9, "Enter": 13, "Escape": 27, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37,
         "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}  # fmt: skip
"""Numbers of the keys that have a name."""


def program(names: Sequence[str] = PROGRAMS) -> str | None:
    """Find the browser; `None` where there is none."""
    return next((path for name in names if (path := shutil.which(name))), None)


class Pipe:
    """One headless browser, and the pipe over which it is spoken to."""

    def __init__(self, folder: Path, *flags: str, names: Sequence[str] = PROGRAMS) -> None:
        """Start it with a fresh profile below *folder*, the first of some programs that is there."""
        ours, theirs = os.pipe(), os.pipe()
        command = [str(program(names)), *QUIET[:-1], *flags, f"--user-data-dir={folder}", QUIET[-1]]
        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(ours[0]), str(theirs[1]), *command],
            pass_fds=(ours[0], theirs[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._to, self._from, self._left, self._number = ours[1], theirs[0], b"", 0

    def ask(self, session: str, method: str, params: Mapping[str, Any]) -> int:
        """Ask for something, of the browser or of the tab behind *session*; return the number of the answer to come."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        return self._number

    def hear(self, seconds: float) -> list[dict[str, Any]]:
        """Take what the browser says within a time, answers and events."""
        if not select.select([self._from], [], [], seconds)[0]:
            return []
        chunk = os.read(self._from, 1 << 20)
        if not chunk:
            raise RuntimeError(f"the browser ended with status {self._process.wait(5)}")
        *whole, self._left = (self._left + chunk).split(b"\0")
        return [json.loads(text) for text in whole]

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self.ask("", "Browser.close", {})
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)


class Browser:
    """One headless browser, and one page in it."""

    def __init__(self, folder: Path) -> None:
        """Start it with a fresh profile below *folder*."""
        self._pipe = Pipe(folder)
        self.events: list[dict[str, Any]] = []
        """What it said since the page was opened, oldest first."""
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Log.enable")
        self.call("Network.enable")

    def go(self, url: str) -> None:
        """Open a page and wait until it is loaded; one that only differs behind the # is not loaded again."""
        self.events.clear()
        if "loaderId" in self.call("Page.navigate", url=url):
            self._loaded()

    def reload(self) -> None:
        """Open the same page again."""
        self.events.clear()
        self.call("Page.reload")
        self._loaded()

    def _loaded(self) -> None:
        end = time.monotonic() + 60
        while not self.said("Page.loadEventFired") and time.monotonic() < end:
            self._hear(0.2)

    def said(self, method: str) -> list[dict[str, Any]]:
        """Return what the browser said of one kind since the page was opened."""
        return [event["params"] for event in self.events if event["method"] == method]

    def requests(self) -> list[str]:
        """Return what was asked for since the page was opened, without what stands in the page itself."""
        urls = [str(event["request"]["url"]) for event in self.said("Network.requestWillBeSent")]
        return [url for url in urls if not url.startswith("data:")]

    def complaints(self) -> list[str]:
        """Return errors and warnings of the console, of scripts, and of policies since the page was opened."""
        logged = [event["entry"] for event in self.said("Log.entryAdded")]
        called = [event for event in self.said("Runtime.consoleAPICalled") if event["type"] in ("error", "warning")]
        return [
            *(str(entry["text"]) for entry in logged if entry["level"] in ("error", "warning")),
            *(str(event["args"]) for event in called),
            *(str(event["exceptionDetails"]) for event in self.said("Runtime.exceptionThrown")),
        ]

    def until(self, expression: str, seconds: float = 20) -> Any:
        """Evaluate JavaScript until it gives something true, and return that, or what it gave last."""
        end = time.monotonic() + seconds
        while not (value := self.evaluate(expression)) and time.monotonic() < end:
            time.sleep(0.05)
        return value

    def press(self, *keys: str) -> None:
        """Press keys, by their names."""
        for key in keys:
            text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
            for kind in ("keyDown", "keyUp"):
                codes = {"windowsVirtualKeyCode": CODES[key], "code": key} if key in CODES else {}
                self.call("Input.dispatchKeyEvent", type=kind, key=key, **codes, **(text if kind == "keyDown" else {}))

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """Move or press the mouse: `mouseMoved`, `mousePressed`, `mouseReleased`, `mouseWheel`."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x: float, y: float) -> None:
        """Click at a place of the window."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="none" if kind == "mouseMoved" else "left", clickCount=1)

    def tap(self, x: float, y: float) -> None:
        """Touch a place of the window and let go."""
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def prefer(self, **features: str) -> None:
        """Set what the reader's system prefers: `prefer(color_scheme="dark")`."""
        given = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=given)

    def resize(self, width: int, height: int = 800, *, scale: float = 1) -> None:
        """Give the window another size."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale}
        self.call("Emulation.setDeviceMetricsOverride", mobile=False, **size)

    def picture(self, file: Path, clip: dict[str, float] | None = None) -> None:
        """Keep what the window shows as a PNG; *clip* is `{x, y, width, height}` of the page."""
        part = {"clip": {**clip, "scale": 1}, "captureBeyondViewport": True} if clip else {}
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", **part)["data"]))

    def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript in the page."""
        said = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the browser for something and return its answer."""
        number = self._pipe.ask(self._session, method, params)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for answer in self._hear(1.0):
                if answer.get("id") == number:
                    assert "error" not in answer, answer
                    return dict(answer["result"])
        raise TimeoutError(f"the browser did not answer to {method}")

    def _hear(self, seconds: float) -> list[dict[str, Any]]:
        answers = self._pipe.hear(seconds)
        self.events += [answer for answer in answers if "method" in answer]
        return answers

    def close(self) -> None:
        """End it."""
        self._pipe.close()


@contextlib.contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Let a handler answer on a free port of this machine, and return where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def served(folder: Path, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve a site on a free port of this machine, with headers of its own."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def end_headers(self) -> None:
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            super().end_headers()

    with serving(functools.partial(Quiet, directory=str(folder))) as url:
        yield url
