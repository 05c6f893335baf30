"""Downloads: the records of a run as files for others: JSON, CSV, a script and a notebook."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mkdocs_dlplugin import standalone
from mkdocs_dlplugin.fingerprint import digest_code
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.standalone import Kit
from mkdocs_dlplugin.vetting import PROVENANCE
from mkdocs_dlplugin.views.tables import cell

_PUBLISHED = frozenset((*PROVENANCE, "source", "environment"))
"""Whatever else a record holds, by hand or by mistake, stays out of the site: a user's name, a host's, a path."""


def records_json(kit: Kit) -> str:
    """Write the records of a run as strict JSON: what was measured, and on what, when, how long, by which code."""
    run = kit.run
    said = {
        "run": run.name,
        "title": run.title,
        "defined": {"file": run.where.path, "line": run.where.line},
        "page": kit.home,
        "seeds": list(run.seeds),
        "varies": list(run.varies),
        "points": [dict(point) for point in run.points],
        "code": run.code,
        "code_digest": digest_code(run.code),
        "records": [_told(record, kit.digests[record.place]) for record in kit.records],
    }
    return _strict(said)


def _told(record: Record, digest: str) -> dict[str, Any]:
    provenance = {name: value for name, value in record.provenance.items() if name in _PUBLISHED}
    return {
        "run": record.run,
        "params": dict(record.params),
        "seed": record.seed,
        "key": record.key,
        "metrics": dict(record.metrics),
        "timings_seconds": {name: dict(spent) for name, spent in record.timings.items()},
        "series": {name: {"step": list(s), "value": list(v)} for name, (s, v) in record.series.items()},
        "output": [output.text for output in record.outputs if output.kind == "text"],
        "files": dict(record.assets),
        "results_digest": digest,
        "observed": {
            "modules": dict(record.observed.modules),
            "files": dict(record.observed.files),
            "upstream": dict(record.observed.inputs),
        },
        "notes": list(record.notes),
        "started": str(record.provenance.get("started", "")),
        "duration_seconds": float(record.provenance.get("wall", 0.0)),
        "provenance": provenance,
    }


def _strict(value: Mapping[str, Any]) -> str:
    # On one line: indented, a curve of 500 points would be 1,000 lines, and Python takes ten times as long.
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def metrics_csv(kit: Kit) -> str:
    """Write one line per point, seed and metric, timers as `name (cpu)` and `name (wall)`; empty without any."""
    rows: list[list[object]] = []
    for record in kit.records:
        values = {**record.metrics}
        values |= {f"{name} ({clock})": v for name, spent in record.timings.items() for clock, v in spent.items()}
        point = [*_point(kit, record), record.seed]
        rows += [[*point, cell(name), value] for name, value in values.items()]
    return _csv([*_params(kit), "seed", "metric", "value"], rows) if rows else ""


def series_csv(kit: Kit) -> str:
    """Write one line per point, seed, series and step; empty where no run logged any."""
    rows: list[list[object]] = []
    for record in kit.records:
        for name, (steps, values) in record.series.items():
            curve = [*_point(kit, record), record.seed, cell(name)]
            rows += [[*curve, s, "" if v is None else v] for s, v in zip(steps, values, strict=True)]
    return _csv([*_params(kit), "seed", "series", "step", "value"], rows) if rows else ""


def _params(kit: Kit) -> list[str]:
    return sorted({name for point in kit.run.points for name in point})


def _point(kit: Kit, record: Record) -> list[object]:
    return [cell(value) if isinstance(value := record.params.get(n, ""), str) else value for n in _params(kit)]


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


FORMATS: Mapping[str, Callable[[Kit], str]] = {
    "json": records_json, "csv": metrics_csv, "series.csv": series_csv, "py": standalone.script,
    "ipynb": standalone.book,
}  # fmt: skip
"""What a run can be downloaded as, by the ending of its file."""
