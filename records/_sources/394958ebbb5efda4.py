"""Figures: what was measured beside what was aimed at, as a table for a terminal and as JSON for the docs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

FILE = Path(__file__).with_name("figures.json")
"""What docs/plugin/speed.md shows."""

PARTS = ("engine", "peers", "growth", "unused", "serve")
"""In the order of the table."""


@dataclass(frozen=True)
class Figure:
    """One thing that was measured."""

    part: str
    """The part of the benchmarks it belongs to."""
    name: str
    """Short name, unique within its part, as a variable could have it."""
    label: str
    """What it is, in words."""
    values: tuple[float, ...] = ()
    """One per repetition; none when it could not be measured."""
    unit: str = "×"
    """`×` for ratios, `ms`, `s`, `MB`, or nothing for counts."""
    target: float | None = None
    """The most it should be; `None` where it is only told."""
    note: str = ""
    """Why it could not be measured, or what to know about it."""

    @property
    def value(self) -> float | None:
        """The median over the repetitions."""
        return median(self.values) if self.values else None

    @property
    def verdict(self) -> str:
        """`met`, `missed`, `not measured`, or nothing where there is no target."""
        if self.value is None:
            return "not measured"
        return "" if self.target is None else "met" if self.value <= self.target else "missed"


def table(figures: Iterable[Figure]) -> str:
    """Write figures as lines: verdict, median, target, what, spread; a phone shows the first three without scrolling."""
    rows = [("", "median", "target", "", "lowest to highest")]
    for figure in figures:
        low, high = (min(figure.values), max(figure.values)) if figure.values else (None, None)
        spread = f"{_show(low, '')} to {_show(high, '')} ({len(figure.values)})" if figure.values else figure.note[:40]
        target = f"≤ {_show(figure.target, figure.unit)}" if figure.target is not None else ""
        rows.append(
            (figure.verdict, _show(figure.value, figure.unit), target, f"{figure.part}: {figure.label}", spread)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n in {0, 3} else cell.rjust(width)
            for n, (cell, width) in enumerate(_cells(row, widths))
        )
        for row in rows
    )


def _cells(row: Sequence[str], widths: Sequence[int]) -> list[tuple[str, int]]:
    return list(zip(row, widths, strict=True))


def _show(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    digits = f"{value:.0f}" if value >= 100 or (not unit and value == int(value)) else f"{value:.3g}"
    return f"{digits}{unit if unit == '×' else f' {unit}' if unit else ''}"


def save(figures: Sequence[Figure], path: Path = FILE) -> None:
    """Record figures; parts that were not measured this time keep what was recorded."""
    known = load(path)
    parts = {figure.part for figure in figures}
    kept = [entry for entry in known["figures"] if entry["part"] not in parts]
    said = {"cpu": _cpu(), "cores": os.cpu_count(), "python": platform.python_version(), "measured": _today()}
    made = {**known["machines"], **dict.fromkeys(sorted(parts), said)}
    body = {"machines": made, "figures": [*kept, *(_entry(figure) for figure in figures)]}
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


def load(path: Path = FILE) -> dict[str, Any]:
    """Read what is recorded; nothing where there is no file."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {"machines": {}, "figures": []}


def recorded(path: Path = FILE) -> list[Figure]:
    """Read the recorded figures."""
    names = Figure.__dataclass_fields__
    entries = sorted(load(path)["figures"], key=lambda entry: PARTS.index(entry["part"]))
    return [Figure(**{k: tuple(v) if k == "values" else v for k, v in e.items() if k in names}) for e in entries]


def _entry(figure: Figure) -> dict[str, Any]:
    return {**asdict(figure), "values": [round(value, 4) for value in figure.values]}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _cpu() -> str:
    text = Path("/proc/cpuinfo").read_text("utf-8", "replace") if Path("/proc/cpuinfo").is_file() else ""
    named = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return named[0] if named else platform.processor()
