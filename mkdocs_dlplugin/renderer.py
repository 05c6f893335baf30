"""Renderer: draw Vega-Lite charts in a process of its own, one JSON line in and one out, until its input ends.

Started by `vega.py` by path and with `-P`: nothing of the author's folder can be imported here, so a build that must
not execute anything may still draw.  Imports nothing of ours for the same reason.
"""

from __future__ import annotations

import base64
import json
import os
import struct
import sys
import zlib
from typing import Any, BinaryIO, TextIO

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

MEMORY = 2_000_000_000
"""Bytes of data this process may hold; 0.6 GB of them are V8's own."""

VEGA_LITE = "6.4"
"""Version of the grammar; charts look the same on every machine as long as it stays."""


def serve(requests: BinaryIO, answers: TextIO) -> None:
    """Answer each request `{"spec": …, "config": …}` with `{"svg": …}`, or with `{"error": …}`.

    One with `"as": "vega"` is answered with `{"vega": …}`, the spec compiled and not drawn; `{"picture": …}`, an SVG,
    with `{"png": …}`.
    """
    import vl_convert  # noqa: PLC0415 - 30 MB, wanted in this process only

    for line in requests:
        request = json.loads(line)
        try:
            answer = answered(vl_convert, request)
        except Exception as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def answered(vl_convert: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Make what one request asks for."""
    if "picture" in request:
        return {"png": base64.b64encode(smaller(vl_convert.svg_to_png(request["picture"]))).decode("ascii")}
    spec, config = request["spec"], request["config"]
    if request.get("as") == "vega":
        return {"vega": vl_convert.vegalite_to_vega(spec, vl_version=VEGA_LITE, config=config)}
    # An empty list of bases forbids every fetch; without it the default goes to the network.
    return {"svg": vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, config=config, allowed_base_urls=[])}


def smaller(png: bytes) -> bytes:
    """Pack the pixels of a PNG better than those do who are in a hurry: to a third, of one that is mostly white."""
    chunks, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    pixels = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    first, *others = (chunk for chunk in chunks if chunk[0] != b"IDAT")
    parts = [first, (b"IDAT", zlib.compress(pixels, 9)), *(chunk for chunk in others if chunk[0] == b"IEND")]
    packed = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)
    return png[:8] + b"".join(packed)


def main() -> None:
    """Serve standard input on standard output."""
    _limit()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    # Whatever the library prints must not look like an answer.
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


def _limit() -> None:
    """Keep a spec that grows without end from taking the memory of everybody else; then only this process ends."""
    if resource is not None and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # Elsewhere this limit counts what V8 only reserves.
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
