"""`check`: tell whether everything that is published matches the code, for CI."""

from __future__ import annotations

import argparse

from mkdocs_dlplugin.commands.common import Answer, build
from mkdocs_dlplugin.reporting import Reporter, counted


def check(chosen: argparse.Namespace, reporter: Reporter) -> Answer:
    """Look at every record as a build that may run nothing would."""
    made = build(chosen, reporter, settings={"execution": "never"})
    made.start()
    made.finish()
    total = len(made.asked.plan.tasks)
    bad = sum(state.word != "fresh" for state in made.conductor.states.values())
    all_well = f"all {counted(total, 'result')} match the code"
    line = f"{bad} of {counted(total, 'result')} stale or missing" if reporter.code else all_well
    return Answer({"jobs": total, "stale_or_missing": bad, "problems": reporter.said}, [line], reporter.code)
