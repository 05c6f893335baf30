"""A host for the built site, as strict and as helpful as a good one: gzip, 404 page, base path, content policy."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.browser import serving

PACKED = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")
_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def policy(html: bytes) -> str:
    """Write the content security policy of a page: scripts of its own by their digests, nothing else, no `eval`."""
    own = {base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _SCRIPT.findall(html)}
    scripts = " ".join(["script-src 'self'", *(f"'sha256-{digest}'" for digest in sorted(own))])
    return (
        f"default-src 'self'; {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "base-uri 'self'; object-src 'none'; form-action 'self'"
    )


@lru_cache(maxsize=4096)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


@contextlib.contextmanager
def hosted(root: Path, base: str = "/", changed: Mapping[str, bytes | None] | None = None) -> Iterator[str]:
    """Serve a site below a path of this machine, and return the address.

    Args:
        root: The built site.
        base: Where it lies on its host: `/project/`.
        changed: Files to serve in place of those on the disk, by path; `None` for one that is missing. Looked at for
            each request.
    """
    swapped = {} if changed is None else changed

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            name, body = self._find(unquote(urlsplit(self.path).path))
            if body is None and name.endswith("/"):
                self._answer(301, b"", "text/plain", {"Location": base + name})
            elif body is None:
                self._answer(404, self._read("404.html") or b"not found", "text/html")
            else:
                self._answer(200, body, mimetypes.guess_type(name)[0] or "application/octet-stream")

        def _find(self, path: str) -> tuple[str, bytes | None]:
            name = path.removeprefix(base)
            if not name or name.endswith("/"):
                return "index.html", self._read(f"{name}index.html")
            if (root / name).is_dir():
                return f"{name}/", None
            return name, self._read(name)

        def _read(self, name: str) -> bytes | None:
            if name in swapped:
                return swapped[name]
            file = (root / name).resolve()
            return file.read_bytes() if file.is_relative_to(root) and file.is_file() else None

        def _answer(self, status: int, body: bytes, kind: str, more: Mapping[str, str] | None = None) -> None:
            headers = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "max-age=600", **(more or {})}
            if kind == "text/html":
                headers["Content-Security-Policy"] = policy(body)
            if kind.startswith(PACKED) and "gzip" in self.headers.get("Accept-Encoding", ""):
                body, headers["Content-Encoding"] = _packed(body), "gzip"
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

    with serving(Handler) as url:
        yield url.rstrip("/") + base
