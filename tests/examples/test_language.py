"""The grammar knows its own sentences, no model beats what it could know at best, and writing is judged as said."""

from __future__ import annotations

import math

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")

from examples import language  # noqa: E402 - only with numpy
from examples.language import (  # noqa: E402
    ALPHABET,
    PEOPLE,
    Counting,
    continued,
    fewest_bits,
    load,
    sentences,
    train_counting,
    train_network,
    write,
)


def train(how, *names, seed=0, **config):
    """Measure on 2,000 characters with six updates, and return the run."""
    if how is train_network:
        pytest.importorskip("torch").set_num_threads(1)
    run = PlainRun(seed=seed, config={"n": 2000, "steps": 6, "length": 30, **config})
    how(run, *names)
    return run


def test_every_written_sentence_is_one_of_the_grammar():
    text = write(np.random.default_rng(0), 3000)
    every = frozenset().union(*sentences())

    assert len(text) == 3000
    assert {sentence + ". " for sentence in text.split(". ")[:-1]} <= every
    assert set(text) <= set(ALPHABET)


def test_a_wrong_name_and_a_wrong_consequence_are_no_sentences():
    every = frozenset().union(*sentences())

    assert "Ada asked Esi about the kettle, and Esi said it was at the mill. " in every
    assert "Ada asked Esi about the kettle, and Ada said it was at the mill. " not in every
    assert "It was 20 degrees at dawn, so we sat outside. " in every
    assert "It was 20 degrees at dawn, so the pond froze. " not in every


def test_the_forms_have_as_many_sentences_as_their_slots_say():
    assert [len(form) for form in sentences()] == [240, 2560, 56 * 8 * 10, 37 * 5, 256]


def test_the_text_itself_carries_the_calculated_bits_per_character():
    text = write(np.random.default_rng(1), 30_000)
    surprise = {s: math.log2(5 * len(form)) for form in sentences() for s in form}
    whole = [sentence + ". " for sentence in text.split(". ")[:-1]]

    assert sum(map(surprise.get, whole)) / sum(map(len, whole)) == pytest.approx(fewest_bits(), rel=0.02)


def test_another_seed_writes_another_notebook_and_asks_for_the_name_that_was_asked():
    one, other = load(0, 2000), load(1, 2000)

    assert one.train != other.train
    for beginning, letter in one.asked[:20]:
        asked = beginning.rpartition(" asked ")[2].split()[0]
        assert letter == asked[0]
        assert asked in PEOPLE


def test_a_counting_model_gives_probabilities_that_add_up_and_prefers_what_it_has_seen():
    model = Counting("abcabcabc", 2)
    chances = model.following(["ab", "zz"])

    assert chances.sum(1) == pytest.approx([1, 1])
    assert ALPHABET[chances[0].argmax()] == "c"


def test_the_surprise_of_a_counting_model_is_that_of_its_probabilities():
    book = load(0, 2000)
    model = Counting(book.train, 3)
    text = book.test[: language.WINDOW + 20]
    by_hand = [
        -math.log2(model.following([text[:place]])[0, ALPHABET.index(text[place])])
        for place in range(language.WINDOW, len(text))
    ]

    assert model.bits(text) == pytest.approx(sum(by_hand) / len(by_hand))


def test_writing_on_repeats_itself_and_follows_the_model():
    def always_b(texts):
        return np.tile([float(character == "b") for character in ALPHABET], (len(texts), 1))

    assert continued(always_b, ["a", "x"], 3, seed=0) == ["bbb", "bbb"]


@pytest.mark.parametrize(("how", "name", "config"), [
    (train_counting, (), {"back": 3}), (train_network, ("gru",), {}), (train_network, ("transformer",), {}),
])  # fmt: skip
def test_each_model_repeats_itself_and_stays_above_the_fewest_bits(how, name, config):
    run = train(how, *name, **config)

    assert train(how, *name, **config).summary == run.summary
    assert run.summary["bits"] > fewest_bits()
    assert 0 <= run.summary["new"] <= run.summary["correct"] <= 1


def test_a_network_cannot_see_what_comes_next():
    torch = pytest.importorskip("torch")
    for kind in ("gru", "transformer"):
        model = language.network(kind, 0).eval()
        text = torch.arange(20)[None]
        other = text.clone()
        other[0, 10:] = 0

        assert torch.allclose(model(text)[0, :10], model(other)[0, :10], atol=1e-5)
