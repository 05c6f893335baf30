"""Reviews: the words are drawn anew, the same seed repeats itself, and order is what the label hangs on."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")

from examples import reviews  # noqa: E402 - only where it can be trained

torch.set_num_threads(1)
MODELS = [*reviews.CLASSICAL, *reviews.NETWORKS]


def train(model, seed=0, **arguments):
    """Train the model called *model* on 60 reviews for four steps, and return what it recorded."""
    run = PlainRun(seed=seed, config={"n": 60, "n_test": 40, "steps": 4})
    getattr(reviews, f"train_{model}")(run, **arguments)
    return run


def judge(words):
    """Say what a review means, by the rules of its grammar."""
    clause = words[words.index("but") + 1 :] if "but" in words else words
    return (clause[-1] in reviews.GOOD) != ("not" in clause)


@pytest.mark.parametrize("model", MODELS)
def test_each_model_reports_what_the_page_shows(model):
    run = train(model)

    assert all(0 <= run.summary[name] <= 1 for name in ("test_acc", "train_acc", "acc_not", "acc_but"))
    assert (run.summary["n_train"], run.summary["n_test"]) == (60, 40)
    assert run.summary["n_params"] > 30


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_numbers_to_the_last_bit(model):
    assert train(model, seed=3).summary == train(model, seed=3).summary


def test_the_label_is_what_the_last_clause_says():
    data = reviews.load(0, 300, 50)

    assert [judge(words) for words in data.train] == [bool(likes) for likes in data.y_train]
    assert data.y_train.mean() == data.y_test.mean() == 0.5


def test_no_test_review_was_there_to_learn_from_and_two_seeds_differ():
    data, other = reviews.load(0, 2000, 400), reviews.load(1, 2000, 400)

    assert not {tuple(words) for words in data.train} & {tuple(words) for words in data.test}
    assert data.train != other.train


def test_shuffling_keeps_the_words_and_loses_their_order():
    plain, shuffled = reviews.load(0, 50, 20), reviews.load(0, 50, 20, shuffled=True)

    assert plain.train != shuffled.train
    assert [sorted(words) for words in plain.train] == [sorted(words) for words in shuffled.train]
    assert "test_acc" in train("gru", shuffled=True).summary


def test_no_review_is_longer_than_the_networks_can_read():
    data = reviews.load(0, 2000, 10)

    assert max(len(words) for words in data.train) == reviews.LONGEST
    assert reviews.numbers(data.train).max() == len(reviews.VOCABULARY)


def test_a_transformer_does_not_see_the_empty_places_behind_a_review():
    torch.manual_seed(0)
    model = reviews.ReviewTransformer().eval()
    x = torch.as_tensor(reviews.numbers([reviews.PROBE]))

    with torch.no_grad():
        model.embed.weight[0] = 7.0
        before = model(x)
        model.embed.weight[0] = -7.0
    assert torch.equal(before, model(x).detach())


def test_where_the_transformer_looks_adds_up_to_one():
    run = train("transformer")
    steps, shares = zip(*run.series["attention"], strict=True)

    assert steps == tuple(range(4 * len(reviews.PROBE)))
    assert np.reshape(shares, (4, -1)).sum(1) == pytest.approx(1)


def test_a_transformer_can_learn_what_its_grammar_says():
    data = reviews.load(0, 20, 10)
    model = reviews.fit("transformer", {"learning_rate": 0.01}, data, 0, steps=60)

    assert reviews.right(model, data.train, data.y_train).mean() > 0.9


@pytest.mark.parametrize("model", ["bow", "gru"])
def test_a_search_uses_reviews_of_its_own_and_three_trials(model, monkeypatch):
    drawn = []
    load = reviews.load
    monkeypatch.setattr(reviews, "load", lambda seed, *rest: drawn.append(seed) or load(seed, *rest))
    run = PlainRun(config={"model": model, "n": 40, "steps": 2})
    reviews.tune(run)

    assert drawn == [reviews.SEARCH_SEED]
    assert run.summary["trials"] == 3
    assert reviews.SETTINGS[model] in reviews.CANDIDATES[model]
    assert run.summary["best_val_acc"] >= run.summary["worst_val_acc"]
