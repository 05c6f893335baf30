"""Autoencoder: a narrow code, no label while it is learnt, and the straight-line rival beside it."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")

from examples import autoencoder, digits  # noqa: E402 - only where it can be trained
from tests.examples.keeping import KeepingRun  # noqa: E402

torch.set_num_threads(1)


def measure(kind, seed=0, numbers=3):
    run = KeepingRun(seed=seed, config={"numbers": numbers, "steps": 6})
    getattr(autoencoder, f"train_{kind}")(run)
    return run


@pytest.mark.parametrize("kind", ["autoencoder", "pca"])
def test_each_reports_what_the_page_shows_and_repeats_itself(kind):
    run = measure(kind)

    assert run.summary["rebuild_error"] > 0
    assert (run.summary["n_train"], run.summary["n_test"], run.summary["n_labels"]) == (1077, 540, 200)
    assert run.summary == measure(kind).summary
    assert run.summary != measure(kind, seed=1).summary


def test_pictures_are_kept_once_and_lie_between_black_and_white():
    array, labels = measure("pca").pictures["digit"]

    assert array.shape == (20, 8, 8)
    assert len(labels) == 20
    assert array.min() >= 0
    assert array.max() <= 1
    assert not measure("pca", seed=1).pictures


def test_the_code_is_as_narrow_as_it_says():
    model = autoencoder.Autoencoder(3)

    assert model.squeeze(torch.zeros(2, 64)).shape == (2, 3)
    assert model(torch.zeros(2, 64)).shape == (2, 64)


def test_no_label_is_needed_to_compress():
    data = digits.load(0)
    wrong = digits.Digits(**{**vars(data), "y_train": data.y_train[::-1].copy(), "y_valid": data.y_valid[::-1].copy()})
    codes = [autoencoder.fit_autoencoder(d, 2, 0, 6)[0](data.x_test[:5]) for d in (data, wrong)]

    assert np.array_equal(*codes)


def test_more_numbers_lose_less():
    assert measure("pca", numbers=10).summary["rebuild_error"] < measure("pca", numbers=3).summary["rebuild_error"]
