"""Closing: what is said when all runs have ended: each cause of failure once, what is doubtful, and the last line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from mkdocs_dlplugin.asked import Asked
from mkdocs_dlplugin.conduct import Conductor
from mkdocs_dlplugin.errors import DLError, Exit, Failure
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.reporting import Reporter, counted
from mkdocs_dlplugin.results import Group, Results, gaps

_PLACES = 5
"""Places of failures that the last line names."""

_UNCONTAINED = """\
runs could write and connect where they like: this machine has no Landlock (Linux 5.13 or newer).
  Write `sandbox: off` in mkdocs.yml to accept that, or `sandbox: required` to refuse it."""


@dataclass(frozen=True)
class Closing:
    """The end of one build."""

    asked: Asked
    conductor: Conductor
    reporter: Reporter
    groups: Callable[[], tuple[Group, ...]]
    """Gathers the records of all runs."""
    sandboxed: bool = True
    """Whether runs are meant to be kept from writing and connecting."""

    def say(self, known: Collection[str] = ()) -> None:
        """Report what failed, what was noted of the runs that executed, and how it all went.

        Args:
            known: Places of jobs whose failure was said before.
        """
        conductor, reporter = self.conductor, self.reporter
        new = [job for job in conductor.failures if job not in known]
        for failure in conductor.failed(job for job in new if not conductor.spared(job)):
            reporter.fail(str(failure), failure.error.code)
        for failure in conductor.failed(job for job in new if conductor.spared(job)):
            reporter.warning(f"{failure}\n  Enough other seeds succeeded (`min_seeds`), so the mean stands.")
        groups = self.groups()
        for gap in gaps(groups):
            reporter.fail(str(gap), gap.code)
        executed = [group for group in groups if any(record.place in conductor.executed for record in group.records)]
        for note in (*_notes(executed, set(conductor.executed)), *self._unmoved(executed)):
            reporter.warning(str(note))
        fresh = [conductor.records[place] for place in conductor.executed if place in conductor.records]
        if self.sandboxed and any(record.provenance.get("sandbox") == "none" for record in fresh):
            reporter.warning(_UNCONTAINED)
        if conductor.executed and not reporter.code:
            reporter.info(self.line())

    def line(self) -> str:
        """Sum up the build: `2 of 14 runs failed (docs/p.md:40, docs/q.md:12); 12 kept`."""
        conductor = self.conductor
        tasks = conductor.plan.tasks
        runs = {task.run.name for task in tasks.values()}
        failed = [(tasks[p].run.name, error) for p, error in conductor.failures.items() if not conductor.spared(p)]
        failed += [(gap.job.partition("(")[0], gap) for gap in gaps(self.groups())]
        lost = {name for name, _ in failed}
        if not lost:
            return f"{len(conductor.executed)} of {counted(len(tasks), 'job')} ran."
        places = list(dict.fromkeys(str(error.where) for _, error in failed))
        shown = ", ".join(places[:_PLACES]) + (", …" if len(places) > _PLACES else "")
        frozen = all(error.code == Exit.FROZEN for _, error in failed)
        what = "lack a result" if frozen else "failed"
        return f"{len(lost)} of {counted(len(runs), 'run')} {what} ({shown}); {len(runs) - len(lost)} kept."

    def _unmoved(self, groups: Iterable[Group]) -> list[DLError]:
        """Find runs of several seeds that measured the same with each, as when the seed is not used."""
        found = []
        for group in groups:
            metrics = Results((), self.asked.page(group.run.page).metrics)
            names = [name for name in _names(group) if metrics.metric(name).kind == "measured"]
            names = [name for name in names if not all(_whole(record, name) for record in group.records)]
            same = [name for name in names if len({record.metrics.get(name) for record in group.records}) == 1]
            # Where all is right or all is wrong, whatever a seed changes comes to the same.
            telling = [n for n in same if group.records[0].metrics[n] not in (metrics.metric(n).range or ())]
            if len(group.records) > 1 and telling and same == names:
                many = f"{len(group.records)} seeds gave the same '{telling[0]}'"
                problem = f"run '{group.address}': {many}: is the seed used?"
                hint = "Read `run.seed`, or a variable `seed`; one seed is enough for what no seed changes."
                found.append(DLError(group.run.where, problem, hint))
        return found


def _notes(groups: Iterable[Group], executed: Collection[str]) -> list[Failure]:
    """Gather what engines and workers noted of results that are kept all the same, each sentence once per run."""
    found: dict[tuple[str, str], list[Record]] = {}
    wheres = {}
    for group in groups:
        wheres[group.address] = group.run
        for record in group.records:
            for note in record.notes if record.place in executed else ():
                found.setdefault((group.address, note), []).append(record)
    return [
        Failure(
            DLError(wheres[name].where, f"run '{name}' seed {records[0].seed}: {note}."),
            tuple(record.seed for record in records),
            len(wheres[name].seeds),
        )
        for (name, note), records in found.items()
    ]


def _names(group: Group) -> list[str]:
    return list(dict.fromkeys(name for record in group.records for name in record.metrics))


def _whole(record: Record, name: str) -> bool:
    """Tell whether a metric is a count, such as a number of parameters, which no seed changes."""
    return isinstance(record.metrics.get(name), int)
