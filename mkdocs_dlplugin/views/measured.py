"""Measured: say in one sentence on what, with what and when the numbers of a page were measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from mkdocs_dlplugin import words
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.results import PLAIN, device_of
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.views.report import commit_url
from mkdocs_dlplugin.words import html, say

MOST = 6
"""Devices, packages and commits that are named each; what is beyond is counted."""

NAMES = {
    "sklearn": "scikit-learn", "torch": "PyTorch", "numpy": "NumPy", "scipy": "SciPy", "tensorflow": "TensorFlow",
    "jax": "JAX", "xgboost": "XGBoost", "lightgbm": "LightGBM", "mnist1d": "MNIST-1D", "transformers": "Transformers",
    "polars": "Polars", "keras": "Keras",
}  # fmt: skip
"""What packages are called that are imported under another name."""


_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-\d\d")


def days(records: Iterable[Record]) -> list[str]:
    """List the days on which records were measured, in UTC, earliest first."""
    said = {str(record.provenance.get("started", ""))[:10] for record in records}
    return sorted(day for day in said if _DAY.fullmatch(day))


def when(found: Sequence[str]) -> str:
    """Write days as HTML: one, or the first and the last of several."""
    if not found:
        return html("about-no-day")
    ends = [f'<time datetime="{escape(day)}">{escape(day)}</time>' for day in (found[0], found[-1])]
    return ends[0] if len(found) == 1 else html("days", first=ends[0], last=ends[1])


def sentence(records: Sequence[Record], repository: str) -> str:
    """Say it as HTML: how many results of how many runs, devices, packages, days, plugin and commit."""
    devices = list(dict.fromkeys(_device(record) for record in records))
    results = say("results", n=len(records))
    runs = say("runs", n=len({record.run for record in records}))
    said = html(
        "about-measured",
        results=results,
        runs=runs,
        device=escape(plain(listed(devices))),
        software=escape(plain(listed(_software(records)))),
        days=when(days(records)),
        plugin=escape(plain(listed(_versions(records, "plugin", "mkdocs-dlplugin")))),
        commit=_commit(records, repository),
    )
    return f'<span class="{PLAIN}">{said}</span>'


def _device(record: Record) -> str:
    """Name a device; beside a GPU the processor, which did the rest."""
    named = device_of(record)
    cpu = str(record.provenance.get("cpu") or "")
    return f"{named}, {cpu}" if record.provenance.get("device_name") and cpu else named


def _software(records: Sequence[Record]) -> list[str]:
    packages: dict[str, set[str]] = {}
    for record in records:
        for name, version in dict(record.provenance.get("packages") or {}).items():
            packages.setdefault(NAMES.get(str(name), str(name)), set()).add(str(version))
    ordered = sorted(packages.items(), key=lambda item: item[0].lower())
    return [*_versions(records, "python", "Python"), *(f"{name} {_several(found)}" for name, found in ordered)]


def _versions(records: Sequence[Record], field: str, name: str) -> list[str]:
    found = {str(record.provenance.get(field) or "") for record in records} - {""}
    return [f"{name} {_several(found)}" if found else name]


def _several(versions: Iterable[str]) -> str:
    return "/".join(sorted(versions))


def listed(names: Sequence[str]) -> str:
    """Write a list as people say it: `a, b and c`."""
    if len(names) > MOST:
        return say("list-more", listed=", ".join(names[:MOST]), n=len(names) - MOST)
    return words.listed(names)


def _commit(records: Sequence[Record], repository: str) -> str:
    """Name the commit that the newest record was measured at, and how many there are besides."""
    dated = sorted((str(r.provenance.get("started", "")), str(r.provenance.get("commit") or "")) for r in records)
    commits = {commit for _, commit in dated if commit}
    if not commits:
        return ""
    last = next(commit for _, commit in reversed(dated) if commit)
    address = commit_url(repository, last)
    shown = f"<code>{escape(last[:7])}</code>"
    linked = f'<a href="{escape(address)}">{shown}</a>' if address else shown
    dirty = any(r.provenance.get("dirty") for r in records if r.provenance.get("commit"))
    name = "about-commit" if len(commits) == 1 else "about-commits"
    return html(name, n=len(commits), commit=linked) + (html("about-uncommitted") if dirty else "")
