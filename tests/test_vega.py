"""Charts are drawn in a process of their own, slim, the same bytes each time, and nothing can leave it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET

import pytest

from mkdocs_dlplugin import specs, vega, words
from mkdocs_dlplugin.slim import slim
from mkdocs_dlplugin.vega import COLORS, Failed, Renderer, Unavailable, finite

BAR = {
    "data": {"values": [{"a": "A & <B> 0.8512", "b": 0.85}, {"a": "C", "b": 0.123456}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
}
CLIPPED = {
    "data": {"values": [{"x": x, "y": x * x / 7, "s": s} for x in range(9) for s in "ab"]},
    "mark": {"type": "line", "clip": True},
    "encoding": {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
        "color": {"field": "s", "type": "nominal"},
    },
}
DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"><rect width="5" height="5" fill="red"/></svg>'


@pytest.fixture(scope="module")
def renderer():
    pytest.importorskip("vl_convert")
    with Renderer() as renderer:
        yield renderer


def fake(tmp_path, code, limit=5.0, cache=None):
    """A renderer whose process is a few lines of Python."""
    path = tmp_path / "fake.py"
    path.write_text(f"import json, sys, time, pathlib\nDRAWN = {DRAWN!r}\n{code}")
    return Renderer(cache, command=(sys.executable, "-S", str(path)), limit=limit, version="fake")


def test_a_chart_comes_in_one_drawing_per_width(renderer):
    wide, narrow = renderer.render(BAR, name="dl-fig")

    assert 'class="dl-svg dl-wide"' in wide
    assert 'width="688"' in wide
    assert 'class="dl-svg dl-narrow"' in narrow
    assert 'width="328"' in narrow


def test_a_drawing_says_what_it_is_and_stays_out_of_the_search_index(renderer):
    (unnamed,) = renderer.render(BAR, (400,), name="dl-fig")
    (named,) = renderer.render(BAR, (400,), name="dl-fig", label='Bars of "a" & <b>')

    assert unnamed.startswith('<svg class="dl-svg" role="img" aria-labelledby="dl-fig-caption" data-search-exclude=""')
    assert 'aria-label="Bars of &quot;a&quot; &amp; &lt;b&gt;"' in named
    assert "<title" not in named


def test_a_spec_may_be_laid_out_for_each_width(renderer):
    drawings = renderer.render(lambda width: {**BAR, "height": width // 2}, (300, 200))

    assert ['height="150"' in drawings[0], 'height="100"' in drawings[1]] == [True, True]


def test_colours_are_variables_with_fallbacks_and_the_font_is_the_pages(renderer):
    (drawing,) = renderer.render(CLIPPED, (400,))

    assert COLORS[0] in drawing
    assert "var(--dl-muted,#" in drawing
    assert "font-family" not in drawing
    assert "style=" not in drawing


def test_a_chart_renders_to_the_same_bytes_every_time(renderer):
    with Renderer() as other:
        assert renderer.render(CLIPPED) == renderer.render(CLIPPED) == other.render(CLIPPED)


def test_ids_carry_the_name_of_the_chart(renderer):
    (drawing,) = renderer.render(CLIPPED, (400,), name="dl-fig-size")

    assert re.findall(r' id="([^"]+)"', drawing) == ["dl-fig-size-0"]
    assert drawing.count("url(#dl-fig-size-0)") == 2


def test_slimming_changes_no_text(renderer):
    (drawing,) = renderer.render(BAR, (400,))
    texts = [element.text for element in ET.fromstring(drawing).iter() if element.text]

    assert "A & <B> 0.8512" in texts


def test_slimming_rounds_coordinates_and_keeps_them_apart():
    small = slim('<svg xmlns="http://www.w3.org/2000/svg"><path d="M1.04-0.01L12.345,6e-7" fill="red"/></svg>', "n")

    assert 'd="M1,0L12.3,0"' in small


def test_slimming_drops_what_draws_nothing_and_says_common_looks_once():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><g class="a"><path class="background" d="M0,0h9"/>'
        '<g aria-hidden="true"><line x2="1" stroke="red"/><line x2="2" stroke="red" opacity="1"/></g></g></svg>'
    )

    assert slim(svg, "n").endswith('<g stroke="red"><line x2="1" /><line x2="2" /></g></svg>')


@pytest.mark.parametrize("element", ["script", "a", "foreignObject", "style"])
def test_a_drawing_with_an_active_element_is_refused(element):
    with pytest.raises(ValueError, match=element):
        slim(f'<svg xmlns="http://www.w3.org/2000/svg"><{element}/></svg>', "n")


@pytest.mark.parametrize(
    "part",
    [
        {"data": {"url": "https://example.org/data.csv"}},
        {"data": {"url": "file:///etc/passwd"}},
        {"layer": [{"mark": {"type": "image", "url": "http://example.org/a.png"}}]},
        {"encoding": {"href": {"value": "javascript:alert(1)"}}},
        {"encoding": {"url": {"field": "address"}}},
        {"mark": {"type": "text", "href": "https://example.org"}},
    ],
)
def test_addresses_are_refused_before_anything_is_started(part):
    with pytest.raises(Failed, match="refused"):
        Renderer(command=("/nonexistent",), version="x").render({**BAR, **part})


def test_an_inline_image_is_no_address():
    specs.refuse({"mark": {"type": "image", "url": "data:image/png;base64,AAAA"}})


def test_numbers_that_json_cannot_hold_become_null():
    assert finite({"a": [float("nan"), 1.5, (float("inf"),)]}) == {"a": [None, 1.5, [None]]}


def test_a_bad_spec_does_not_spoil_the_next_one(renderer):
    before = renderer.render(BAR)
    with pytest.raises(Failed):
        renderer.render({"mark": "no such mark", "encoding": 7})

    assert renderer.render(BAR) == before


def test_a_renderer_that_hangs_is_ended_and_the_next_chart_is_fine(tmp_path):
    flag = tmp_path / "hung"
    code = (
        "for line in sys.stdin:\n"
        f"    if not pathlib.Path({str(flag)!r}).exists():\n"
        f"        pathlib.Path({str(flag)!r}).touch(); time.sleep(60)\n"
        "    print(json.dumps({'svg': DRAWN}), flush=True)\n"
    )
    with fake(tmp_path, code, limit=0.5) as renderer:
        with pytest.raises(Failed, match=r"longer than 0\.5 s"):
            renderer.render(BAR)

        assert "red" in renderer.render(BAR)[0]


@pytest.mark.parametrize("code", ["sys.exit(3)", "print('not json', flush=True); time.sleep(9)", "print('[]')"])
def test_a_renderer_that_breaks_is_a_failure_and_never_a_hang(tmp_path, code):
    with fake(tmp_path, code) as renderer, pytest.raises(Failed, match="renderer ended"):
        renderer.render(BAR)


def test_one_process_draws_for_all_threads(tmp_path):
    code = (
        f"pathlib.Path({str(tmp_path)!r}, 'starts').open('a').write('x')\n"
        "for line in sys.stdin: print(json.dumps({'svg': DRAWN}), flush=True)\n"
    )
    with fake(tmp_path, code) as renderer:
        threads = [threading.Thread(target=renderer.render, args=(BAR, (100 + i,))) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert (tmp_path / "starts").read_text() == "x"


def test_a_drawing_is_kept_and_not_drawn_again(tmp_path):
    code = "line = sys.stdin.readline(); print(json.dumps({'svg': DRAWN}), flush=True)"
    with fake(tmp_path, code, cache=tmp_path / "cache") as renderer:
        first = renderer.render(BAR, (400,))
    with Renderer(tmp_path / "cache", command=("/nonexistent",), version="fake") as renderer:
        assert renderer.render(BAR, (400,)) == first
        with pytest.raises(Failed, match="cannot be started"):
            renderer.render(BAR, (401,))


def test_without_vl_convert_charts_are_unavailable_in_words(monkeypatch):
    monkeypatch.setattr(vega, "_installed", lambda: None)

    with pytest.raises(Unavailable, match="vl-convert"):
        Renderer().render(BAR)


def test_the_renderer_imports_nothing_from_the_authors_folder(tmp_path, monkeypatch):
    pytest.importorskip("vl_convert")
    (tmp_path / "vl_convert.py").write_text("raise SystemExit('the author was executed')")
    (tmp_path / "json.py").write_text("raise SystemExit('the author was executed')")
    monkeypatch.chdir(tmp_path)

    with Renderer() as renderer:
        assert renderer.render(BAR, (400,))


def test_a_renderer_ends_with_its_input(tmp_path):
    renderer = fake(tmp_path, "for line in sys.stdin: print(json.dumps({'svg': DRAWN}), flush=True)")
    renderer.render(BAR)
    process = renderer._process
    process.stdin.close()

    assert process.wait(5) == 0
    renderer.close()


def test_the_two_drawings_of_a_chart_share_no_id():
    spec = {
        "data": {"values": [{"a": 1, "b": 2}, {"a": 2, "b": 5}]},
        "mark": "point",
        "encoding": {"x": {"field": "a"}, "color": {"field": "b", "type": "quantitative"}},
    }
    with vega.Renderer() as renderer:
        wide, narrow = ({*re.findall(r'id="([^"]+)"', drawn)} for drawn in renderer.render(spec, name="c", label="x"))

    assert wide
    assert narrow
    assert not wide & narrow


# What vl-convert does to those who trust it.


def test_a_link_that_failed_is_not_in_the_next_chart(renderer):
    before = renderer.render(BAR)
    linked = {**BAR, "encoding": {**BAR["encoding"], "href": {"value": "javascript:alert(1)"}}}
    try:
        # Around our own refusal, as if it had a hole.
        renderer._ask(json.dumps({"spec": linked, "config": {}}), "svg")
    except Failed:
        assert renderer._process is None

    after = renderer.render(BAR)
    assert after == before
    assert "javascript" not in "".join(after)


def test_drawing_happens_in_another_program_so_that_this_one_may_fork():
    pytest.importorskip("vl_convert")
    code = (
        "import os, sys\n"
        "from mkdocs_dlplugin.vega import Renderer\n"
        f"spec = {BAR!r}\n"
        "with Renderer() as renderer:\n"
        "    renderer.render(spec, (300,))\n"
        "    assert 'vl_convert' not in sys.modules\n"
        "    child = os.fork() if hasattr(os, 'fork') else 0\n"
        "    if not child and hasattr(os, 'fork'): os._exit(0)\n"
        "    if child: assert os.waitpid(child, 0)[1] == 0\n"
        "    renderer.render(spec, (301,))\n"
    )

    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0


def test_the_fonts_of_a_machine_change_no_byte(renderer, tmp_path, monkeypatch):
    (tmp_path / "fonts.conf").write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>')
    for name in ("FONTCONFIG_PATH", "HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    named = {**CLIPPED, "title": "Wide WWW and narrow iii letters"}
    with Renderer() as bare:
        drawn = bare.render(named)

    assert drawn == renderer.render(named)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_order_of_a_hash_changes_no_byte(renderer, monkeypatch, seed):
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    with Renderer() as other:
        assert other.render(CLIPPED) == renderer.render(CLIPPED)


def test_values_that_are_no_numbers_are_left_out(renderer):
    rows = [{"x": 0, "y": 1.0}, {"x": 1, "y": float("nan")}, {"x": 2, "y": float("inf")}, {"x": 3, "y": 2.0}]
    encoding = {name: {"field": name, "type": "quantitative"} for name in "xy"}
    (drawing,) = renderer.render({"data": {"values": rows}, "mark": "point", "encoding": encoding}, (300,))

    assert "NaN" not in drawing
    assert "Infinity" not in drawing


def test_more_rows_than_a_page_can_hold_are_refused_in_words():
    rows = [{"a": "x", "b": number} for number in range(300_000)]

    with pytest.raises(Failed, match=r"300,000 rows of data are refused in a chart, more than 50,000. Aggregate them"):
        Renderer(command=("/nonexistent",), version="x").render({**BAR, "data": {"values": rows}})


def test_another_version_or_another_look_is_drawn_anew(tmp_path, monkeypatch):
    code = "for line in sys.stdin: print(json.dumps({'svg': DRAWN}), flush=True)"
    with fake(tmp_path, code, cache=tmp_path / "cache") as first:
        first.render(BAR, (400,))
    later = Renderer(tmp_path / "cache", command=("/nonexistent",), version="later")
    with pytest.raises(Failed, match="cannot be started"):
        later.render(BAR, (400,))
    monkeypatch.setattr(vega, "CONFIG", {"font": "Other"})
    other = Renderer(tmp_path / "cache", command=("/nonexistent",), version="fake")
    with pytest.raises(Failed, match="cannot be started"):
        other.render(BAR, (400,))


def test_a_drawing_of_several_views_is_as_wide_as_asked_for(renderer):
    views = {"hconcat": [{**BAR, "width": 80}, {**BAR, "width": 90}]}
    (padded,) = renderer.render(views, (500,))
    (shrunk,) = renderer.render(views, (120,))

    assert re.search(r'width="500" height="\d+" viewBox="0 0 500 ', padded)
    drawn = float(re.search(r'width="120" height="\d+" viewBox="0 0 ([\d.]+) ', shrunk)[1])
    assert drawn > 120


def test_ticks_are_written_with_the_separators_of_the_language():
    pytest.importorskip("vl_convert")
    rows = [{"x": 0, "y": 0.25}, {"x": 4000, "y": 0.75}]
    axis = {"type": "quantitative", "axis": {"format": ",~r", "labelOverlap": False}}
    spec = {"data": {"values": rows}, "mark": "line", "encoding": {c: {"field": c, **axis} for c in "xy"}}
    words.speak("de")
    with Renderer() as renderer:
        (drawn,) = renderer.render(spec, (328,))
        explored = renderer.explorable(lambda _: spec, widths=(328,))
    words.speak("en")
    with Renderer() as renderer:
        (english,) = renderer.render(spec, (328,))

    assert {"0,5", "2.000"} <= set(re.findall(r">([\d.,]+)</text>", drawn))
    assert {"0.5", "2,000"} <= set(re.findall(r">([\d.,]+)</text>", english))
    assert json.loads(explored)["widths"]["328"]["config"]["locale"]["number"]["decimal"] == ","
