"""`run`: execute what is stale or missing and record it, without a site being built."""

from __future__ import annotations

import argparse

from mkdocs_dlplugin.commands.common import Answer, build, selected
from mkdocs_dlplugin.reporting import Reporter


def run(chosen: argparse.Namespace, reporter: Reporter) -> Answer:
    """Measure the named runs with those they need, or all; `force` measures the named ones also when fresh."""
    names, force = chosen.names, chosen.force
    made = build(
        chosen,
        reporter,
        settings={"execution": "force" if force else None, "jobs": chosen.jobs or None},
        only=(lambda plan: selected(plan, names, upstream=True)) if names else None,
        forced=(lambda plan: selected(plan, names)) if names and force else None,
    )
    try:
        made.start()
        made.finish()
    finally:
        made.close()
    if reporter.code:
        reporter.info(made.closing.line())
    failed = [str(error) for error in made.conductor.failures.values()]
    return Answer({"executed": made.conductor.executed, "failed": failed}, code=reporter.code)
