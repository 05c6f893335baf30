"""Probes, pushes and hybrids: they look into the network they are given, repeat themselves, and have their controls."""

from __future__ import annotations

import io

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")

from examples import adversarial, contest, contest_nets, hybrid, probes, shapes  # noqa: E402 - only where networks can be trained
from tests.examples.keeping import KeepingRun  # noqa: E402

torch.set_num_threads(1)


def run(seed=0, **config):
    return KeepingRun(seed=seed, config={"n": 100, "n_test": 80, "n_valid": 40, "steps": 4, **config})


@pytest.fixture(scope="module")
def weights():
    trained = run()
    contest_nets.train(trained, "cnn")
    return lambda: io.BytesIO(trained.files["weights.npz"])


def test_looking_again_finds_the_same(weights):
    first, second = run(), run()
    probes.look(first, weights())
    probes.look(second, weights())

    assert first.summary == second.summary
    assert [step for step, _ in first.series["probe_acc"]] == [0, 1, 2, 3, 4]


def test_the_network_that_is_looked_into_is_the_one_that_was_trained(weights):
    trained, looked = run(), run()
    contest_nets.train(trained, "cnn")
    probes.look(looked, weights())

    assert looked.summary["test_acc"] == trained.summary["test_acc"]


def test_the_control_is_the_same_network_before_its_first_step(weights):
    looked, control = run(), run()
    probes.look(looked, weights())
    probes.look(control)

    assert control.summary["probe_pixels"] == looked.summary["probe_pixels"]
    assert control.summary["figure_share"] == looked.summary["figure_share"]
    assert control.summary["edge_likeness"] != looked.summary["edge_likeness"]
    assert control.pictures == {}


def test_the_film_begins_before_training_and_has_a_frame_per_epoch():
    filmed = run(steps=4)
    probes.film(filmed)
    frames, words = filmed.pictures["film"]

    assert len(frames) == len(words) == filmed.summary["n_epochs"] + 1 == 3
    assert words[0] == "before training"
    assert words[1].startswith("after 1 epoch, training loss ")
    assert (frames[0] != frames[-1]).any()
    assert 0 <= frames.min() <= frames.max() <= 1


def test_only_the_first_seed_keeps_pictures_and_they_lie_between_black_and_white(weights):
    first, other = run(), run(seed=1)
    probes.look(first, weights())
    probes.look(other, weights())

    assert set(first.pictures) == {"gaze", "strongest"}
    assert all(0 <= array.min() <= array.max() <= 1 for array, _ in first.pictures.values())
    assert other.pictures == {}


def test_a_probe_reads_what_is_there_and_nothing_else():
    chance = np.random.default_rng(0)
    y = chance.integers(0, 4, (3, 200))
    plain = [np.eye(4)[part] + 0.1 * chance.standard_normal((200, 4)) for part in y]
    noise = [chance.standard_normal((200, 4)) for _ in y]

    assert probes.probe(*plain, list(y)) == 1
    assert probes.probe(*noise, list(y)) < 0.45


def test_an_edge_is_like_an_edge_and_noise_less_so():
    down, across = np.mgrid[-2:3, -2:3]
    edges = np.stack([across, down, across + down]) * np.exp(-(across**2 + down**2) / 8)
    noise = np.random.default_rng(0).standard_normal((200, 5, 5))

    assert probes.edge_likeness(edges) > 0.99
    assert probes.edge_likeness(-5 * edges + 3) > 0.99
    assert probes.edge_likeness(noise) < 0.6


def test_pointing_counts_hits_and_a_blind_pointer_hits_as_often_as_the_figure_is_large():
    pictures = shapes.load(0, 400, 0).train
    blind = np.random.default_rng(0).random(pictures.x.shape)

    assert probes.pointing(pictures.covered, pictures) == 1
    assert probes.pointing(1 - probes.torch.nn.functional.max_pool2d(
        torch.as_tensor(pictures.covered)[:, None], 3, stride=1, padding=1)[:, 0].numpy(), pictures) == 0  # fmt: skip
    assert probes.pointing(blind, pictures) == pytest.approx(probes.area(pictures), abs=0.08)


def test_the_slope_is_that_of_the_answer():
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(576, 2, bias=False))
    with torch.no_grad():
        model[1].weight.zero_()
        model[1].weight[0, 12 * 24 + 5] = 1.0
    heat = probes.saliency(model, np.full((1, 24, 24), 0.5, np.float32), np.array([0]))

    assert np.argwhere(heat[0] > 0).min(axis=0).tolist() == [11, 4]
    assert np.argwhere(heat[0] > 0).max(axis=0).tolist() == [13, 6]


def test_a_push_is_one_step_up_or_down_and_the_control_is_as_large(weights):
    test = contest.drawn(run()).test
    model = probes.restore(weights(), 0)
    aimed = adversarial.push(model, test.x, test.y, 0, aimed=True)
    random = adversarial.push(model, test.x, test.y, 0, aimed=False)

    assert set(np.unique(np.abs(random))) == {1.0}
    assert set(np.unique(np.abs(aimed))) <= {0.0, 1.0}
    assert np.abs(aimed).mean() > 0.95
    assert abs(random.mean()) < 0.02
    assert (aimed != random).any()


def test_an_aimed_push_misleads_more_than_a_random_one(weights):
    error = {}
    for aimed in (True, False):
        test = contest.drawn(run()).test
        model = probes.restore(weights(), 0)
        pushed = test.x + 0.1 * adversarial.push(model, test.x, test.y, 0, aimed=aimed)
        says = model(torch.as_tensor(probes.centred(pushed)))
        error[aimed] = torch.nn.functional.cross_entropy(says, torch.as_tensor(test.y)).item()

    assert error[True] > error[False] + 0.1


@pytest.mark.parametrize("asked", ["cnn", "descriptors"])
def test_an_attack_begins_with_pictures_as_they_are(asked, weights):
    looked, attacked = run(), run(push="random", asked=asked)
    contest_nets.train(looked, "cnn")
    adversarial.attack(attacked, weights())

    assert [size for _, size in attacked.series["push_size"]] == list(adversarial.SIZES)
    if asked == "cnn":
        assert attacked.series["pushed_acc"][0][1] == looked.summary["test_acc"]


@pytest.mark.parametrize("name", hybrid.HEADS)
def test_a_hybrid_repeats_itself_and_sees_what_the_last_filters_say(name, weights):
    first, second = (run(head=name) for _ in range(2))
    hybrid.join(first, weights())
    hybrid.join(second, weights())

    assert first.summary == second.summary
    assert first.summary["n_features"] == 4 * contest_nets.SETTINGS["pixels-cnn"]["channels"]
    assert (first.summary["n_train"], first.summary["n_test"]) == (100, 80)
