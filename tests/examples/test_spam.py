"""Generated mails are fresh for each seed, tell what they say they tell, and models repeat themselves."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from examples import spam  # noqa: E402 - only where the data can be drawn
from examples.recorder import PlainRun  # noqa: E402

torch.set_num_threads(1)
MODELS = {
    "bayes": spam.train_bayes,
    "logreg": spam.train_logreg,
    "tree": spam.train_tree,
    "network": spam.train_network,
}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Test on few mails."""
    monkeypatch.setattr(spam, "N_VALID", 40)
    monkeypatch.setattr(spam, "N_TEST", 60)


def train(model, seed=0):
    """Train on 200 keyword mails and return what was recorded."""
    run = PlainRun(seed=seed, config={"n": 200, "steps": 6})
    MODELS[model](run)
    return run.summary


def test_counts_have_a_row_per_mail_and_a_column_per_word():
    mails = spam.load(0, n=50)

    assert mails.x_train.shape == (50, len(spam.VOCABULARY))
    assert set(mails.y_train) == {0, 1}
    assert mails.x_train.sum(1).min() >= 9


def test_each_seed_writes_other_mails_and_the_same_seed_the_same():
    one, again, other = (spam.load(seed, n=50) for seed in (0, 0, 1))

    assert (one.x_train == again.x_train).all()
    assert not (one.x_train == other.x_train).all()
    assert not (one.x_train[:40] == one.x_valid).all()


def test_in_pairs_no_word_tells_by_itself_but_two_halves_do():
    mails = spam.load(0, "pairs", n=4000)
    x, y = mails.x_train, mails.y_train
    start = len(spam.PLAIN) + len(spam.HAM)
    asking, goods = x[:, start : start + 8].sum(1), x[:, start + 8 :].sum(1)

    assert abs(x[y == 1].mean(0) - x[y == 0].mean(0))[start:].max() < 0.05
    assert ((asking == 1) & (goods == 1) == (y == 1)).mean() == pytest.approx(1 - spam.ODD, abs=0.015)


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(model):
    assert train(model) == train(model)
    assert train(model) != train(model, seed=1)


def test_every_model_has_as_many_trials():
    assert {train(model)["trials"] for model in MODELS} == {3}
