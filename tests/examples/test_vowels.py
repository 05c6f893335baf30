"""Made-up words are drawn anew for each seed, and every model reports what the pages show."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from examples import vowels  # noqa: E402 - only where torch is
from examples.recorder import PlainRun  # noqa: E402

torch.set_num_threads(1)


def heard(name, seed=0):
    """Train the model called *name* on few words for a few steps, and return what it recorded."""
    run = PlainRun(seed=seed, config={"n": 64, "n_test": 16, "steps": 3})
    vowels.measure(run, name)
    return run


@pytest.mark.parametrize("name", sorted(vowels.SETTINGS))
def test_each_model_reports_what_the_pages_show_and_repeats_itself(name, monkeypatch):
    monkeypatch.setattr(vowels, "STEPS_MORE", 2)
    run, again = heard(name), heard(name)

    for metric in ("test_acc", "train_acc", "accent_acc", "adapted_acc", "native_after_acc"):
        assert 0 <= run.summary[metric] <= 1
    assert run.summary == again.summary
    assert [round(value) for _, value in run.series["accent"]] == [-18, -9, 0, 9, 18]


def test_listening_changes_no_weight():
    assert heard("cnn-wave").summary["n_changed"] == 0
    assert heard("logreg-bands").summary["n_changed"] == 0


def test_adapting_leaves_the_first_model_alone():
    speech = vowels.load(0, 40, 8)
    model = vowels.build("cnn-wave", vowels.SETTINGS["cnn-wave"], 0)
    before = vowels.fingerprint(model)

    adapted = vowels.adapt(model, speech.x_train, speech.y_train, speech.x_few, speech.y_few, seed=0)

    assert (vowels.fingerprint(model) == before).all()
    assert (vowels.fingerprint(adapted) != before).any()


def test_no_two_seeds_and_no_two_parts_share_words():
    one, other = vowels.load(0, 20, 8), vowels.load(1, 20, 8)

    assert one.x_train.shape == (20, vowels.LENGTH)
    assert not np.isclose(one.x_train[:8], other.x_train[:8]).all(axis=1).any()
    assert not np.isclose(one.x_train[:8], one.x_test).all(axis=1).any()


def test_an_accent_raises_the_resonances(monkeypatch):
    monkeypatch.setattr(vowels, "NOISE", 0.0)

    def middle(accent):
        waves, word = vowels.speak(300, np.random.default_rng(0), accent)
        # Two low vowels: the highest resonances would leave the range that these microphones hear.
        low = np.isin(word, [vowels.WORDS.index("ua"), vowels.WORDS.index("au")])
        loud = np.exp(3 * vowels.picture(waves[low]) + 1).mean(axis=(0, 1))
        return (loud * np.arange(60)).sum() / loud.sum()

    assert middle(1.0) > middle(0.0) + 1


def test_the_order_of_vowels_is_heard_in_time_only():
    """Averaged over the word, a word and its reverse look alike, so a model must notice order."""
    waves, word = vowels.speak(1500, np.random.default_rng(0))
    seen = vowels.picture(waves)
    first, reverse = (seen[word == vowels.WORDS.index(text)] for text in ("ai", "ia"))

    whole = abs(first.mean(axis=(0, 1)) - reverse.mean(axis=(0, 1))).mean()
    parts = abs(first[:, :5].mean(axis=(0, 1)) - reverse[:, :5].mean(axis=(0, 1))).mean()
    assert parts > 3 * whole


def test_the_search_reports_its_trials():
    run = PlainRun(config={"model": "logreg-bands"})
    vowels.search(run)

    assert run.summary["trials"] == 4
    assert run.summary["worst_val_acc"] <= run.summary["best_val_acc"]
