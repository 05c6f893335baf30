"""Cost and hardware: what is kept equal is equal, and what is counted is what is there."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytest.importorskip("mnist1d")

from examples import cost, hardware, serving, training  # noqa: E402 - only where there is torch

torch.set_num_threads(1)


@pytest.mark.parametrize("kind", cost.MAKERS)
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_networks_of_equal_budget_come_close_to_it_and_stay_within(kind, depth):
    make = cost.MAKERS[kind]
    width = cost.widest(make, depth)

    assert 0.9 * cost.BUDGET < training.count(make(depth, width)) <= cost.BUDGET
    assert training.count(make(depth, width + 1)) > cost.BUDGET


@pytest.mark.parametrize("kind", cost.MAKERS)
def test_depth_is_what_it_says_and_signals_become_ten_scores(kind):
    model = cost.MAKERS[kind](4, 8)

    assert sum(isinstance(part, torch.nn.Linear | torch.nn.Conv1d) for part in model) == 5
    assert model(torch.zeros(3, 40)).shape == (3, 10)


def test_a_timed_training_repeats_itself():
    def trained():
        run = PlainRun(seed=1, config={"kind": "perceptron", "kept": "width", "layers": 1, "steps": 4})
        cost.layers(run)
        return run

    once, again = trained(), trained()

    assert once.summary == again.summary
    assert once.timings["train_s"] > 0


def test_a_hundred_answers_are_asked_one_by_one():
    asked, run = [], PlainRun()
    serving.answer(run, lambda x: asked.append(x.shape), np.zeros((7, 40)))

    assert asked == [(1, 40)] * (1 + serving.ANSWERS)
    assert run.timings["answer_s"] > 0


@pytest.mark.parametrize("width", [2, 4])
def test_operations_are_those_of_the_layers(width):
    """Count by running the layers: outputs times the weights behind each, twice, and three passes."""
    counted = 0

    def count(layer, _, output):
        nonlocal counted
        counted += output.numel() * layer.weight[0].numel()

    model = hardware.network(width)
    for layer in model:
        if hasattr(layer, "weight"):
            layer.register_forward_hook(count)
    model(torch.zeros(hardware.BATCH, 1, hardware.SIDE, hardware.SIDE))

    assert hardware.operations(width) == 2 * 3 * counted


def test_the_sweep_counts_what_it_times():
    run = PlainRun(config={"width": 2})
    hardware.speed(run)

    assert run.summary["n_images"] == hardware.BATCH * hardware.STEPS
    assert run.timings["updates_s"] > 0
