"""The shapes: fresh for each seed, the same for the same seed, whole, evenly dealt, with a place that is true."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")

from examples import shapes  # noqa: E402 - only where pictures can be drawn


def test_the_same_seed_draws_the_same_pictures_and_another_one_others():
    first, again, other = (shapes.load(seed, 40, 16) for seed in (3, 3, 4))

    assert (first.train.x == again.train.x).all()
    assert (first.test.x == again.test.x).all()
    assert not {p.tobytes() for p in first.train.x} & {p.tobytes() for p in other.train.x}


def test_training_validation_and_test_share_no_picture():
    data = shapes.load(0, 40, 40, 40)
    parts = [{picture.tobytes() for picture in part.x} for part in (data.train, data.valid, data.test)]

    assert [len(part) for part in parts] == [40, 40, 40]
    assert len(set.union(*parts)) == 120


def test_fewer_pictures_are_the_first_of_many_and_the_test_stays_the_same():
    many, few = shapes.load(0, 100, 30), shapes.load(0, 21, 30)

    assert (few.train.x == many.train.x[:21]).all()
    assert (few.train.y == many.train.y[:21]).all()
    assert (few.test.x == many.test.x).all()


def test_all_kinds_are_equally_common():
    data = shapes.load(0, 80, 16, kinds=("disc", "ring", "star", "moon"))

    assert (np.bincount(data.train.y) == 20).all()
    assert (np.bincount(data.test.y) == 4).all()


def test_noise_changes_pixels_and_moves_no_figure():
    quiet, loud = shapes.load(0, 200, 0, noise=0.12).train, shapes.load(0, 200, 0, noise=0.5).train
    plain = shapes.load(0, 200, 0, noise=0).train

    assert (quiet.covered == loud.covered).all()
    assert (quiet.y == loud.y).all()
    assert (quiet.x - plain.x).std() == pytest.approx(0.12, rel=0.02)
    assert (loud.x - plain.x).std() == pytest.approx(0.5, rel=0.02)


def test_every_figure_stays_whole_inside_its_picture():
    pictures = shapes.load(0, 400, 0).train
    wide = shapes.stamp("star", pictures.centre[:5] + 20, pictures.radius[:5], pictures.turn[:5], size=64)
    stars = shapes.stamp("star", pictures.centre[:5], pictures.radius[:5], pictures.turn[:5])

    assert (np.abs(pictures.centre - 11.5).max(axis=1) + pictures.radius <= 11.5).all()
    assert stars.sum(axis=(1, 2)) == pytest.approx(wide.sum(axis=(1, 2)), rel=0.02)


def test_the_known_place_is_where_the_figure_is():
    pictures = shapes.load(0, 80, 0, noise=0).train
    row, column = np.mgrid[0:24, 0:24]
    distance = np.hypot(column - pictures.centre[:, :1, None], row - pictures.centre[:, 1:, None])

    assert (
        distance[pictures.inside]
        <= np.broadcast_to(pictures.radius[:, None, None], distance.shape)[pictures.inside] + 1
    ).all()
    # Without noise a figure differs from its even ground by the contrast, which is at least 0.3.
    even = [np.ptp(picture[~(covered > 0)]) for picture, covered in zip(pictures.x, pictures.covered, strict=True)]
    assert max(even) < 0.45
    assert all(np.ptp(picture) >= 0.29 for picture in pictures.x)


def test_without_roaming_and_turning_a_kind_looks_always_the_same():
    pictures = shapes.load(0, 80, 0, noise=0, radius=(7, 7), roam=0, turn=0, inverted=0).train

    for kind in range(8):
        assert (pictures.covered[pictures.y == kind] == pictures.covered[pictures.y == kind][0]).all()
    assert len({picture.tobytes() for picture in pictures.covered}) == 8


def test_half_of_the_figures_are_darker_than_their_ground():
    pictures = shapes.load(0, 400, 0, noise=0).train
    inside = np.array([p[c > 0.9].mean() for p, c in zip(pictures.x, pictures.covered, strict=True)])
    outside = np.array([p[c == 0].mean() for p, c in zip(pictures.x, pictures.covered, strict=True)])

    assert 0.4 < (inside < outside).mean() < 0.6


@pytest.mark.parametrize("kind", shapes.KINDS)
def test_a_figure_keeps_its_area_when_it_turns(kind):
    centre, radius = np.full((4, 2), 15.5), np.full(4, 10.0)
    area = shapes.stamp(kind, centre, radius, np.array([0, 0.4, 1.1, 3.0]), size=32).sum(axis=(1, 2))

    assert area == pytest.approx(np.full(4, area[0]), rel=0.02)
    assert 50 < area[0] < 300


def test_the_disc_and_the_square_have_the_areas_of_geometry():
    centre, radius, turn = np.full((1, 2), 31.5), np.array([20.0]), np.array([0.3])

    assert shapes.stamp("disc", centre, radius, turn, size=64).sum() == pytest.approx(
        np.pi * (0.85 * 20) ** 2, rel=0.01
    )
    assert shapes.stamp("square", centre, radius, turn, size=64).sum() == pytest.approx((1.4 * 20) ** 2, rel=0.01)


def test_the_sample_shows_each_kind_and_counts_the_data():
    class Gallery(PlainRun):
        def images(self, name, array, labels=None):
            self.kept = (name, array, labels)

    run = Gallery()
    shapes.show(run, rows=2)
    name, array, labels = run.kept

    assert name == "shape"
    assert array.shape == (16, 24, 24)
    assert 0 <= array.min() <= array.max() <= 1
    assert labels == list(shapes.KINDS) * 2
    assert (run.summary["n_classes"], run.summary["n_pixels"], run.summary["chance"]) == (8, 576, 0.125)
