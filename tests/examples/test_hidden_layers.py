"""The five puzzles, the functions and the pictures of models are what the pages say."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")
torch.set_num_threads(1)

from examples import hidden_layers, surfaces  # noqa: E402 - only where networks can be trained
from tests.examples.keeping import KeepingRun  # noqa: E402


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Train for a moment."""
    monkeypatch.setattr(hidden_layers, "STEPS", 20)
    monkeypatch.setattr(hidden_layers, "CURVE_STEPS", 20)
    monkeypatch.setattr(hidden_layers, "N_CURVE", 300)


def train(model, puzzle="xor", seed=0):
    run = PlainRun(seed=seed, config={"puzzle": puzzle})
    hidden_layers.train_puzzle(run, model)
    return run.summary


@pytest.mark.parametrize("puzzle", hidden_layers.PUZZLES)
def test_a_puzzle_has_two_classes_of_about_equal_size_and_new_points_for_each_seed(puzzle):
    one, other = hidden_layers.load(puzzle, 0), hidden_layers.load(puzzle, 1)

    assert one.x_train.shape == (1000, 6 if puzzle == "parity" else 2)
    assert one.x_test.shape == (2000, one.x_train.shape[1])
    assert set(one.y_train) == {0, 1}
    assert 0.45 < one.y_test.mean() < 0.55
    assert not {tuple(row) for row in one.x_train} & {tuple(row) for row in np.vstack([other.x_train, one.x_test])}


def test_the_class_of_xor_is_the_sign_of_a_product_and_that_of_parity_whether_the_ones_are_odd():
    x, y = hidden_layers.xor(200, np.random.default_rng(0))
    bits, odd = hidden_layers.parity(200, np.random.default_rng(0))

    assert np.array_equal(y, np.sign(x[:, 0]) == np.sign(x[:, 1]))
    # The blur turns a bit into the other one now and then.
    assert 0.95 < np.mean(odd == (bits > 0).sum(1) % 2) < 1


@pytest.mark.parametrize("model", hidden_layers.TRIALS)
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(model):
    first, again, other = train(model), train(model), train(model, seed=1)

    assert first == again
    assert first["test_acc"] != other["test_acc"]
    assert 0 <= first["test_acc"] <= 1
    assert (first["n_train"], first["n_test"]) == (1000, 2000)


def test_no_line_solves_xor_but_the_true_class_can_be_learned():
    assert train("logreg")["test_acc"] < 0.7
    assert train("knn")["test_acc"] > 0.9


def test_every_model_has_as_many_trials_and_uses_one_of_them():
    assert {len(trials) for trials in hidden_layers.TRIALS.values()} == {3}
    for model, chosen in hidden_layers.SETTINGS.items():
        assert set(chosen) == set(hidden_layers.PUZZLES)
        assert all(settings in hidden_layers.TRIALS[model] for settings in chosen.values())


@pytest.mark.parametrize("model", ["logreg", "tree"])
def test_the_settings_in_use_are_those_the_search_finds(model):
    run = PlainRun(config={"model": model})
    hidden_layers.tune_puzzle(run)

    assert run.summary["in_use"] == 1
    assert run.summary["worst_val_acc"] <= run.summary["best_val_acc"]


@pytest.mark.parametrize("function", hidden_layers.FUNCTIONS)
def test_networks_of_all_depths_have_about_equally_many_weights(function):
    found = []
    for layers in hidden_layers.UNITS[function]:
        run = PlainRun(config={"layers": layers})
        hidden_layers.train_depth(run, function)
        assert run.summary["test_rmse"] > 0
        found.append(run.summary["n_params"])

    assert max(found) < 1.05 * min(found)


@pytest.mark.parametrize("function", hidden_layers.FUNCTIONS)
def test_a_function_has_mean_zero_and_spread_one(function):
    _, y = hidden_layers.FUNCTIONS[function](20_000, np.random.default_rng(0))

    assert abs(y.mean()) < 0.03
    assert abs(y.std() - 1) < 0.03


def test_the_sawtooth_has_four_teeth():
    class Even:
        def uniform(self, low, high, shape):
            return np.linspace(low, high, shape[0])[:, None]

    _, y = hidden_layers.sawtooth(1000, Even())

    assert (np.diff(np.sign(y[:, 0])) != 0).sum() == 8


def test_a_picture_shows_both_classes_where_the_model_sees_them():
    run = KeepingRun(config={"puzzle": "xor"})
    surfaces.draw(run, points=5)

    name, (pictures, labels) = next(iter(run.pictures.items()))
    assert name == "surface"
    assert pictures.shape == (len(labels), surfaces.SIDE, surfaces.SIDE, 3)
    tree = pictures[list(surfaces.MODELS).index("tree")].astype(int)
    # The classes of XOR: blue, of little red, at the top right, orange, of little blue, at the top left.
    assert tree[30, 90, 0] < tree[30, 90, 2]
    assert tree[30, 30, 0] > tree[30, 30, 2]


def test_the_grid_begins_at_the_top_left():
    spots = surfaces.grid(4)

    assert spots.shape == (16, 2)
    assert spots[0, 0] < 0 < spots[0, 1]
    assert spots[-1, 0] > 0 > spots[-1, 1]
