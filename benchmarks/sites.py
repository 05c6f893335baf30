"""Sites: documentation of a given size with records that stand for all of its runs, written without training."""

from __future__ import annotations

import random
from pathlib import Path

from mkdocs_dlplugin.build import Build, pages_of
from mkdocs_dlplugin.config import load
from mkdocs_dlplugin.freshness import code_digest, options_of
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.reporting import Reporter

SEEDS = 5
TEXT = (
    "a model learns from examples and is judged by those it has not seen the number beside its name is a mean over "
    "seeds with an interval that says how far another draw may lie from it and what was measured on one machine need "
    "not hold on the next so the page says where and when and with which versions of which packages it was measured"
)

SNIPPET = """\
from mkdocs_dlplugin import run

width, rate = {width}, {rate}
weights = [run.seed + n / width for n in range(width)]
for step in range(30):
    gradient = [weight * rate for weight in weights]
    weights = [weight - slope for weight, slope in zip(weights, gradient)]
    run.log({{"loss": sum(weights) / width}}, step=step)
run.summary["accuracy"] = 1 - abs(weights[0])
"""


def unused(folder: Path, pages: int, *, plugin: bool) -> None:
    """Write a site that asks for nothing of ours: prose, tables and code that is only shown."""
    _configure(folder, "[dlplugin]" if plugin else "[]")
    for number in range(pages):
        code = f"```python\n{SNIPPET.format(width=number, rate=0.1)}```\n"
        _page(folder, number, [_prose(number), code, _prose(number + 1), code, "| a | b |\n| - | - |\n| 1 | 2 |\n"])


def recorded(folder: Path, pages: int, jobs: int, *, plugin: bool) -> None:
    """Write a site whose runs are all recorded already.

    Args:
        folder: Where.
        pages: How many pages there are.
        jobs: How many records there are in all, five for each run: a multiple of five on each page.
        plugin: Whether the site has the plugin; without it the same pages show the same fences as code.
    """
    runs = jobs // pages // SEEDS
    _configure(folder, "[dlplugin]" if plugin else "[]")
    for page in range(pages):
        parts = []
        for n in range(runs):
            number = page * runs + n
            code = SNIPPET.format(width=8 + number, rate=0.1)
            parts += [_prose(number), f'```python {{run="run-{number}" seeds={SEEDS}}}\n{code}```\n']
        names = ", ".join(f"run-{page * runs + n}" for n in range(runs))
        parts.append(f'```yaml {{comparison="tbl-{page}"}}\nruns: [{names}]\nmetrics: [accuracy, loss, train_s]\n```\n')
        parts.append(f"The first reaches `{{run}} run-{page * runs}.accuracy:.3f`.\n")
        _page(folder, page, parts)
    if plugin:
        _record(folder)


def _configure(folder: Path, plugins: str) -> None:
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    text = (
        f"site_name: Growth\ntheme: mkdocs\nplugins: {plugins}\nmarkdown_extensions: [tables, pymdownx.superfences]\n"
    )
    (folder / "mkdocs.yml").write_text(text, "utf-8")


def _page(folder: Path, number: int, parts: list[str]) -> None:
    name = f"page-{number}.md" if number else "index.md"
    (folder / "docs" / name).write_text("\n".join([f"# Page {number}\n", *parts]), "utf-8")


def _prose(number: int) -> str:
    """Write a section of three paragraphs, the same for the same number."""
    draw = random.Random(number)
    paragraphs = (" ".join(draw.choices(TEXT.split(), k=60)).capitalize() + "." for _ in range(3))
    return f"## Section {number}\n\n" + "\n\n".join(paragraphs) + "\n"


def _record(folder: Path) -> None:
    """Put a record beside each job that the pages ask for, as if it had run."""
    build = Build(load(folder / "mkdocs.yml"), Reporter())
    if problems := build.scan(pages_of(build.site)):
        raise problems[0]
    steps = tuple(float(step) for step in range(30))
    for task in build.asked.plan.tasks.values():
        job = task.job
        draw = random.Random(task.place)
        losses = tuple(round(draw.random(), 6) for _ in steps)
        origin = {"options": options_of(job), "code": code_digest(job), "commit": "0123456789ab", "dirty": False}
        ran = {"started": "2026-01-01T00:00:00Z", "wall": 1.5, "cpu_seconds": 1.4, "peak_memory": 1 << 20}
        record = Record(
            key=job.key,
            run=job.run,
            params=job.params,
            seed=job.seed,
            metrics={"accuracy": draw.random(), "loss": losses[-1]},
            series={"loss": (steps, losses)},
            timings={"train_s": {"cpu": 1 + draw.random(), "wall": 1 + draw.random()}},
            provenance={"device": "cpu", "cpu": "none", "threads": 1, "packages": {}, **ran, **origin},
        )
        build.store.write(record, job.code)
