"""What hostile pages do in a real browser: opens them, does what a reader may do, and says what ran."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browser import Browser as Reader
from tests.browser import program, served

__all__ = ["Browser", "program", "served"]

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


class Browser(Reader):
    """A browser that watches whether a page runs what it should not."""

    def __init__(self, folder: Path) -> None:
        """Start it with a fresh profile below *folder*."""
        super().__init__(folder)
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def open(self, url: str, *, wait: float = 0.3) -> dict[str, Any]:
        """Open a page, act on it, and return what `LOOK` says."""
        self.go(url)
        time.sleep(wait)
        self.evaluate(f"({ACT})(window)")
        return dict(self.evaluate(f"({LOOK})(window)"))

    def open_all(self, frames: str, urls: Sequence[str]) -> list[dict[str, Any]]:
        """Open many pages inside one empty page, *frames*, and return what `LOOK` says of each."""
        self.go(frames)
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
        self.go(f"{url}?q={word}")
        seen, end = dict(self.evaluate(f"({LOOK})(window)")), time.monotonic() + 30
        while not seen["hits"] and time.monotonic() < end:
            self.evaluate(f"({TYPE})({json.dumps(word)})")
            time.sleep(0.3)
            seen = dict(self.evaluate(f"({LOOK})(window)"))
        self.evaluate(f"({ACT})(window)")
        return dict(self.evaluate(f"({LOOK})(window)"))
