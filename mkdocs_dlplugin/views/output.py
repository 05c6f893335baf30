"""Output: what stands under a run's code: what it printed and drew, and on what, when and how long it ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from mkdocs_dlplugin import ansi, words
from mkdocs_dlplugin.digits import duration
from mkdocs_dlplugin.errors import DLError, Failure, RunFailed
from mkdocs_dlplugin.model import Output, Record
from mkdocs_dlplugin.ran import Ran, line
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.results import PLAIN, Group, Place, device_of
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.vega import Renderer
from mkdocs_dlplugin.views.look import Asset, Frame, draw

MANY = 3
"""Points of a grid whose output stands open; where there are more, all of it is folded away."""


@dataclass(frozen=True)
class Shown:
    """What a run's block shows besides its code."""

    groups: tuple[Group, ...]
    failures: tuple[Failure, ...] = ()
    pending: int = 0
    """Jobs still at work."""
    stale: tuple[str, ...] = ()
    """Why its records no longer stand for the code above, in words."""
    fig_cap: str = ""
    fig_alt: str = ""
    tbl_cap: str = ""
    output: bool = True
    """Whether output is shown; `result: none` leaves only the line on where it ran."""
    text: bool = False
    """Whether only text is shown of it."""
    part: int = 0
    """Which block of its session this is, counted from 0."""
    parts: int = 1
    """How many blocks the session has; 1 for a run in one block."""
    split: tuple[int, ...] = ()
    """How many statements each block of the session has now."""

    @property
    def last(self) -> bool:
        """Whether no block of the session follows."""
        return self.part == self.parts - 1


def render(shown: Shown, place: Place, read: Asset, renderer: Renderer | None = None) -> str:
    """Draw output, boxes for what went wrong, and the line that says what ran.

    Args:
        shown: What is shown.
        place: Where.
        read: Reads an asset of a record.
        renderer: Draws charts; without one their data stand in.
    """
    parts = [_failed(failure, shown) for failure in shown.failures]
    if shown.stale:
        parts.append(box("stale", words.say("older"), "; ".join(shown.stale)))
    if shown.pending:
        run = shown.groups[0].run.name if shown.groups else ""
        parts.append(box("pending", words.say("still-running", n=shown.pending), "", run=run))
    if shown.output:
        frame = Frame(place, read, renderer, shown.fig_cap, shown.fig_alt, shown.tbl_cap, shown.text)
        parts += _outputs(shown, frame)
    records = [record for group in shown.groups for record in group.records]
    if records:
        if shown.last:
            parts.append(ran(records, shown.groups, place))
    elif not shown.failures and not shown.pending:
        parts.append(box("stale", words.say("not-run"), words.say("no-record")))
    return "\n".join(parts)


def box(kind: str, problem: str, hint: str, *, run: str = "") -> str:
    """Draw a box for a draft page: the sentence of the terminal, where the result would be.

    Args:
        kind: `error`, `stale`, `pending` or `ran`.
        problem: What is to be said, as plain text.
        hint: What to do about it; may be empty.
        run: The run it waits for, whose curves a preview draws into it while they grow.
    """
    waits = f' data-dl-run="{escape(run)}"' if run else ""
    more = f"<p>{escape(hint)}</p>" if hint else ""
    drawn = f'<div class="dl-{kind}" role="note"{waits}><p><strong>{escape(problem)}</strong></p>{more}</div>'
    return f'<div class="{PLAIN}">{drawn}</div>'


def error_box(error: DLError) -> str:
    """Draw the same sentence on the page that stands in the terminal."""
    return box("error", f"{error.where}: {error.problem}", error.hint)


def _failed(failure: Failure, shown: Shown) -> str:
    """Draw the box of a failure at the block that was at work; the other blocks of a session refer to it."""
    error = failure.error
    part = min(error.part, shown.parts - 1) if isinstance(error, RunFailed) else 0
    if part == shown.part:
        return _failure(failure)
    several = failure.of > 1
    seeds = words.say("with-seeds", n=len(failure.seeds), seeds=listed(failure.seeds)) if several else ""
    if not isinstance(error, RunFailed):
        return box("stale", words.say("no-result-see", seeds=seeds, where=error.where), "")
    what = "not-run-failed" if shown.part > part else "no-result-failed"
    return box("stale", words.say(what, seeds=seeds, where=error.where), "")


def _failure(failure: Failure) -> str:
    error = failure.error
    frames, output = "", ""
    if isinstance(error, RunFailed):
        if error.frames:
            frames = f"<pre><code>{escape(chr(10).join(error.frames))}</code></pre>"
        if error.output.strip():
            summary, printed = escape(words.say("end-of-output")), ansi.html(error.output)
            box = f'<pre class="dl-text"><code>{printed}</code></pre>'
            output = f'<details class="dl-data"><summary>{summary}</summary>{box}</details>'
    hint = f"<p>{escape(error.hint)}</p>" if error.hint else ""
    first = f"{error.where}: {failure.problem}"
    drawn = f'<div class="dl-error" role="note"><p><strong>{escape(first)}</strong></p>{frames}{hint}{output}</div>'
    return f'<div class="{PLAIN}">{drawn}</div>'


def _outputs(shown: Shown, frame: Frame) -> list[str]:
    """Show the first seed's output of each point; that of further seeds is folded away when it differs."""
    parts, points = [], 0
    for group in shown.groups:
        if not group.records:
            continue
        first, *others = group.records
        outputs = {record.seed: _outputs_here(record, shown) for record in group.records}
        labelled = len(shown.groups) > 1 and outputs[first.seed]
        label = f'<p class="dl-label">{escape(group.label)}</p>' if labelled else ""
        drawn = _of_record(first, shown, frame)
        if drawn:
            points += 1
            parts.append(f'<div class="dl-output">{label}{drawn}</div>')
        folded = [
            _fold(words.say("seed", seed=record.seed), text)
            for record in others
            if outputs[record.seed]
            and outputs[record.seed] != outputs[first.seed]
            and (text := _of_record(record, shown, replace(frame, titled=False)))
        ]
        if folded:
            parts.append(_fold(words.say("other-seeds"), "".join(folded)))
    if points > MANY:
        return [_fold(words.say("all-points", n=points), "".join(parts))]
    return parts


def _fold(title: str, inside: str) -> str:
    return f'<details class="dl-seeds"><summary>{escape(title)}</summary>{inside}</details>'


def _outputs_here(record: Record, shown: Shown) -> list[Output]:
    """Choose the outputs of this block; all of them stand under the last one when it was measured split otherwise."""
    if not fits(record, shown.split):
        return list(record.outputs) if shown.last else []
    return [output for output in record.outputs if shown.parts == 1 or output.part == shown.part]


def fits(record: Record, split: Sequence[int]) -> bool:
    """Tell whether a record's session was split into blocks as it is now.

    Args:
        record: The record.
        split: How many statements each block has now; empty for a run in one block.
    """
    return not split or record.provenance.get("blocks") == list(split)


def _of_record(record: Record, shown: Shown, frame: Frame) -> str:
    return "".join(draw(record, output, frame) for output in _outputs_here(record, shown))


def ran(records: Sequence[Record], groups: Sequence[Group], place: Place) -> str:
    """Say what ran: device, day, duration, seeds, and link the page of the run."""
    devices = list(dict.fromkeys(device_of(record) for record in records))
    days = sorted({str(record.provenance.get("started", ""))[:10] for record in records} - {""})
    spent = sum(float(record.provenance.get("wall", 0.0)) for record in records)
    when = days[0] if len(days) == 1 else words.say("days", first=days[0], last=days[-1]) if days else ""
    seeds = {record.seed for record in records}
    jobs = words.say("runs" if len(records) != len(seeds) else "seeds", n=len(records))
    notes = dict.fromkeys(plain(note[:1].upper() + note[1:].rstrip(".")) + "." for r in records for note in r.notes)
    day = f'<time datetime="{escape(days[0])}">{escape(when)}</time>' if days else escape(words.say("unknown-day"))
    run, link = groups[0].run.title, place.run_link(groups[0]) if place.run_pages else ""
    made = Ran(run, words.listed(devices), day, duration(spent), jobs, tuple(notes), link, groups[0].run.name)
    return line(made, PLAIN)
