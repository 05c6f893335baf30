"""The two stages are what they are called, the controls differ in nothing else, and answering moves no weight."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from examples import continual  # noqa: E402 - only where there are digits
from examples.continual import load, train_classical, train_joint, train_network  # noqa: E402


def train(how, name, seed=0, **arguments):
    """Measure with ten updates per stage and return the run."""
    if how is not train_classical:
        pytest.importorskip("torch").set_num_threads(1)
    run = PlainRun(seed=seed, config={"steps": 10})
    how(run, name, **arguments)
    return run


def test_the_first_stage_has_the_digits_up_to_four_and_the_second_the_others():
    data = load(0)

    assert set(data.y[data.first]) == {0, 1, 2, 3, 4}
    assert set(data.y[~data.first]) == {5, 6, 7, 8, 9}
    assert (data.old == (data.y_test < 5)).all()


def test_more_of_the_same_has_all_digits_in_both_stages_and_no_picture_twice():
    data = load(0, mixed=True)

    assert set(data.y[data.first]) == set(data.y[~data.first]) == set(range(10))
    assert abs(data.first.sum() - (~data.first).sum()) <= 1
    assert data.old.all()


def test_another_seed_is_another_split():
    assert not (load(0).x == load(1).x).all()


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_a_network_reports_both_stages_and_moves_no_weight_while_it_answers(kind):
    run = train(train_network, kind)

    assert [step for step, _ in run.series["old_acc"]] == list(range(1, 21))
    assert dict(run.series["old_acc"])[10] == run.summary["before_acc"]
    assert dict(run.series["new_acc"])[20] == run.summary["new_acc"]
    assert run.summary["n_moved"] == 0
    assert len(run.items) == (load(0).y_test < 5).sum()
    assert np.mean(run.items) == run.summary["old_acc"]
    assert run.summary["among_old_acc"] >= run.summary["old_acc"]


def test_rehearsal_changes_the_second_stage_only():
    plain, rehearsed = train(train_network, "mlp"), train(train_network, "mlp", kept=20)

    assert plain.series["old_acc"][:10] == rehearsed.series["old_acc"][:10]
    assert plain.series["old_acc"][10:] != rehearsed.series["old_acc"][10:]


def test_rehearsed_digits_are_from_the_first_stage_and_half_of_the_second(monkeypatch):
    pytest.importorskip("torch")
    from examples import training

    seen = []
    monkeypatch.setattr(training, "fit", lambda model, x, y, **_: seen.append(y))
    monkeypatch.setattr(PlainRun, "summary", {"old_acc": 0.0}, raising=False)
    continual.train_network(PlainRun(seed=0), "mlp", kept=20)
    old = (seen[1] < 5).double().mean().item()

    assert (seen[0] < 5).all()
    assert old == 0.5


@pytest.mark.parametrize(("how", "name"), [(train_network, "mlp"), (train_joint, "cnn"), (train_classical, "linear")])
def test_the_same_seed_gives_the_same_numbers(how, name):
    assert train(how, name, seed=1).summary == train(how, name, seed=1).summary


@pytest.mark.parametrize("name", ["bayes", "neighbours", "linear"])
def test_a_classical_model_reports_what_the_page_shows(name):
    run = train(train_classical, name)

    assert {"before_acc", "old_acc", "new_acc", "test_acc", "train_acc"} <= run.summary.keys()
    assert run.summary["before_acc"] > 0.8


def test_all_at_once_learns_both_halves():
    run = train(train_joint, "mlp")

    assert min(run.summary["old_acc"], run.summary["new_acc"]) > 0.2
