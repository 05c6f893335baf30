"""Features, contest and search: what the page says of them holds, at sizes that take moments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from examples import contest, features, features_tuning, shapes  # noqa: E402 - only where models can be trained
from tests.examples.keeping import KeepingRun  # noqa: E402

ROOT = Path(__file__).parents[2]
VIEWS = {"pixels": {}, "hog": {"cell": 6, "directions": 8}, "descriptors": {"cut": 0.5}}


def run(**config):
    return KeepingRun(seed=3, config={"n": 60, "n_test": 40, "steps": 4, **config})


def quiet(n=16, **options):
    return shapes.load(0, n, 0, noise=0, **options).train


def test_the_views_have_the_shapes_they_promise():
    pictures = quiet(5).x

    assert features.pixels(pictures, {}).shape == (5, 576)
    assert features.hog(pictures, {"cell": 6, "directions": 8}).shape == (5, 9 * 4 * 8)
    assert features.hog(pictures, {"cell": 8, "directions": 12}).shape == (5, 4 * 4 * 12)
    assert features.describe(pictures, {"cut": 0.5}).shape == (5, len(features.DESCRIPTORS))
    assert len(features.DESCRIPTORS) == 24


def test_histograms_do_not_notice_contrast_and_take_light_for_dark():
    pictures = quiet().x

    plain, changed = (features.hog(x, VIEWS["hog"]) for x in (pictures, 1 - 3 * pictures))
    assert np.abs(plain - changed).max() < 0.02


def test_a_histogram_knows_which_way_brightness_changes():
    across = np.tile(np.linspace(0, 1, 24), (1, 24, 1))
    votes = features.hog(across, {"cell": 8, "directions": 4}).reshape(-1, 4).sum(axis=0)
    turned = features.hog(across.transpose(0, 2, 1), {"cell": 8, "directions": 4}).reshape(-1, 4).sum(axis=0)

    assert votes.argmax() == 0
    assert turned.argmax() == 2


def test_the_figure_is_found_where_it_was_put():
    data = shapes.load(0, 80, 0).train
    found, inside = features.pieces(features.find(data.x))[0], data.inside
    overlap = (found & inside).sum(axis=(1, 2)) / (found | inside).sum(axis=(1, 2))

    assert np.median(overlap) > 0.8


def test_pieces_and_holes_are_counted_and_specks_dropped():
    mask = np.zeros((2, 24, 24), bool)
    mask[0, 2:8, 2:8] = mask[0, 12:20, 3:9] = True
    mask[0, 22, 22] = True
    mask[1, 4:15, 4:15] = True
    mask[1, 8:11, 8:11] = False

    kept, count = features.pieces(mask)
    assert count.tolist() == [2, 1]
    assert not kept[0, 22, 22]
    assert features.holes(mask).sum(axis=(1, 2)).tolist() == [0, 9]


def test_descriptors_stay_the_same_when_a_figure_moves_turns_and_changes_sides():
    moved = [quiet(160, radius=(9, 9), roam=r, turn=t, inverted=i) for r, t, i in ((0, 0, 0), (1, 3.1, 0.5))]
    first, second = (features.describe(data.x, {"cut": 0.5}) for data in moved)
    spread = first.std(axis=0) + 1e-6

    for kind in range(8):
        gap = first[moved[0].y == kind].mean(axis=0) - second[moved[1].y == kind].mean(axis=0)
        assert np.median(np.abs(gap) / spread) < 0.5


def test_descriptors_know_a_ring_by_its_hole_and_bars_by_their_pieces():
    data = quiet(160)
    numbers = features.describe(data.x, {"cut": 0.5})
    kinds, at = data.y, features.DESCRIPTORS.index

    assert (numbers[kinds == shapes.KINDS.index("ring"), at("share of holes")] > 0.1).all()
    assert (numbers[kinds == shapes.KINDS.index("disc"), at("share of holes")] == 0).all()
    assert (numbers[kinds == shapes.KINDS.index("bars"), at("pieces")] == 2).mean() > 0.9


def test_an_empty_picture_is_measured_without_complaint():
    with np.errstate(all="raise"):
        numbers = features.describe(np.full((2, 24, 24), 0.5, np.float32), {"cut": 0.5})

    assert np.isfinite(numbers).all()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("model", ["logreg", "svm", "forest"])
def test_each_view_and_model_reports_the_same_numbers_again(view, model):
    first, second = run(model=model), run(model=model)
    contest.read(first, view)
    contest.read(second, view)

    assert first.summary == second.summary
    assert (first.summary["n_train"], first.summary["n_test"]) == (60, 40)
    assert 0 <= first.summary["test_acc"] <= first.summary["train_acc"] <= 1
    assert first.timings["train_s"] > 0


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_networks_report_the_same_numbers_again(name):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    from examples import contest_nets

    first, second = run(), run()
    contest_nets.train(first, name)
    contest_nets.train(second, name)

    assert first.summary == second.summary
    assert first.summary["n_params"] > 1000
    assert ("weights.npz" in vars(first).get("files", {})) == (name == "cnn")


def test_another_seed_means_other_pictures():
    one, other = (contest.drawn(PlainRun(seed=seed, config={"n": 30, "n_test": 20})) for seed in (0, 1))

    assert not {p.tobytes() for p in one.test.x} & {p.tobytes() for p in other.test.x}


def test_only_a_model_that_learned_from_the_usual_pictures_is_surprised(monkeypatch):
    monkeypatch.setattr(contest, "N_TRAIN", 60)
    usual, noisy = run(model="svm"), run(model="svm", noise=0.3)
    contest.read(usual, "hog")
    contest.read(noisy, "hog")

    assert [value for _, value in usual.series["test_noise"]] == list(contest.NOISES)
    assert usual.series["surprised_acc"][0][1] == usual.summary["test_acc"]
    assert not noisy.series


def test_every_model_gets_the_same_number_of_different_trials():
    tried = {model: features_tuning.candidates(model) for model in features_tuning.SPACE}

    assert {len(settings) for settings in tried.values()} == {features_tuning.TRIALS}
    assert all(not any(one in settings[i + 1 :] for i, one in enumerate(settings)) for settings in tried.values())


def test_the_settings_in_use_are_those_that_the_recorded_search_found():
    nets = pytest.importorskip("examples.contest_nets")
    used = {**contest.SETTINGS, **nets.SETTINGS}

    assert set(used) == set(features_tuning.SPACE)
    for model, settings in used.items():
        record = json.loads((ROOT / f"records/shape-tune/model={model}/0.json").read_text("utf-8"))
        curve = record["series"]["val_acc"]["value"]
        assert features_tuning.candidates(model)[curve.index(max(curve))] == settings


def test_a_search_draws_pictures_of_its_own(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        features_tuning, "load", lambda seed, *sizes: drawn.append(seed) or shapes.load(seed, sizes[0], 0, 30)
    )
    searched = PlainRun(config={"model": "descriptors-logreg", "trials": 2, "n": 40})
    features_tuning.tune(searched)

    assert drawn == [1000]
    assert searched.summary["trials"] == 2
    assert searched.summary["best_val_acc"] == max(value for _, value in searched.series["val_acc"])


def test_classical_models_do_not_wait_for_torch():
    for name in ("shapes", "features", "contest", "features_tuning"):
        head = (ROOT / f"examples/{name}.py").read_text("utf-8").split("\ndef ")[0]
        assert "import torch" not in head
