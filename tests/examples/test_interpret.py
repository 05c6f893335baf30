"""Explanations are scored as their page says, on data whose truth is planted."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")

from examples import interpret  # noqa: E402 - only where scikit-learn is
from tests.examples.keeping import KeepingRun  # noqa: E402


@pytest.fixture(autouse=True)
def small(monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setattr(interpret, "STEPS", 6)
    monkeypatch.setattr(interpret, "REPEATS", 1)
    monkeypatch.setattr(interpret, "TOLD", 30)


def run(ask, *arguments, seed=0, **config):
    made = KeepingRun(seed=seed, config={"n": 60, "steps": 6, "questions": 60, **config})
    ask(made, *arguments)
    return made


ASKED = [
    (interpret.cause, "logreg"),
    (interpret.cause, "mlp"),
    (interpret.agree, "tree", "made"),
    (interpret.agree, "mlp", "cancer"),
    (interpret.agree, "shallow", "cancer"),
    (interpret.look,),
    (interpret.distil, "forest"),
]


@pytest.mark.parametrize(
    "asked", ASKED, ids=lambda asked: " ".join(str(getattr(part, "__name__", part)) for part in asked)
)
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(asked):
    first = run(*asked, seed=3).summary

    assert first == run(*asked, seed=3).summary
    assert first != run(*asked, seed=4).summary


def test_a_perfect_ranking_orders_all_pairs_and_its_reverse_none():
    truth = np.abs(interpret.CAUSES)

    assert interpret.ordered(truth, truth) == 1
    assert interpret.ordered(-truth, truth) == 0


def test_pairs_that_do_not_differ_do_not_count():
    told = np.array([3.0, 2.0, 1.0, 0.0])

    assert interpret.ordered(told, np.array([1.0, 1.0, 0.0, 0.0])) == 1


def test_planted_causes_can_be_found_by_the_model_of_the_right_form():
    assert run(interpret.cause, "logreg", n=4000).summary["coef_corr"] > 0.99


def test_shuffling_finds_the_one_column_that_is_used():
    x = np.random.default_rng(0).normal(size=(200, 3))
    rise = interpret.shuffled_loss(lambda rows: (rows[:, 1] > 0).astype(float), x, (x[:, 1] > 0).astype(int), 0)

    assert rise[1] > 0.3
    assert rise[0] == rise[2] == 0


def test_columns_of_a_family_resemble_each_other_and_others_do_not():
    x, _ = interpret.related(0, 5000)
    alike = np.corrcoef(x.T)

    assert alike[0, 1] == pytest.approx(0.8, abs=0.05)
    assert alike[0, 4] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("table", ["made", "cancer"])
def test_the_two_samples_and_the_test_share_no_row(table):
    rows = [row.tobytes() for x, _ in interpret.two_samples(table, 0, 50) for row in x]

    assert len(rows) == len(set(rows))


def test_slopes_are_those_of_the_network():
    net, row = interpret.small_network(3, 0), np.array([[0.3, -0.2, 0.1]])
    step = 1e-3 * np.eye(3)

    def score(rows):
        with torch.no_grad():
            said = net(torch.as_tensor(rows, dtype=torch.float32))
        return (said[:, 1] - said[:, 0]).numpy()

    expected = (score(row + step) - score(row - step)) / 2e-3
    assert np.allclose(interpret.slopes(net, row)[0], expected, atol=1e-3)


def test_pointing_counts_the_brightest_place():
    maps, near = np.zeros((2, 4, 4)), np.zeros((2, 4, 4), bool)
    maps[0, 1, 1] = maps[1, 3, 3] = 1
    near[:, 1, 1] = True

    assert interpret.points_at(maps, near) == 0.5


def test_the_rim_of_a_figure_is_one_pixel_wide():
    covered = np.zeros((1, 7, 7))
    covered[0, 3, 3] = 1

    assert interpret.near_figure(covered)[0].sum() == 9


def test_covering_darkens_what_a_network_looks_at():
    class TopLeft(torch.nn.Module):
        def forward(self, x):
            return torch.stack([8 * x[:, 0, 0], torch.zeros(len(x))], 1)

    pictures = torch.zeros(1, 24, 24)
    pictures[0, 0, 0] = 1
    fall = interpret.cover_map(TopLeft(), pictures, torch.zeros(1, dtype=torch.long))

    assert fall[0, :3, :3].min() > 0.4
    assert fall[0, 3:, 3:].max() == 0


def test_the_untrained_control_has_learnt_nothing_and_pictures_are_kept_once():
    first, other = run(interpret.look, False), run(interpret.look, False, seed=1)

    assert next(iter(first.pictures.values()))[0].shape == (15, 24, 24)
    assert other.pictures == {}
    assert 0 < first.summary["area"] < 0.5


def test_a_pupil_of_a_tree_like_teacher_can_follow_it(monkeypatch):
    monkeypatch.setattr(
        interpret, "fit", lambda *_: interpret.Fitted(lambda rows: (rows[:, 10] > 0).astype(float), None)
    )
    summary = run(interpret.distil, "forest", questions=2000).summary

    assert summary["fidelity"] > 0.99
