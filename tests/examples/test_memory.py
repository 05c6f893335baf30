"""Memory: sequences drawn anew, answers that only order gives away, gradients that end where the error does."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")

from examples import memory  # noqa: E402 - only where it can be trained

torch.set_num_threads(1)
MODELS = ["rnn", "gru", "transformer", "bag"]


def train(model, seed=0, steps=3):
    """Train on 80 sequences of four symbols and return what was recorded."""
    run = PlainRun(seed=seed, config={"length": 4, "n": 80, "steps": steps})
    getattr(memory, f"train_{model}")(run)
    return run


@pytest.mark.parametrize("model", MODELS)
def test_each_model_reports_what_the_page_shows(model):
    run = train(model)

    assert 0 <= run.summary["test_acc"] <= 1
    assert (run.summary["n_train"], run.summary["n_test"]) == (80, 1000)
    if model != "bag":
        assert [step for step, _ in run.series["grad"]] == [1, 2, 3, 4]
        assert run.series["grad"][-1][1] == 0


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(model):
    assert train(model, seed=1).summary == train(model, seed=1).summary
    assert train(model, seed=1).summary != train(model, seed=2).summary


def test_two_seeds_draw_different_sequences_and_the_answer_is_the_first_symbol():
    x, y, _, _ = memory.load(0, 5, 50)
    other, *_ = memory.load(1, 5, 50)

    assert (x[:, 0] == y).all()
    assert not (x == other).all()
    assert set(np.unique(x)) <= set(range(memory.SYMBOLS))


def test_counts_do_not_know_the_order():
    x, *_ = memory.load(0, 6, 20)

    assert (memory.bags(x) == memory.bags(x[:, ::-1])).all()
    assert (memory.bags(x).sum(1) == 6).all()


def test_the_gradient_at_a_place_is_how_the_error_changes_with_it():
    x, y, _, _ = memory.load(0, 4, 3)
    model = memory.network("gru", 4, 0).double().requires_grad_(False)
    symbols, answers = torch.as_tensor(x), torch.as_tensor(y)
    vectors = model.embed(symbols).detach()
    step = torch.zeros_like(vectors)
    step[1, 2, 5] = 1e-5
    errors = [
        float(torch.nn.functional.cross_entropy(model.think(vectors + s), answers, reduction="sum"))
        for s in (step, -step)
    ]
    vectors.requires_grad_()
    torch.nn.functional.cross_entropy(model.think(vectors), answers, reduction="sum").backward()

    assert float(vectors.grad[1, 2, 5]) == pytest.approx((errors[0] - errors[1]) / 2e-5, rel=1e-4)
    assert memory.gradients(model, symbols, answers) == pytest.approx(vectors.grad.norm(dim=2).mean(0).numpy())


def test_a_network_can_learn_what_it_is_shown():
    run = train("transformer", steps=120)

    assert run.summary["train_acc"] > 0.5


def test_a_search_uses_sequences_of_its_own_and_three_trials(monkeypatch):
    drawn = []
    load = memory.load
    monkeypatch.setattr(memory, "load", lambda seed, *rest: drawn.append(seed) or load(seed, *rest))
    run = PlainRun(config={"model": "bag", "n": 60, "length": 3})
    memory.tune(run)

    assert drawn == [memory.SEARCH_SEED]
    assert run.summary["trials"] == 3
