"""Renderer: draw Vega-Lite charts in a process of its own, one JSON line in and one out, until its input ends.

Started by `vega.py` by path and with `-P`: nothing of the author's folder can be imported here, so a build that must
not execute anything may still draw.  Imports nothing of ours for the same reason.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO, TextIO

VEGA_LITE = "6.4"
"""Version of the grammar; charts look the same on every machine as long as it stays."""


def serve(requests: BinaryIO, answers: TextIO) -> None:
    """Answer each request `{"spec": …, "config": …}` with `{"svg": …}` or `{"error": …}`.

    One with `"as": "vega"` is answered with `{"vega": …}`, the spec compiled and not drawn.
    """
    import vl_convert  # noqa: PLC0415 - 30 MB, wanted in this process only

    for line in requests:
        request = json.loads(line)
        try:
            spec, config = request["spec"], request["config"]
            answer: dict[str, Any]
            if request.get("as") == "vega":
                answer = {"vega": vl_convert.vegalite_to_vega(spec, vl_version=VEGA_LITE, config=config)}
            else:
                # An empty list of bases forbids every fetch; without it the default goes to the network.
                svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, config=config, allowed_base_urls=[])
                answer = {"svg": svg}
        except Exception as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    """Serve standard input on standard output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    # Whatever the library prints must not look like an answer.
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
