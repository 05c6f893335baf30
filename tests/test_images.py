"""A run keeps arrays as pictures, and a chart of the kind `images` shows them in a grid."""

from __future__ import annotations

import json
import re
import struct
import zlib
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from mkdocs_dlplugin import kept, pictures
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Record, Run, Where
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.snippet import Recorder, Session
from mkdocs_dlplugin.views import chart
from mkdocs_dlplugin.views.chart import Options

WHERE = Where("docs/p.md", 3)
ASKED = Options("cnn", kind="images", images="filter")
GREY = [[0.0, 0.5], [1.0, 0.25]]


def decoded(content):
    """Read a PNG back with nothing of ours: size, channels and the bytes of its pixels."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, data = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        (check,) = struct.unpack(">I", content[place + 8 + length : place + 12 + length])
        assert check == zlib.crc32(kind + data)
        chunks[kind] = data
        place += 12 + length
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert depth == 8
    channels = {0: 1, 2: 3}[colour]
    raw, line = zlib.decompress(chunks[b"IDAT"]), 1 + width * channels
    rows = [raw[number * line : (number + 1) * line] for number in range(height)]
    assert {row[0] for row in rows} == {0}
    return width, height, channels, b"".join(row[1:] for row in rows)


def saved(name, array, **more):
    run = Recorder()
    run.session = Session(tell=lambda *_: None)
    run.images(name, array, **more)
    return run.session.assets


def only(array):
    (content,) = saved("x", array).values()
    return decoded(content)


# What a run keeps.


def test_a_grey_picture_of_shares_becomes_bytes():
    assert only(GREY) == (2, 2, 1, bytes([0, 128, 255, 64]))


def test_bytes_stay_bytes():
    assert only(np.array([[0, 1], [1, 0]], dtype=np.uint8))[3] == bytes([0, 1, 1, 0])
    assert only([[0, 200], [7, 255]])[3] == bytes([0, 200, 7, 255])


def test_truths_are_black_and_white():
    assert only(np.array([[True, False]]))[3] == bytes([255, 0])


def test_a_colour_picture_has_three_numbers_a_pixel():
    assert only(np.array([[[1.0, 0.0, 0.5], [0.0, 0.0, 0.0]]])) == (2, 1, 3, bytes([255, 0, 128, 0, 0, 0]))


def test_several_pictures_are_numbered():
    assert list(saved("filter", np.zeros((3, 4, 5)))) == ["filter-00.png", "filter-01.png", "filter-02.png"]
    assert list(saved("c", np.zeros((2, 4, 5, 3)))) == ["c-00.png", "c-01.png"]
    assert list(saved("l", [np.zeros((4, 5)), np.zeros((6, 7))])) == ["l-00.png", "l-01.png"]


def test_a_row_is_no_column():
    assert decoded(saved("x", np.zeros((4, 5)))["x-00.png"])[:2] == (5, 4)


def test_the_scale_is_that_of_all_of_them():
    dark, light = saved("x", [[[0, 1]], [[0, 255]]]).values()

    assert (decoded(dark)[3], decoded(light)[3]) == (bytes([0, 1]), bytes([0, 255]))


def test_a_tensor_is_taken_as_it_comes():
    class Tensor:
        def detach(self):
            return self

        def cpu(self):
            return np.array(GREY)

    assert only(Tensor())[3] == only(GREY)[3]


def test_what_is_written_can_be_kept():
    (content,) = saved("x", np.linspace(0, 1, 64).reshape(8, 8)).values()

    kept.check("x-00.png", content)
    assert kept.png_size(content) == (8, 8)
    assert len(content) < 200


def test_labels_are_kept_beside_them():
    assets = saved("filter", np.zeros((2, 4, 4)), labels=["edge", 7])

    assert json.loads(assets["filter.json"]) == {"labels": ["edge", "7"]}


@pytest.mark.parametrize(
    ("array", "said"),
    [
        ([[-0.1, 0.5]], "a pixel is -0.1; use values from 0 to 1, or whole numbers from 0 to 255"),
        ([[0, 256]], "a pixel is 256; use values from 0 to 1, or whole numbers from 0 to 255"),
        ([[0.5, float("nan")]], "a pixel is nan; use values from 0 to 1, or whole numbers from 0 to 255"),
        ([[0.5, 0.5], [0.5]], "a picture needs rows of the same length"),
        ([[0.5, "x"]], "a pixel is 'x', which is no number"),
        ([0.5, 0.5], "pictures have 2 to 4 dimensions, (n,) height, width (, 3); these have 1"),
        (0.5, "pictures have 2 to 4 dimensions, (n,) height, width (, 3); these have 0"),
        (np.zeros((1, 1, 1, 1, 1)), "pictures have 2 to 4 dimensions, (n,) height, width (, 3); these have 5"),
        (np.zeros((2, 4, 4, 2)), "a colour picture needs red, green and blue at each pixel"),
        ([], "a picture is empty"),
        ([[]], "a picture is empty"),
        (np.zeros((201, 1, 1)), "there are 201 pictures, more than 200"),
    ],
)
def test_what_is_no_picture_is_refused(array, said):
    with pytest.raises(ValueError, match="^" + re.escape(f"run.images('x'): {said}")):
        saved("x", array)


def test_pictures_too_large_are_refused():
    with pytest.raises(ValueError, match="more than 4,000,000"):
        pictures.read(np.zeros((2001, 2000), dtype=np.uint8))


def test_each_picture_needs_its_label():
    with pytest.raises(ValueError, match="there are 2 pictures and 1 labels"):
        saved("x", np.zeros((2, 4, 4)), labels=["one"])


# What a reader sees.


def a_run(assets, *, name="cnn", seeds=(0,), label="CNN"):
    run = Run(name, "", WHERE, 1, "docs/p.md", "p.md", label, seeds=tuple(seeds))
    names = dict.fromkeys(assets, "0" * 64)
    records = tuple(Record("k", name, {}, seed, {}, assets=names, blobs=dict(assets)) for seed in seeds)
    return Group(run, {}, label, records)


def show(options, *groups):
    shipped = {}
    keep = lambda name, content: shipped.setdefault(name, content) and f"assets/dl/{name}"  # noqa: E731
    place = Place(WHERE, "fig-a", "compare/p/", keep, asset=lambda record, name: record.blobs[name])
    chart.references(options, WHERE)
    return chart.render(options, Results(groups, {}), place, None), shipped


def images(html):
    return [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<img ([^>]*)>", html)]


def labels(html):
    return [unescape(re.sub(r"<[^>]+>", "", found)) for found in re.findall(r'dl-what"[^>]*>(.*?)</span></li>', html)]


def refused(options, *groups):
    with pytest.raises(DLError) as caught:
        show(options, *groups)
    return str(caught.value)


def test_each_picture_stands_in_the_page_with_its_size_and_what_it_is():
    html, shipped = show(ASKED, a_run(saved("filter", np.zeros((2, 8, 8)), labels=["edge", "blob"])))

    assert images(html)[0] == {
        "class": "dl-pixels", "src": "../../assets/dl/cnn-0-filter-00.png", "width": "64", "height": "64",
        "alt": "1 of 2, edge (CNN, seed 0)", "loading": "lazy", "decoding": "async",
    }  # fmt: skip
    assert labels(html) == ["edge", "blob"]
    assert "cnn-0-filter-01.png" in shipped


def test_large_pictures_are_shown_as_they_are():
    html, _ = show(ASKED, a_run(saved("filter", np.zeros((100, 200)))))

    assert "class" not in images(html)[0]
    assert (images(html)[0]["width"], images(html)[0]["height"]) == ("200", "100")


def test_without_labels_the_file_names_say_what_they_are():
    assert labels(show(ASKED, a_run(saved("filter", np.zeros((2, 8, 8)))))[0]) == ["filter 00", "filter 01"]


def test_the_block_may_label_them():
    run = a_run(saved("filter", np.zeros((2, 8, 8)), labels=["edge", "blob"]))

    assert labels(show(replace(ASKED, labels=["a", 2]), run)[0]) == ["a", "2"]
    assert labels(show(replace(ASKED, labels={"filter-01": "b"}), run)[0]) == ["filter 00", "b"]


def test_a_pattern_chooses_among_them_and_2_comes_before_10():
    png = saved("x", GREY)["x-00.png"]
    run = a_run({"w-10.png": png, "w-2.png": png, "v-1.png": png, "w-3.json": b"{}"})
    html, _ = show(replace(ASKED, images="w-*"), run)

    assert labels(html) == ["w 2", "w 10"]


def test_of_a_single_seed_the_caption_says_which_it_is():
    html, _ = show(ASKED, a_run(saved("filter", np.zeros((2, 8, 8))), seeds=(3,)))

    assert re.sub(r"<[^>]+>", "", html).count("2 pictures of 8 × 8 pixels from CNN, seed 3.") == 1


def test_of_several_seeds_the_first_is_shown_and_said():
    run = a_run(saved("filter", np.zeros((2, 8, 8))), seeds=(3, 4))

    assert "2 pictures of 8 × 8 pixels from" in unescape(show(ASKED, run)[0])
    assert ", seed 3 of 2 seeds." in show(ASKED, run)[0]
    assert images(show(replace(ASKED, seed=4), run)[0])[0]["alt"].endswith("seed 4)")


def test_the_author_says_what_all_of_them_are():
    html, _ = show(replace(ASKED, fig_alt="Weights", columns=4), a_run(saved("filter", np.zeros((8, 8)))))

    assert images(html)[0]["alt"] == "Weights: 1 of 1, filter 00 (CNN, seed 0)"
    assert '<ul class="dl-images" role="list" data-columns="4">' in html


def test_what_is_shown_is_listed_in_a_file():
    _, shipped = show(ASKED, a_run(saved("filter", np.zeros((1, 8, 8)), labels=["edge"])))

    assert json.loads(shipped["fig-a.json"]) == [
        {"run": "cnn", "seed": 0, "file": "filter-00.png", "label": "edge", "width": 8, "height": 8}
    ]


# Mistakes.


def test_a_pattern_that_matches_nothing_names_what_there_is():
    said = refused(replace(ASKED, images="filtr-*.png"), a_run(saved("filter", np.zeros((8, 8)))))

    assert said.startswith("docs/p.md:3: run 'cnn' kept no picture 'filtr-*.png'.\n  Did you mean 'filter-00.png'?")


def test_a_seed_that_was_not_run_is_refused():
    said = refused(replace(ASKED, seed=9), a_run(saved("filter", np.zeros((8, 8)))))

    assert said == "docs/p.md:3: run 'cnn' has no result of seed 9.\n  It has 0."


def test_labels_for_other_pictures_are_refused():
    said = refused(replace(ASKED, labels=["a"]), a_run(saved("filter", np.zeros((2, 8, 8)))))

    assert "there are 2 pictures of run 'cnn' and 1 `labels`." in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (replace(ASKED, images=""), "a chart of this kind needs `images`"),
        (replace(ASKED, columns=13), "`columns` must be 1 to 12, got 13."),
        (replace(ASKED, labels="a b"), "`labels` must be a list"),
        (replace(ASKED, y="acc"), "`y` is not an option of kind: images."),
        (Options("cnn", y="acc", images="x"), "`images` is not an option of a drawn chart.\n  It is for kind: images."),
    ],
)
def test_options_are_checked_before_anything_runs(options, said):
    with pytest.raises(DLError, match=re.escape(said)):
        chart.references(options, WHERE)


# Files that a stranger wrote.

EVIL = '"><img src=x onerror=alert(1)>'


def test_labels_of_a_stranger_are_only_text():
    png = saved("x", GREY)["x-00.png"]
    html, _ = show(ASKED, a_run({"filter-0.png": png, "filter.json": json.dumps({"labels": [EVIL]}).encode()}))

    assert len(images(html)) == 1
    assert labels(html) == [EVIL]


@pytest.mark.parametrize(
    "content",
    [b"", b"[" * 100_000, b"null", b'{"labels": 3}', b'{"labels": [1]}', b'{"labels": ["a", "b"]}', b" " * 200_000],
)
def test_a_file_of_labels_that_is_none_leaves_the_file_names(content):
    png = saved("x", GREY)["x-00.png"]

    assert labels(show(ASKED, a_run({"filter-0.png": png, "filter.json": content}))[0]) == ["filter 0"]


def test_what_is_no_picture_or_a_bomb_is_refused():
    bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 1_000_000, 1_000_000)

    for content in (b"", b"<svg onload=alert(1)>", bomb):
        assert "'filter-0.png' is no picture" in refused(ASKED, a_run({"filter-0.png": content}))


# A whole site.


def test_a_page_shows_what_its_run_kept(site):
    built = site(
        """
        ```python {run="net" seeds=2}
        #| varies: [data]
        from mkdocs_dlplugin import run

        run.confusion([0, 1, 1, 0], [0, 1, run.seed, 0], labels=["cat", "dog"])
        run.images("unit", [[[0, 0.5], [1, 0]], [[1, 1], [0, 0]]], labels=["first", "second"])
        ```

        ```yaml {chart="fig-taken"}
        kind: confusion
        runs: net
        ```

        ```yaml {chart="fig-units"}
        kind: images
        runs: net
        images: unit-*.png
        ```
        """
    )
    page = built.page()

    assert (built.code, built.said) == (0, "")
    assert "Figure 1. Confusion matrix of net." in page
    assert "Figure 2. Images unit-*.png. 2 pictures of 2 × 2 pixels from net , seed 0 of 2 seeds." in page
    assert len(list((built.root / "site/assets/dl").glob("net-0-unit-0*.png"))) == 2


def test_a_picture_that_was_exchanged_is_not_shown(site):
    page = """
        ```python {run="net"}
        from mkdocs_dlplugin import run

        run.images("unit", [[0, 0.5], [1, 0]])
        ```

        ```yaml {chart="fig-units"}
        kind: images
        runs: net
        images: unit
        ```
        """
    first = images(site(page).html())
    (site.root / "records/net/_/0/unit-00.png").write_bytes(pictures.png(pictures.read([[1.0, 1.0]])[0]))
    built = site(page)

    assert built.executed == ["net/_/0"]
    assert images(built.html()) == first
    assert len(first) == 1


def test_a_misspelt_run_is_found_before_anything_runs(site):
    built = site(
        '```python {run="net"}\nx = 1\n```\n\n```yaml {chart="a"}\nkind: images\nruns: nett\nimages: "*"\n```\n'
    )

    assert built.executed == []
    assert "no run is called 'nett'" in built.said
