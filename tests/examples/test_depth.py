"""Depth: parts that share no digit, gradients that a longer way round confirms, and learning rates from the search."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")

from examples import chosen, depth  # noqa: E402 - only where it can be trained

torch.set_num_threads(1)


def train(kind, layers, seed=0):
    """Train for three steps and return what was recorded."""
    run = PlainRun(seed=seed, config={"layers": layers, "steps": 3})
    getattr(depth, f"train_{kind}")(run)
    return run


@pytest.mark.parametrize("kind", depth.KINDS)
@pytest.mark.parametrize("layers", [1, 3])
def test_each_recipe_reports_a_gradient_per_hidden_layer(kind, layers):
    run = train(kind, layers)

    assert [step for step, _ in run.series["grad"]] == list(range(1, layers + 1))
    assert run.summary["grad_last"] == 0
    assert run.summary["grad_ratio"] == pytest.approx(10 ** run.summary["grad_first"])
    assert 0 <= run.summary["test_acc"] <= 1
    assert (run.summary["n_train"], run.summary["n_test"]) == (180, 119)


@pytest.mark.parametrize("kind", depth.KINDS)
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(kind):
    assert train(kind, 2, seed=1).summary == train(kind, 2, seed=1).summary
    assert train(kind, 2, seed=1).summary != train(kind, 2, seed=2).summary


def test_parts_share_no_digit_and_the_search_has_one_of_its_own():
    parts = [torch.cat(depth.part(number)[::2]).numpy() for number in range(depth.PARTS)]
    rows = [{row.tobytes() for row in part} for part in parts]
    from sklearn.datasets import load_digits

    pixels, _ = load_digits(return_X_y=True)
    assert len(np.unique(pixels, axis=0)) == len(pixels), "else equal digits would not tell the parts apart"
    assert sum(map(len, rows)) == len(set.union(*rows)) == depth.PARTS * 299
    with pytest.raises(ValueError, match="6 parts"):
        depth.part(6)


def test_a_gradient_is_how_the_error_changes_when_a_weight_does():
    x, y, _, _ = depth.part(0)
    model = depth.network("relu", 2, 0).double()
    found = depth.gradients(model, x, y)
    weight = model[0][0].weight
    errors = []
    for step in (1e-6, -1e-6):
        with torch.no_grad():
            weight[3, 20] += step
            errors.append(float(torch.nn.functional.cross_entropy(model(x.double()), y)))
            weight[3, 20] -= step
    torch.nn.functional.cross_entropy(model(x.double()), y).backward()

    assert float(weight.grad[3, 20]) == pytest.approx((errors[0] - errors[1]) / 2e-6, rel=1e-3)
    assert found[0] == pytest.approx(float(weight.grad.square().mean().sqrt()))


def test_a_shortcut_alone_passes_everything_on():
    inner = torch.nn.Linear(depth.WIDTH, depth.WIDTH)
    torch.nn.init.zeros_(inner.weight)
    torch.nn.init.zeros_(inner.bias)
    x = torch.randn(4, depth.WIDTH)

    assert torch.equal(depth.Shortcut(inner)(x), x)


def test_looking_at_gradients_changes_nothing():
    x, y, _, _ = depth.part(0)
    model = depth.network("batchnorm", 3, 0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    depth.gradients(model, x, y)

    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_search_tries_three_rates_on_the_last_part(monkeypatch):
    asked = []
    part = depth.part
    monkeypatch.setattr(depth, "part", lambda number: asked.append(number) or part(number))
    run = PlainRun(config={"kind": "relu", "layers": 5, "steps": 2})
    depth.tune(run)

    assert asked == [depth.PARTS - 1]
    assert run.summary["trials"] == 3


def test_the_rate_in_use_is_the_best_of_the_search():
    point = SimpleNamespace(params={"kind": "relu", "layers": 5}, series={"val_acc": ((1, 2, 3), (0.2, 0.4, 0.9))})
    other = SimpleNamespace(params={"kind": "relu", "layers": 20}, series={"val_acc": ((1, 2, 3), (0.9, 0.4, 0.2))})
    run = SimpleNamespace(inputs=SimpleNamespace(all=lambda name: [other, point]))

    assert chosen.chosen(run, "depth-tune", {"kind": "relu", "layers": 5}, depth.RATES) == {"learning_rate": 0.01}
    assert chosen.chosen(PlainRun(), "depth-tune", {}, depth.RATES) == {"learning_rate": 0.003}
