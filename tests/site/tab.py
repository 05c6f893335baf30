"""A tab of the browser, in the mode a reader may be in, and what happened in it."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

WATCH = """
window.__shift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value;
}).observe({type: 'layout-shift', buffered: true});
"""
"""Adds up how far things jump while a page loads and is read."""


@dataclass(frozen=True)
class Mode:
    """How somebody reads."""

    width: int = 1280
    height: int = 900
    dark: bool = False
    scripts: bool = True
    media: str = ""
    """`print`, or empty for a screen."""
    features: tuple[tuple[str, str], ...] = ()
    """Further media features: `prefers-reduced-motion`, `forced-colors`."""

    def __str__(self) -> str:
        return f"{'dark' if self.dark else 'light'}-{self.width}"


WIDE, PHONE = Mode(), Mode(width=360, height=780)
MODES = (WIDE, Mode(dark=True), PHONE, Mode(width=360, height=780, dark=True))
"""The four looks that every page is judged in."""


class Browser(Protocol):
    """What a tab needs of its browser."""

    tabs: dict[str, Tab]

    def call(self, session: str, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something and return the answer."""

    def listen(self, seconds: float) -> None:
        """Take what the browser says within a time."""


class Tab:
    """One tab, and what happened in it since it was opened."""

    def __init__(self, browser: Browser, session: str, context: str, mode: Mode) -> None:
        """Made by `Chromium.tab`."""
        self.browser, self.session, self.context, self.mode = browser, session, context, mode
        self.asked: dict[str, str] = {}
        """Addresses by request."""
        self.pending: set[str] = set()
        self.status = 0
        """HTTP status of the page itself."""
        self.errors: list[str] = []
        """What the console says in red, failed requests and broken policies among it."""
        self.bytes = 0
        """What came over the wire, with headers, as compressed."""
        self.loaded = False

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.tabs.pop(self.session, None)
        self.browser.call("", "Target.disposeBrowserContext", browserContextId=self.context)

    def prepare(self) -> None:
        """Put the reader's mode in place."""
        mode = self.mode
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.resize(mode)
        features = {"prefers-color-scheme": "dark" if mode.dark else "light", **dict(mode.features)}
        named = [{"name": name, "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", media=mode.media, features=named)
        if mode.scripts:
            self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        else:
            self.call("Emulation.setScriptExecutionDisabled", value=True)

    def resize(self, mode: Mode) -> None:
        """Change to the size of another mode."""
        size = {"width": mode.width, "height": mode.height, "deviceScaleFactor": 1, "mobile": mode.width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def open(self, url: str) -> Tab:
        """Open an address and wait until nothing is under way any more."""
        self.loaded, self.status = False, 0
        self.call("Page.navigate", url=url)
        return self.settle()

    def settle(self, quiet: float = 0.15) -> Tab:
        """Wait until the page has loaded and nothing was asked for during *quiet* seconds."""
        end = time.monotonic() + 60
        still = time.monotonic()
        while time.monotonic() < end:
            before = len(self.asked)
            self.browser.listen(0.05)
            if not self.loaded or self.pending or len(self.asked) != before:
                still = time.monotonic()
            elif time.monotonic() - still > quiet:
                return self
        raise TimeoutError(f"a page does not come to rest: {[self.asked[one] for one in self.pending]}")

    def pause(self, seconds: float) -> None:
        """Listen for a time, for what comes without loading anything."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.browser.listen(0.05)

    def until(self, condition: str, seconds: float = 15) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(condition):
            assert time.monotonic() < end, f"not within {seconds} s: {condition}"
            self.pause(0.1)

    def heard(self, method: str, said: dict[str, Any]) -> None:
        """Keep what an event tells."""
        match method:
            case "Network.requestWillBeSent":
                self.asked[said["requestId"]] = said["request"]["url"]
                # The end of a worker's own script is told to the worker, not to us.
                if "worker" not in said["request"]["url"]:
                    self.pending.add(said["requestId"])
            case "Network.responseReceived":
                if said["type"] == "Document" and not self.status:
                    self.status = said["response"]["status"]
                elif said["response"]["status"] >= 400:
                    self.errors.append(f"{said['response']['status']} {said['response']['url']}")
            case "Network.loadingFinished" | "Network.loadingFailed":
                self.pending.discard(said["requestId"])
                self.bytes += int(said.get("encodedDataLength", 0))
            case "Page.loadEventFired":
                self.loaded = True
            case _:
                self.errors += complaint(method, said)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the tab for something."""
        return self.browser.call(self.session, method, **params)

    def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript in the page; a promise is waited for."""
        how = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        said = self.call("Runtime.evaluate", expression=expression, **how)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def ask(self, function: str, *args: Any) -> Any:
        """Call a JavaScript function with values."""
        return self.evaluate(f"({function})({', '.join(json.dumps(arg) for arg in args)})")

    def press(self, key: str, code: int, modifiers: int = 0) -> None:
        """Press a key and let it go."""
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="rawKeyDown", **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def shoot(self, file: Path) -> None:
        """Take a picture of the whole page, or of its first 12,000 pixels."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12_000), "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        file.write_bytes(base64.b64decode(shot["data"]))


def complaint(method: str, said: dict[str, Any]) -> list[str]:
    """Return what an event says in red, if it does."""
    if method == "Runtime.exceptionThrown":
        return [str(said["exceptionDetails"].get("exception", {}).get("description"))]
    if method == "Runtime.consoleAPICalled" and said["type"] == "error":
        return [" ".join(str(arg.get("value")) for arg in said["args"])]
    if method == "Log.entryAdded" and said["entry"]["level"] == "error":
        return [f"{said['entry']['text']} {said['entry'].get('url', '')}"]
    return []
