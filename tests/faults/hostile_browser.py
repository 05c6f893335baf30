"""A real browser for tests, spoken to over a pipe: opens pages, does what a reader may do, and says what ran."""

from __future__ import annotations

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
from collections.abc import Iterator, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
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

WATCH = """
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => { window.PWNED = name; };
addEventListener('securitypolicyviolation', () => { window.PWNED = 'policy'; });
"""
"""Set up before a page's own scripts."""

ACT = """
async w => {
  const doc = w.document;
  doc.querySelectorAll('details').forEach(e => { e.open = true; });
  doc.querySelectorAll('input[type=radio]').forEach(e => { e.checked = true; });
  const kinds = ['mouseover', 'mouseenter', 'pointerover', 'mousemove', 'focus', 'focusin', 'load', 'toggle'];
  for (const e of doc.querySelectorAll('body *'))
    for (const kind of kinds) e.dispatchEvent(new w.Event(kind, {bubbles: false}));
  await new Promise(done => setTimeout(done, 100));
}
"""
"""What a reader does to every element of a window, all at once."""

LOOK = r"""
w => {
  const found = [];
  const address = /^[\s\0-\x1f]*(javascript|vbscript|data:(?!image\/))/i;
  const holders = /^(href|src|xlink:href|action|formaction|data|srcdoc|poster)$/i;
  const rare = 'set,animate,iframe,object,embed,base,applet,frameset,meta[http-equiv=refresh],foreignObject,mglyph';
  const walk = root => {
    for (const e of root.querySelectorAll('*')) {
      for (const a of e.attributes) {
        const value = a.value.replace(/[\t\n\r]/g, '');
        if (/^on/i.test(a.name)) found.push(`${e.localName}[${a.name}]`);
        if (holders.test(a.name) && address.test(value)) found.push(`${e.localName}[${a.name}=${value}]`);
        if (a.name === 'style' && /PWNED/.test(value)) found.push(`${e.localName}[style]`);
      }
      if (e.localName === 'script' && /PWNED/.test(e.src + e.textContent) && e.type !== 'application/json')
        found.push('script');
      if (e.localName === 'style' && /PWNED|keyframes dl\{|data:text\/css/.test(e.textContent)) found.push('style');
      if (e.shadowRoot) walk(e.shadowRoot);
    }
    root.querySelectorAll(rare).forEach(e => { if (!e.dataset.ours) found.push(e.localName); });
  };
  walk(w.document);
  return {
    address: w.location.pathname, pwned: String(w.PWNED), found: [...new Set(found)].slice(0, 9),
    hits: w.document.querySelectorAll('.md-search-result__item, #mkdocs-search-results article').length,
    text: w.document.body.innerText.length,
  };
}
"""
"""What came of it: whether anything ran, and what could run in the document."""


TYPE = """
word => {
  const field = document.querySelector('#mkdocs-search-query');
  if (field) { field.value = word; field.dispatchEvent(new KeyboardEvent('keyup', {bubbles: true})); }
}
"""
"""Types into the search of a theme that does not read its address."""


def program() -> str | None:
    """Find the browser; `None` where there is none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class Browser:
    """One headless browser, and one page in it."""

    def __init__(self, folder: Path) -> None:
        """Start it with a fresh profile below *folder*."""
        ours, theirs = os.pipe(), os.pipe()
        command = [str(program()), *QUIET[:-1], f"--user-data-dir={folder}", QUIET[-1]]
        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(ours[0]), str(theirs[1]), *command],
            pass_fds=(ours[0], theirs[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._to, self._from, self._left, self._number = ours[1], theirs[0], b"", 0
        self._events: list[str] = []
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def open(self, url: str, *, wait: float = 0.3) -> dict[str, Any]:
        """Open a page, act on it, and return what `LOOK` says."""
        self._go(url)
        time.sleep(wait)
        self.evaluate(f"({ACT})(window)")
        return dict(self.evaluate(f"({LOOK})(window)"))

    def open_all(self, frames: str, urls: Sequence[str]) -> list[dict[str, Any]]:
        """Open many pages inside one empty page, *frames*, and return what `LOOK` says of each."""
        self._go(frames)
        return list(
            self.evaluate(
                f"""(async () => {{
                  const load = url => new Promise(done => {{
                    const frame = document.createElement('iframe');
                    frame.onload = () => done(frame.contentWindow);
                    frame.src = url;
                    document.body.append(frame);
                  }});
                  const windows = await Promise.all({json.dumps(list(urls))}.map(load));
                  await Promise.all(windows.map({ACT}));
                  return windows.map({LOOK});
                }})()"""
            )
        )

    def search(self, url: str, word: str) -> dict[str, Any]:
        """Search a site and return what `LOOK` says when something was found, or when nothing came."""
        self._go(f"{url}?q={word}")
        seen, end = dict(self.evaluate(f"({LOOK})(window)")), time.monotonic() + 30
        while not seen["hits"] and time.monotonic() < end:
            self.evaluate(f"({TYPE})({json.dumps(word)})")
            time.sleep(0.3)
            seen = dict(self.evaluate(f"({LOOK})(window)"))
        self.evaluate(f"({ACT})(window)")
        return dict(self.evaluate(f"({LOOK})(window)"))

    def _go(self, url: str) -> None:
        self._events.clear()
        self.call("Page.navigate", url=url)
        end = time.monotonic() + 60
        while "Page.loadEventFired" not in self._events and time.monotonic() < end:
            self._hear(0.2)

    def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript in the page."""
        said = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the browser for something and return its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for answer in self._hear(1.0):
                if answer.get("id") == self._number:
                    assert "error" not in answer, answer
                    return dict(answer["result"])
        raise TimeoutError(f"the browser did not answer to {method}")

    def _hear(self, seconds: float) -> list[dict[str, Any]]:
        if not select.select([self._from], [], [], seconds)[0]:
            return []
        chunk = os.read(self._from, 1 << 20)
        if not chunk:
            raise RuntimeError(f"the browser ended with status {self._process.wait(5)}")
        *whole, self._left = (self._left + chunk).split(b"\0")
        answers = [json.loads(text) for text in whole]
        self._events += [answer["method"] for answer in answers if "method" in answer]
        return answers

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError, AssertionError):
            self._session = ""
            self.call("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a site on a free port of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
