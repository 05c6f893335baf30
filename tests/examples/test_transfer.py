"""What is learned on old shapes reaches the runs that start from it, and the untrained control learns nothing."""

from __future__ import annotations

import io

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from examples import transfer  # noqa: E402 - only where torch is
from examples.recorder import PlainRun  # noqa: E402

torch.set_num_threads(1)


class Upstream:
    """A finished run's files."""

    def __init__(self, weights):
        self.weights = weights

    def open(self, name):
        kept = io.BytesIO()
        np.savez(kept, **self.weights)
        kept.seek(0)
        return kept


@pytest.fixture
def old(monkeypatch):
    """Train quickly, and return the weights of a briefly trained network."""
    monkeypatch.setattr(transfer, "STEPS", 3)
    model = transfer.pretrain(0, n=60, steps=3)
    return {name: value.numpy() for name, value in model.state_dict().items()}


def measured(way, old, k=4):
    run = PlainRun(config={"k": k, "n_test": 30})
    run.inputs = {"transfer-pretrain": Upstream(old)}
    transfer.measure(run, way)
    return run.summary


@pytest.mark.parametrize("way", sorted(transfer.SETTINGS))
def test_each_way_reports_what_the_page_shows_and_repeats_itself(way, old):
    summary = measured(way, old)

    assert 0 <= summary["test_acc"] <= 1
    assert (summary["n_train"], summary["n_test"], summary["n_classes"]) == (12, 30, 3)
    assert summary == measured(way, old)


def test_weights_come_back_as_they_were_kept(old):
    model = transfer.trained(old)

    assert all((value.numpy() == old[name]).all() for name, value in model.state_dict().items())


def test_untrained_filters_are_those_that_chance_made():
    first = transfer.network(len(transfer.OLD), 3)[1].weight
    assert torch.equal(transfer.unlearnt(3)[1].weight, first)


def test_old_and_new_shapes_share_nothing():
    assert not set(transfer.OLD) & set(transfer.NEW)
    assert not (transfer.pictures(0, transfer.NEW, 6, 1)[0] == transfer.pictures(0, transfer.NEW, 6, 2)[0]).all()
    assert not (transfer.pictures(0, transfer.NEW, 6, 1)[0] == transfer.pictures(1, transfer.NEW, 6, 1)[0]).all()
