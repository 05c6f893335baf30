"""The tables are what their page says, and every family plays by the same rules."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from examples import tables  # noqa: E402 - only where scikit-learn is

CLASSICAL = ["linear", "forest", "boosting"]
NETWORKS = list(tables.NETWORKS)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(tables, "ROWS_TEST", 100)
    monkeypatch.setattr(tables, "TREES", 5)
    monkeypatch.setattr(tables, "ROUNDS", 5)


def train(model, table, seed=0):
    if model in NETWORKS:
        pytest.importorskip("torch").set_num_threads(1)
    run = PlainRun(seed=seed, config={"table": table, "rows": 200, "steps": 4})
    tables.train(run, model)
    return run.summary


@pytest.mark.parametrize("table", [*tables.REAL, *tables.MADE])
@pytest.mark.parametrize("model", ["linear", "mlp"])
def test_each_table_can_be_learnt_and_is_scored_by_its_kind(model, table):
    said = train(model, table)

    kind = "r2" if table in tables.TARGETS else "acc"
    assert said[f"test_{kind}"] <= 1
    assert said[f"train_{kind}"] <= 1
    assert said["trials"] == 2


@pytest.mark.parametrize("model", [*CLASSICAL, *NETWORKS])
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(model):
    assert train(model, "credit", 3) == train(model, "credit", 3)
    assert train(model, "credit", 3) != train(model, "credit", 4)


def test_two_seeds_share_no_customer():
    one, other = tables.credit(200, 0)[0], tables.credit(200, 1)[0]

    assert not {row.tobytes() for row in one} & {row.tobytes() for row in other}


def test_the_four_parts_of_a_table_share_no_row():
    table = tables.load("cancer", 0)
    rows = [row.tobytes() for part in (table.x_fit, table.x_valid, table.x_test) for row in part]

    assert len(rows) == len(set(rows)) == 569


def test_the_rule_explains_all_records_but_eight_in_a_hundred():
    run = PlainRun()
    shown = tables.sample(run, 3)

    assert run.summary["best_possible"] == pytest.approx(0.92, abs=0.01)
    assert len(shown.rows) == 3
    assert shown._repr_markdown_().count("\n") == 4


def test_useless_columns_are_added_and_the_others_stay():
    plain, noisy = tables.load("credit", 0, 200), tables.load("credit-noise", 0, 200)

    assert noisy.x_fit.shape[1] == plain.x_fit.shape[1] + tables.USELESS
    assert np.allclose(noisy.x_test[:, :13], plain.x_test)
    assert (noisy.y_test == plain.y_test).all()


def test_rotation_keeps_every_distance_and_every_answer():
    plain, turned = tables.standard(*[tables.credit(50, 0)[0]] * 2), None
    turned = tables.rotated(plain, np.random.default_rng(0))

    assert not np.allclose(turned, plain)
    assert np.allclose(np.linalg.norm(turned[0] - turned[1:], axis=1), np.linalg.norm(plain[0] - plain[1:], axis=1))
    assert (tables.load("credit-rotated", 0, 200).y_test == tables.load("credit", 0, 200).y_test).all()


def test_every_family_gets_as_many_trials():
    assert {len(settings) for settings in tables.TRIALS.values()} == {2}


def test_settings_are_chosen_by_the_validation_rows_alone(monkeypatch):
    table = tables.load("credit", 0, 200)
    asked = []

    def fit(model, settings, table, seed, steps):
        def answer(x):
            asked.append((settings, len(x)))
            good = settings is tables.TRIALS["linear"][1]
            right = table.y_valid if len(x) == len(table.x_valid) and good else np.zeros(len(x), int)
            return np.eye(2)[right]

        return answer

    monkeypatch.setattr(tables, "fit", fit)
    tables.train(PlainRun(config={"table": "credit", "rows": 200}), "linear")

    assert [size for _, size in asked[:2]] == [len(table.x_valid)] * 2
    assert all(settings is tables.TRIALS["linear"][1] for settings, _ in asked[2:])


def test_classes_and_chance_are_counted():
    run = PlainRun(config={"table": "wine"})
    tables.describe(run)

    assert (run.summary["n_columns"], run.summary["n_classes"], run.summary["n_train"] + run.summary["n_test"]) == (
        13,
        3,
        178,
    )
    assert 0.3 < run.summary["chance"] < 0.5
