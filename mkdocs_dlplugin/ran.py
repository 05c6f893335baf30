"""Ran: say on what, when and how long a run ran, in one line also where several runs stand below each other."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from html import escape, unescape

from mkdocs_dlplugin import words

_LINE = re.compile(r'<p class="dl-ran" data-ran="([^"]*)"><span class="([^"]*)">(.*?)</span></p>\s*', re.DOTALL)
_ROW = re.compile(rf"(?:{_LINE.pattern})+", re.DOTALL)


@dataclass(frozen=True)
class Ran:
    """What the line of one run says."""

    run: str
    """What readers call it."""
    on: str
    """Its devices."""
    day: str
    """The days, as HTML."""
    time: str
    """How long all of its jobs took together."""
    jobs: str
    """How many there were: `5 seeds`."""
    notes: tuple[str, ...] = ()
    """What is doubtful about it, a sentence each."""
    link: str = ""
    """Address of its page; empty without one."""
    name: str = ""
    """What pages and commands call it, to tell runs apart that readers know by the same name."""


def line(ran: Ran, look: str) -> str:
    """Write the line of a run in the classes *look*, and into it what `gathered` needs and takes out again."""
    said = words.html("ran", devices=escape(ran.on), day=ran.day, time=escape(ran.time), jobs=escape(ran.jobs))
    said += "".join(f" {escape(note)}" for note in ran.notes)
    if ran.link:
        said += f' <a href="{escape(ran.link)}">{escape(words.say("details"))}</a>'
    kept = escape(json.dumps(asdict(ran), ensure_ascii=False))
    return f'<p class="dl-ran" data-ran="{kept}"><span class="{look}">{said}</span></p>'


def gathered(html: str) -> str:
    """Make one line of those that stand directly below each other, as they do where a page hides its code."""
    return _ROW.sub(_row, html) if "data-ran=" in html else html


def _row(found: re.Match[str]) -> str:
    lines = list(_LINE.finditer(found[0]))
    after = found[0][len(found[0].rstrip()) :]
    if len(lines) == 1:
        return f'<p class="dl-ran"><span class="{lines[0][2]}">{lines[0][3]}</span></p>{after}'
    same: dict[tuple[str, str], list[Ran]] = {}
    for one in lines:
        ran = Ran(**json.loads(unescape(one[1])))
        same.setdefault((ran.on, ran.day), []).append(ran)
    said = " ".join(_together(on, day, runs) for (on, day), runs in same.items())
    return f'<p class="dl-ran"><span class="{lines[0][2]}">{said}</span></p>{after}'


def _together(on: str, day: str, runs: list[Ran]) -> str:
    """Say on what and when runs ran, then each with its time, and what is doubtful about one of them."""
    titles = Counter(ran.run for ran in runs)
    shown = [_named(ran, ran.name if titles[ran.run] > 1 else "") for ran in runs]
    told = [
        words.html("ran-run", run=name, time=escape(ran.time), jobs=escape(ran.jobs))
        for name, ran in zip(shown, runs, strict=True)
    ]
    notes = "".join(f" {escape(ran.run)}: {escape(note)}" for ran in runs for note in ran.notes)
    return words.html("ran-runs", devices=escape(on), day=day, runs="; ".join(told)) + notes


def _named(ran: Ran, apart: str) -> str:
    said = escape(f"{ran.run} ({apart})" if apart else ran.run)
    return f'<a href="{escape(ran.link)}">{said}</a>' if ran.link else said
