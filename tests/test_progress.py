"""While a run is at work, a preview is told how its curves grow."""

from __future__ import annotations

import io
import json
import math

from mkdocs_dlplugin.engines import Progress
from mkdocs_dlplugin.live import answering
from mkdocs_dlplugin.model import Job, Where
from mkdocs_dlplugin.progress import MOST, Curve, Journal


def job(seed=0):
    return Job("mlp", "", Where("docs/p.md", 3), "docs/p.md", 4, seed, {"n": 100})


def told(journal, version=0):
    return json.loads(journal.since(version))


def test_what_a_run_logs_is_told_with_its_steps():
    journal = Journal()
    journal.hear(Progress(job(), "started", 0.0))
    for step in range(3):
        journal.hear(Progress(job(), "metric", 1.5 + step, {"loss": 1 / (step + 1), "step": step}))

    (work,) = told(journal)["jobs"]
    assert (work["place"], work["label"], work["event"]) == ("mlp/n=100/0", "(n=100) seed 0", "metric")
    assert work["curves"] == {"loss": {"step": [0, 1, 2], "value": [1.0, 0.5, 1 / 3]}}
    assert work["seconds"] == 3.5


def test_only_what_is_new_is_told_again():
    journal = Journal()
    journal.hear(Progress(job(0), "started", 0.0))
    journal.hear(Progress(job(1), "started", 0.0))
    version = told(journal)["version"]
    journal.hear(Progress(job(1), "metric", 1.0, {"loss": 2.0, "step": 0}))

    assert [work["place"] for work in told(journal, version)["jobs"]] == ["mlp/n=100/1"]
    assert told(journal, version + 1)["jobs"] == []


def test_a_run_that_starts_again_begins_a_new_curve():
    journal = Journal()
    for value in (1.0, 2.0):
        journal.hear(Progress(job(), "started", 0.0))
        journal.hear(Progress(job(), "metric", 1.0, {"loss": value, "step": 0}))

    assert told(journal)["jobs"][0]["curves"]["loss"]["value"] == [2.0]


def test_what_is_not_finite_is_a_gap_in_strict_json():
    journal = Journal()
    journal.hear(Progress(job(), "metric", 1.0, {"loss": math.nan, "step": 0}))
    journal.hear(Progress(job(), "metric", 1.0, {"loss": math.inf, "step": 1}))

    assert told(journal)["jobs"][0]["curves"]["loss"]["value"] == [None, None]


def test_a_long_curve_keeps_its_ends_and_its_shape_at_a_known_size():
    curve = Curve()
    for step in range(100_000):
        curve.add(step, step)
        assert curve.points[0] == (0, 0)
        assert curve.points[-1] == (step, step)
        assert len(curve.points) <= MOST

    gaps = {later - step for (step, _), (later, _) in zip(curve.points[:-2], curve.points[1:-1], strict=True)}
    assert len(gaps) == 1


def ask(app, path, query=""):
    said = {}

    def start(status, headers):
        said.update(dict(headers), status=status)

    body = b"".join(app({"PATH_INFO": path, "QUERY_STRING": query, "wsgi.input": io.BytesIO()}, start))
    return said, body


def test_the_server_answers_beside_the_site_and_leaves_it_alone():
    journal = Journal()
    journal.hear(Progress(job(), "started", 0.0))
    app = answering(journal, lambda environ, start: [environ["PATH_INFO"].encode()])

    said, body = ask(app, "/site/__dl__/progress", "since=0")
    assert said["Content-Type"].startswith("application/json")
    assert said["Cache-Control"] == "no-store"
    assert json.loads(body)["jobs"][0]["run"] == "mlp"
    assert b"polyline" in ask(app, "/site/__dl__/live.js")[1]
    assert ask(app, "/site/__dl__/else")[1] == b"/site/__dl__/else"
    assert ask(app, "/site/index.html")[1] == b"/site/index.html"
    assert json.loads(ask(app, "/__dl__/progress", "since=x'><script>")[1])["version"] == 1
