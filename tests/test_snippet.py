"""Snippet: what `run` does inside a build and outside one, and how a snippet without it is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin import snippet
from mkdocs_dlplugin.collect import thin
from mkdocs_dlplugin.engines import Inline, Progress
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Input, Job, Record, Where


@pytest.fixture
def execute(tmp_path: Path):
    """Execute code that stands at line 10 of a page, and return its record."""

    def execute(code: str, **options: Any) -> Record:
        settings = {"seed": 0, "root": str(tmp_path), **options}
        job = Job("mlp", code, Where("docs/p.md", 9), "docs/p.md", 10, **settings)
        return Inline().submit(job).result()

    return execute


def fails(execute: Any, code: str, **options: Any) -> RunFailed:
    with pytest.raises(RunFailed) as caught:
        execute(code, **options)
    return caught.value


IMPORT = "from mkdocs_dlplugin import run\n"


# -- logging ------------------------------------------------------------------------------------------------------


def test_the_last_logged_value_is_the_metric_and_all_of_them_are_the_series(execute):
    record = execute(IMPORT + "for epoch in range(3):\n    run.log({'loss': 1 / (epoch + 1)}, step=epoch * 10)")

    assert record.metrics == {"loss": 1 / 3}
    assert record.series == {"loss": ((0, 10, 20), (1.0, 0.5, 0.3333333))}


def test_a_value_logged_once_is_no_series(execute):
    record = execute(IMPORT + "run.log({'acc': 0.5})")

    assert (record.metrics, record.series) == ({"acc": 0.5}, {})


def test_steps_count_calls_when_they_are_left_out(execute):
    record = execute(IMPORT + "for x in (3, 4):\n    run.log({'a': x})\n    run.log({'b': x})")

    assert record.series == {"a": ((0, 2), (3, 4)), "b": ((1, 3), (3, 4))}


@pytest.mark.parametrize("step", ["float('nan')", "float('-inf')"])
def test_a_step_is_a_place_on_an_axis(execute, step):
    failed = fails(execute, IMPORT + f"run.log({{'a': 1}}, step={step})")

    assert failed.where.line == 11
    assert "which is no place on an axis" in failed.problem


def test_a_history_has_a_place_for_every_row(execute):
    failed = fails(execute, "h = [{'epoch': 0, 'a': 1}, {'a': 2}]", series="h")

    assert "'epoch' in 'h' is not finite everywhere" in failed.problem


def test_the_summary_wins_over_what_was_logged_before(execute):
    record = execute(IMPORT + "run.log({'acc': 0.1})\nrun.summary['acc'] = 0.9\nrun.summary['n'] = True")

    assert record.metrics == {"acc": 0.9, "n": 1}
    assert type(record.metrics["n"]) is int


def test_numbers_of_numpy_and_torch_are_kept_exactly(execute):
    torch = pytest.importorskip("torch")
    numpy = pytest.importorskip("numpy")
    code = "run.log({'a': numpy.float32(0.1), 'b': torch.tensor(0.1), 'c': numpy.int64(7), 'd': numpy.bool_(True)})"
    record = execute(IMPORT + "import numpy, torch\n" + code)

    assert record.metrics == {"a": float(numpy.float32(0.1)), "b": torch.tensor(0.1).item(), "c": 7, "d": 1}
    assert {type(value) for value in record.metrics.values()} == {int, float}


@pytest.mark.parametrize(
    ("value", "said"),
    [("'high'", "a str"), ("[1.0]", "a list"), ("None", "a NoneType"), ("1j", "a complex")],
)
def test_what_is_no_number_is_refused_where_it_is_logged(execute, value: str, said: str):
    failed = fails(execute, IMPORT + f"x = 1\nrun.log({{'acc': {value}}})")

    assert str(failed.where) == "docs/p.md:12"
    assert failed.problem == f"run 'mlp' seed 0: NotANumber: 'acc' is {said}, not a single number"
    assert failed.kind == "NotSerialisable"


def test_a_value_that_is_not_finite_is_no_metric_but_may_stand_in_a_series(execute):
    failed = fails(execute, IMPORT + "run.log({'loss': 1.0})\nrun.log({'loss': float('inf')})\n")
    record = execute(IMPORT + "run.log({'loss': float('nan')})\nrun.log({'loss': 1.0})\n")

    assert str(failed) == (
        "docs/p.md:12: run 'mlp' seed 0: metric 'loss' is inf at step 1\n"
        "  Training diverged, or something was divided by zero; only finite values can be compared."
    )
    assert record.series == {"loss": ((0, 1), (None, 1.0))}


def test_a_long_series_keeps_500_points_with_both_ends():
    steps, values = thin([(step, step / 3) for step in range(12_345)])

    assert len(steps) == len(values) == 500
    assert (steps[0], steps[-1]) == (0, 12_344)
    assert values[-1] == 4114.667
    assert list(steps) == sorted(set(steps))


def test_progress_is_told_while_the_code_runs(tmp_path: Path):
    heard: list[Progress] = []
    job = Job("mlp", IMPORT + "run.log({'a': 1}, step=5)", Where("p.md", 1), "p.md", 2, 0, root=str(tmp_path))
    Inline(on_progress=heard.append).submit(job)

    assert [(one.event, dict(one.values)) for one in heard] == [
        ("started", {}),
        ("metric", {"a": 1, "step": 5}),
        ("ended", {}),
    ]


# -- what a run is given ------------------------------------------------------------------------------------------


def test_parameters_seed_and_device_come_with_the_run(execute):
    values = "{'n': run.config['n'], 'm': run.config.m, 'k': run.config.get('k', 5), 'seed': run.seed}"
    record = execute(IMPORT + f"run.log({values})\nrun.device", params={"n": 100, "m": 0.5}, seed=3)

    assert record.metrics == {"n": 100, "m": 0.5, "k": 5, "seed": 3}
    assert record.outputs[0].text == "'cpu'\n"


def test_without_the_import_a_literal_at_the_top_is_replaced_by_the_parameter(execute):
    code = "n = 10\nlr: float = 0.1\nseed = 42\nn = n + 0\nresult = [n, lr, seed]\nprint(result)"
    record = execute(code, params={"n": 100, "lr": 0.5}, seed=7)

    assert record.outputs[0].text == "[100, 0.5, 7]\n"


def test_a_parameter_without_a_place_in_the_code_is_an_error(execute):
    failed = fails(execute, "m = 10", params={"n": 100})

    assert str(failed) == (
        "docs/p.md:9: run 'mlp(n=100)' seed 0: parameter 'n' (100) has no place in the code\n"
        "  Write `n = 100` at the top of the code, or import `run` and read `run.config.n`."
    )


def test_upstream_results_are_those_of_the_same_seed_and_shared_parameters(execute):
    ups = tuple(
        Input("up", {"n": n}, seed, {"acc": n + seed}, {}, {"w.txt": b"weights"}, f"digest-{n}-{seed}")
        for n in (1, 2)
        for seed in (0, 1)
    )
    code = "up = run.inputs['up']\nrun.log({'acc': up.metrics['acc'], 'all': len(run.inputs.all('up'))})\n"
    record = execute(IMPORT + code + "up.open('w.txt').read()", params={"n": 2}, seed=1, inputs={"up": ups})
    one = execute(IMPORT + "run.inputs['up']", params={"n": 2}, seed=1, inputs={"up": ups})

    assert record.metrics == {"acc": 3, "all": 4}
    assert record.outputs[0].text == "b'weights'\n"
    assert one.observed.inputs == {"up/n=2/1": "digest-2-1"}
    assert sorted(record.observed.inputs) == ["up/*", "up/n=1/0", "up/n=1/1", "up/n=2/0", "up/n=2/1"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("run.inputs['down']", "'down' is not an upstream run here ('up'); name it in the option `uses`"),
        ("run.inputs['up']", "run 'up' has no result for seed 5, n=3"),
    ],
)
def test_a_missing_upstream_result_is_an_error(execute, code: str, said: str):
    ups = (Input("up", {"n": 1}, 5, {}, {}, {}),)
    failed = fails(execute, IMPORT + code, params={"n": 3}, seed=5, inputs={"up": ups})

    assert failed.problem == f"run 'mlp(n=3)' seed 5: LookupError: {said}"
    assert failed.where.line == 11


# -- files, timers, test items ------------------------------------------------------------------------------------


def test_files_are_kept_with_the_result(execute):
    code = """\
import numpy as np
run.save("a.txt", "text")
run.save("b.json", {"x": [1, 2]})
run.save("c.npz", {"w": np.arange(3)})
(run.dir / "d.csv").write_text("x,y")
run.save("d.csv")
run.save("e.png", run.dir / "d.csv")
"""
    first, again = execute(IMPORT + code), execute(IMPORT + code)

    assert sorted(first.assets) == ["a.txt", "b.json", "c.npz", "d.csv", "e.png"]
    assert json.loads(first.blobs["b.json"]) == {"x": [1, 2]}
    assert first.blobs["d.csv"] == b"x,y"
    assert first.assets == again.assets


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("run.save('../a.txt', 'x')", "'../a.txt' cannot be kept"),
        ("run.save('a.pkl', b'x')", "'a.pkl' cannot be kept"),
        ("run.save('a.txt', b'x' * 11_000_000)", "11.0 MB, more than the 10.0 MB allowed"),
        ("run.save('a.txt', object())", "cannot be made from a object"),
    ],
)
def test_what_cannot_be_kept_is_refused(execute, code: str, said: str):
    assert said in fails(execute, IMPORT + code).problem


def test_a_timer_adds_up_cpu_and_wall_seconds(execute):
    work = "        time.sleep(0.02)\n        sum(range(200_000))"
    code = "import time\nfor _ in range(2):\n    with run.timer('train'):\n" + work
    timing = execute(IMPORT + code).timings["train"]

    assert timing["wall"] >= 0.04
    assert 0 < timing["cpu"] < timing["wall"] + 0.01


def test_correctness_per_test_item_is_kept_in_order(execute):
    assert execute(IMPORT + "import numpy as np\nrun.correct(np.array([True, False, True]))").correct == "101"
    assert "one True or False per test item" in fails(execute, IMPORT + "run.correct([0.5])").problem


# -- without `run` ------------------------------------------------------------------------------------------------


def test_metrics_and_series_are_read_from_variables(execute):
    code = "acc = 0.5\nhistory = [{'epoch': 1, 'loss': 2.0}, {'epoch': 2, 'loss': 1.0}]"
    record = execute(code, metrics=("acc",), series="history")

    assert record.metrics == {"acc": 0.5}
    assert record.series == {"loss": ((1, 2), (2.0, 1.0))}


@pytest.mark.parametrize("history", ["{'loss': [2.0, 1.0]}", "pandas.DataFrame({'loss': [2.0, 1.0]})"])
def test_a_history_may_be_columns(execute, history: str):
    pytest.importorskip("pandas")

    assert execute(f"import pandas\nh = {history}", series="h").series == {"loss": ((0, 1), (2.0, 1.0))}


def test_a_history_of_unequal_columns_is_refused_at_its_line(execute):
    failed = fails(execute, "x = 1\nh = {'a': [1], 'b': [1, 2]}", series="h")

    assert str(failed.where) == "docs/p.md:11"
    assert "'h' is a dict that is no history" in failed.problem


def test_a_misspelt_variable_offers_the_right_one(execute):
    failed = fails(execute, "accuracy = 1.0", metrics=("acuracy",))

    assert failed.problem == "run 'mlp' seed 0: 'acuracy' is not a variable of the code when it ends"
    assert failed.hint == "Did you mean 'accuracy'?"


# -- what is shown ------------------------------------------------------------------------------------------------


def test_the_last_expression_is_shown_as_in_a_notebook(execute):
    assert execute("print('a')\n[1, 2]").outputs[0].text == "a\n[1, 2]\n"
    assert execute("object()").outputs[0].text == "<object object>\n"
    assert execute("x = 1").outputs == ()
    assert execute("None").outputs == ()


def test_open_figures_become_pictures(execute):
    pytest.importorskip("matplotlib")
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\nplt.show()"
    first, again = execute(code), execute(code)

    assert [output.asset for output in first.outputs if output.kind == "png"] == ["fig-1.png", "fig-2.png"]
    assert first.blobs["fig-1.png"].startswith(b"\x89PNG")
    assert first.assets == again.assets
    assert not [output for output in first.outputs if output.kind == "text"]


def test_an_announced_exception_is_the_success(execute):
    record = execute("x = 1\nint('x')", raises="ValueError")
    failed = fails(execute, "x = 1", raises="ValueError")
    other = fails(execute, "1 / 0", raises="ValueError")

    assert record.outputs[0].text == "ValueError: invalid literal for int() with base 10: 'x'\n"
    assert failed.problem == "run 'mlp' seed 0: did not raise ValueError"
    assert "ZeroDivisionError" in other.problem


def test_machine_paths_are_not_shown(execute, tmp_path: Path):
    record = execute(f"print({str(tmp_path / 'data.csv')!r}, {str(Path.home() / 'x')!r}, {str(tmp_path) + '2'!r})")

    assert record.outputs[0].text == f"data.csv ~/x {tmp_path}2\n".replace(str(Path.home()) + "/", "~/")


def test_a_progress_bar_leaves_its_last_state(execute):
    assert execute("print('10%\\r50%\\r100%')").outputs[0].text == "100%\n"


# -- outside a build ----------------------------------------------------------------------------------------------


def test_outside_a_build_the_same_code_prints(tmp_path: Path):
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from mkdocs_dlplugin import run
with run.timer("train"):
    for epoch in range(2):
        run.log({{"loss": 0.5 / (epoch + 1)}}, step=epoch)
run.summary["n"] = run.config.get("n", 64)
run.correct([True, False])
run.save("a.txt", "x")
print(run.seed, run.device, dict(run.config), run.dir.is_dir(), dict(run.summary))
"""
    command = [sys.executable, "-c", code]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.splitlines()

    assert lines[:2] == ["step 0: loss 0.5", "step 1: loss 0.25"]
    assert lines[2].startswith("timer: train ")
    assert lines[3:] == [
        "summary: n 64",
        "correct: 1 of 2",
        "save: a.txt, 1 bytes",
        "0 cpu {} True {'loss': 0.25, 'n': 64}",
    ]


def test_a_parameter_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'n' is not a parameter of this run"):
        _ = snippet.Recorder().config.n
