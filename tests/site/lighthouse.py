"""Lighthouse: how fast and how sound the built site is on a phone, the median of three visits to each kind of page.

`make lighthouse` builds the site and calls this; it exits 1 when a page misses what is aimed at.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.browser import QUIET, WINDOWED, program
from tests.site.host import hosted
from tests.site.pages import Site
from tests.site.reading import CACHE, PAGES

VISITS = 3
AIMS = {"performance": 0.95, "accessibility": 1.0, "best-practices": 1.0, "seo": 1.0}
AUDITS = {"largest-contentful-paint": 2000.0, "total-blocking-time": 150.0, "cumulative-layout-shift": 0.02}
"""Most milliseconds until the largest thing is seen, most that scripts keep a reader waiting, most that jumps."""
FLAGS = " ".join(["--headless=new", *(flag for flag in QUIET if flag.startswith("--") and "headless" not in flag)])


def visit(url: str) -> dict[str, float]:
    """Visit a page once and return its scores, from 0 to 1, and its times."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        flags = FLAGS.replace("--remote-debugging-pipe", f"--user-data-dir={folder}/profile")
        command = ["node", str(CACHE / "node_modules/lighthouse/cli/index.js"), url, "--quiet", "--output=json"]
        command += [f"--output-path={report}", f"--chrome-flags={flags}"]
        env = {**os.environ, "CHROME_PATH": str(program(WINDOWED))}
        subprocess.run(command, check=True, env=env, timeout=300)
        said = json.loads(report.read_text("utf-8"))
    scores = {name: float(said["categories"][name]["score"] or 0) for name in AIMS}
    for name, category in said["categories"].items():
        for part in category["auditRefs"]:
            audit = said["audits"][part["id"]]
            if name != "performance" and part["weight"] and audit["score"] is not None and audit["score"] < 1:
                where = [str(item)[:200] for item in audit.get("details", {}).get("items", [])[:3]]
                print(f"  {url}: {name}: {audit['title']}: {' '.join(where)}")
    return {**scores, **{name: float(said["audits"][name]["numericValue"]) for name in AUDITS}}


def missed(medians: Mapping[str, float]) -> list[str]:
    """List what is not reached."""
    low = [name for name, aim in AIMS.items() if medians[name] < aim]
    return low + [name for name, most in AUDITS.items() if medians[name] > most]


def main(root: Path) -> int:
    """Visit the pages of a built site, print a table, and return the exit code."""
    site, code = Site(root), 0
    print(f"{'page':24}{'perf':>6}{'a11y':>6}{'best':>6}{'seo':>6}{'LCP ms':>8}{'TBT ms':>8}{'shift':>8}")
    with hosted(site.root, site.base) as url:
        for page in PAGES:
            visits = [visit(url + page) for _ in range(VISITS)]
            medians = {name: statistics.median(one[name] for one in visits) for name in visits[0]}
            scores = "".join(f"{medians[name]:6.2f}" for name in AIMS)
            lcp, tbt, shift = (medians[name] for name in AUDITS)
            below = missed(medians)
            told = f"missed: {', '.join(below)}" if below else "ok"
            print(f"{page or '/':24}{scores}{lcp:8.0f}{tbt:8.0f}{shift:8.3f}  {told}", flush=True)
            code |= bool(below)
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "site").resolve()))
