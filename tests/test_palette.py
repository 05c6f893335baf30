"""The colours of the stylesheet can be read and told apart, on light and dark pages, by colour-blind readers too."""

from __future__ import annotations

import gzip
import itertools
import re

import pytest

from mkdocs_dlplugin import shipped, vega
from mkdocs_dlplugin.views.kinds import bar

CSS = shipped.stylesheet().decode()
BACKGROUNDS = {"light": "#ffffff", "dark": "#1e2129"}
PALETTES = {"light": vega.PALETTE, "dark": vega.DARK}

# Source: Machado, Oliveira and Fernandes (2009), A physiologically-based model for simulation of color vision
# deficiency, IEEE TVCG 15(6), severity 1.0, on linear RGB.
VISION = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(color: str) -> tuple[float, ...]:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def contrast(a: str, b: str) -> float:
    """Ratio of luminances as WCAG 2 defines it."""
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(a), linear(b)))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    """CIE L*a*b* of linear sRGB under D65."""
    x = (0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.95047
    y = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
    z = (0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(color: str, vision: str) -> tuple[float, float, float]:
    rgb = linear(color)
    mixed = [sum(weight * c for weight, c in zip(row, rgb, strict=True)) for row in VISION[vision]]
    return lab(tuple(min(1.0, max(0.0, c)) for c in mixed))


def declared(name: str) -> list[str]:
    """All values a variable gets in the stylesheet, in order: light, dark, dark by the reader's system."""
    return re.findall(rf"--dl-{name}: ([^;]+);", CSS)


def mixed(color: str, share: float, background: str) -> str:
    """What `color-mix(in srgb, …)` gives."""
    pairs = [(int(color[i : i + 2], 16), int(background[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


@pytest.mark.parametrize("scheme", PALETTES)
def test_every_colour_stands_out_from_its_background(scheme):
    ratios = {color: contrast(color, BACKGROUNDS[scheme]) for color in PALETTES[scheme]}

    assert min(ratios.values()) >= 3, ratios


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("scheme", PALETTES)
def test_any_two_colours_differ_for_every_kind_of_colour_vision(scheme, vision):
    apart = {}
    for a, b in itertools.combinations(PALETTES[scheme], 2):
        pairs = zip(seen(a, vision), seen(b, vision), strict=True)
        apart[a, b] = sum((one - other) ** 2 for one, other in pairs) ** 0.5

    assert min(apart.values()) >= 20, min(apart.items(), key=lambda item: item[1])


def test_the_stylesheet_and_the_drawings_use_the_same_colours():
    for number, (light, dark) in enumerate(zip(vega.PALETTE, vega.DARK, strict=True), start=1):
        assert declared(f"c{number}") == [light, dark, dark]


@pytest.mark.parametrize("name", ["muted", "good", "bad", "warn"])
def test_coloured_words_can_be_read_on_pages_and_on_tinted_boxes(name):
    for (_, background), color in zip(BACKGROUNDS.items(), declared(name), strict=False):
        assert contrast(color, background) >= 4.5
        assert contrast(color, mixed(color, 0.09, background)) >= 4.5


def test_the_two_dark_blocks_of_the_stylesheet_say_the_same():
    for name in ("muted", "grid", "good", "bad", "warn", "seq", "on"):
        _, scheme, system = declared(name)[:3]

        assert scheme == system


@pytest.mark.parametrize("scheme", PALETTES)
def test_values_can_be_read_on_every_tint_of_a_heat_map(scheme):
    index = list(PALETTES).index(scheme)
    seq, on = declared("seq")[index], declared("on")[index]
    tints = [mixed(seq, share / 100, BACKGROUNDS[scheme]) for share in vega.SHARES]

    assert min(contrast(f"#{on[1:] * 2}", tint) for tint in tints) >= 4.5
    # From one class to the next the tints go one way, by steps that are seen without hue.
    light = [lab(linear(tint))[0] for tint in tints]
    assert min(abs(a - b) for a, b in itertools.pairwise(light)) >= 4


def test_the_heat_map_of_the_stylesheet_is_that_of_the_drawings():
    assert f"var(--dl-seq,{declared('seq')[0]})" in vega.CELLS[0]
    assert f"var(--dl-on,{declared('on')[0]})" == vega.ON


@pytest.mark.parametrize("scheme", PALETTES)
def test_an_interval_is_seen_on_every_bar(scheme):
    fg = {"light": "#1c1e21", "dark": "#e4e6ea"}[scheme]
    fills = [mixed(c, share / 100, BACKGROUNDS[scheme]) for c in PALETTES[scheme] for share in bar.FILLS]

    # The line itself stands out, or its outline in the colour of the page.
    assert min(max(contrast(fg, fill), contrast(BACKGROUNDS[scheme], fill)) for fill in fills) >= 3


def test_the_stylesheet_is_small_and_fetches_nothing():
    assert len(gzip.compress(CSS.encode())) <= 6_000
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_what_only_a_screen_reader_hears_does_not_widen_the_page():
    assert re.search(r"\.dl-sr \{\s+position: absolute;", CSS)
    assert re.search(r"\.dl-scroll \{[^}]*position: relative;", CSS)


# Text over the page, as Material writes it: black or nearly white, with some of the background coming through.
TEXT = {"light": ("#000000", 0.87), "dark": ("#e2e3e9", 0.82)}


@pytest.mark.parametrize("scheme", BACKGROUNDS)
@pytest.mark.parametrize("tint", [0, 1, 2, 3, 4])
def test_text_can_be_read_on_every_tint_of_a_confusion_matrix(tint, scheme):
    page = BACKGROUNDS[scheme]
    found = re.search(
        rf"\.dl-q{tint}:is\(\*, \[a\]\[b\]\) {{\s*background: color-mix\(in srgb, var\(--dl-c1\) (\d+)%", CSS
    )
    under = mixed(PALETTES[scheme][0], int(found[1]) / 100, page) if found else page
    own = re.search(r"\.dl-q3, \.dl-q4\):is\(\*, \[a\]\[b\]\) {\s*color: (#\w+)", CSS)[1]
    text = own if tint > 2 else mixed(TEXT[scheme][0], TEXT[scheme][1], under)

    assert (found is None) == (tint == 0)
    assert contrast(text, under) >= 4.5


@pytest.mark.parametrize(("text", "background"), [("#1c1e21", "#f5f5f5"), ("#e4e6ea", "#272a35")])
def test_colours_of_printed_text_can_be_read_on_light_and_dark_code(text, background):
    share = (
        int(re.search(r"color-mix\(in srgb, var\(--dl-ansi, var\(--dl-fg\)\) (\d+)%, var\(--dl-fg\)\)", CSS)[1]) / 100
    )
    colours = re.findall(r"--dl-ansi: (#\w{6})", CSS)

    assert len(colours) == 6
    assert min(contrast(mixed(colour, share, text), background) for colour in colours) >= 4.5
