"""Learning curves: fresh data per seed, parts that share no digit, and the same data for all models."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")
pytest.importorskip("mnist1d")

from examples import learners, learning_curves, settings  # noqa: E402 - only where the data can be drawn

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(learning_curves, "TREES", 3)


def measured(model, measure=learning_curves.measure, seed=0, n=30):
    run = PlainRun(seed=seed, config={"n": n, "steps": 6})
    measure(run, model)
    return run.summary


@pytest.mark.parametrize("model", learners.MODELS)
@pytest.mark.parametrize("measure", [learning_curves.measure, learning_curves.measure_digits])
def test_each_model_reports_what_the_page_shows_and_repeats_itself(model, measure):
    once, again = measured(model, measure), measured(model, measure)

    assert once == again
    assert 0 <= once["test_acc"] <= 1
    assert 0 <= once["train_acc"] <= 1
    assert once["n_train"] == 30


def test_nearly_all_digits_are_split_into_1100_and_400():
    summary = measured("logreg", learning_curves.measure_all_digits)

    assert (summary["n_train"], summary["n_test"]) == (1100, 400)


def test_error_and_accuracy_add_up_to_one():
    summary = measured("logreg")

    assert summary["test_acc"] + summary["test_err"] == pytest.approx(1)


def seen(monkeypatch, measure, seed, n):
    """Return the digits that a measurement learns from and is tested on, as bytes, per round."""
    rounds = []

    def keep(run, name, settings_, train, test, **_):
        rounds.append([{row.tobytes() for row in part[0]} for part in (train, test)])
        run.summary.update(test_acc=0.0, train_acc=0.0, n_train=len(train[0]), n_test=len(test[0]))

    monkeypatch.setattr(learning_curves, "score", keep)
    measured("knn", measure, seed, n)
    return rounds


def test_five_seeds_share_no_digit_and_no_test_digit_is_learnt_from(monkeypatch):
    groups = [seen(monkeypatch, learning_curves.measure_digits, seed, 200) for seed in range(5)]
    everything = [set().union(*(learnt | tested for learnt, tested in rounds)) for rounds in groups]

    assert all(not learnt & tested for rounds in groups for learnt, tested in rounds)
    assert [len(set().union(*(tested for _, tested in rounds))) for rounds in groups] == [300] * 5
    assert len(set().union(*everything)) == sum(map(len, everything)) == 1500


@pytest.mark.parametrize("measure", [learning_curves.measure_digits, learning_curves.measure_all_digits])
def test_the_digits_of_the_search_are_never_measured(monkeypatch, measure):
    reserved = {row.tobytes() for row in learners.digits()[0][: learners.RESERVED]}

    for learnt, tested in seen(monkeypatch, measure, 3, 200):
        assert not reserved & (learnt | tested)


def test_few_and_many_signals_use_the_settings_found_for_them():
    few = settings.settings_of("svm", 1000)
    many = settings.settings_of("svm", 4000)

    assert few == settings.winners()["svm-few"]
    assert many == settings.winners()["svm"]


@pytest.mark.parametrize(("width", "expected"), [(40, (7, 10)), (64, (7, 10))])
@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_networks_turn_examples_into_ten_scores(model, width, expected):
    made = learners.network(model, width, {"hidden": 8, "channels": 4, "dropout": 0.1})

    assert made(torch.zeros(7, width)).shape == expected
