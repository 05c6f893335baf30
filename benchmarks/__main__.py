"""Benchmarks: `python -m benchmarks [PART…]` measures, prints what was aimed at beside it, and records both."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks import engine, growth, peers, serve, unused
from benchmarks.figures import FILE, Figure, save, table
from benchmarks.measure import adopt

PARTS: dict[str, Callable[[int, Path], list[Figure]]] = {
    "engine": engine.measure,
    "peers": peers.measure,
    "growth": growth.measure,
    "unused": unused.measure,
    "serve": serve.measure,
}


def main() -> None:
    """Measure the parts that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them when none is named")
    parser.add_argument("--repetitions", type=int, default=5, help="how often each thing is measured, in turns (5)")
    parser.add_argument("--seeds", type=int, default=1, help="seeds of each snippet of the peers (1)")
    parser.add_argument("--folder", type=Path, default=Path(".dlplugin/benchmarks"), help="for projects and peers")
    parser.add_argument("--record", type=Path, default=FILE, help="file for the figures; the docs read the default")
    chosen = parser.parse_args()
    if unknown := [part for part in chosen.parts if part not in PARTS]:
        parser.error(f"no part is called {unknown[0]!r}; there are {', '.join(PARTS)}")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    adopt()
    measured: list[Figure] = []
    for part in chosen.parts or PARTS:
        print(f"{part} …", flush=True)
        if part == "peers":
            measured += peers.measure(chosen.repetitions, chosen.folder.resolve() / part, chosen.seeds)
        else:
            measured += PARTS[part](chosen.repetitions, chosen.folder.resolve() / part)
        save(measured, chosen.record)
    print(table(measured))


if __name__ == "__main__":
    main()
