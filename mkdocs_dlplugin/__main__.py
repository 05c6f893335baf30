"""Home: the command line; measures and checks without a site being built."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from mkdocs_dlplugin.commands.changes import changes
from mkdocs_dlplugin.commands.check import check
from mkdocs_dlplugin.commands.common import Answer
from mkdocs_dlplugin.commands.doctor import doctor
from mkdocs_dlplugin.commands.export import export
from mkdocs_dlplugin.commands.gc import gc
from mkdocs_dlplugin.commands.run import run
from mkdocs_dlplugin.commands.status import status
from mkdocs_dlplugin.commands.verify import verify
from mkdocs_dlplugin.commands.why import why
from mkdocs_dlplugin.errors import DLError, Exit
from mkdocs_dlplugin.reporting import Reporter, harmless
from mkdocs_dlplugin.views.downloads import FORMATS

NAMES = "runs, such as mlp, digits-* or 'mlp(n=100)'; all when none is named"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    chosen = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows few characters gets the others spelled out
            stream.reconfigure(errors="backslashreplace")
    reporter = Reporter(error=_say, warn=_say, info=_silent if chosen.json else _say)
    try:
        answer = chosen.command(chosen, reporter)
        _print(answer, machine=chosen.json)
        return int(answer.code)
    except DLError as problem:
        reporter.fail(str(problem), problem.code)
        if chosen.json:
            _print(Answer({"problems": reporter.said, "code": reporter.code}), machine=True)
        return reporter.code
    except BrokenPipeError:  # whoever read our answer has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except KeyboardInterrupt:
        _say("Stopped; what was measured is recorded." if chosen.command is run else "Stopped.")
        return 130


def parser() -> argparse.ArgumentParser:
    """Declare the commands and what each of them takes."""
    top = argparse.ArgumentParser(
        prog="mkdocs-dlplugin", description="Measure and check the runs of a documentation site."
    )
    top.add_argument("--version", action="version", version=metadata.version("mkdocs-dlplugin"))
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    configuration = _configuration()

    def add(name: str, command: Callable[[argparse.Namespace, Reporter], Answer], said: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=said, description=said)
        sub.add_argument("-f", "--config-file", type=Path, default=configuration, help="the site's configuration")
        sub.add_argument("--json", action="store_true", help="answer in JSON, for machines")
        sub.set_defaults(command=command)
        return sub

    it = add("run", run, "Execute what is stale or missing and record it.")
    it.add_argument("names", nargs="*", metavar="NAME", help=NAMES)
    it.add_argument("--force", action="store_true", help="execute also what is fresh")
    it.add_argument("--jobs", type=int, default=0, help="how many run side by side; the cores when not given")
    add("status", status, "List page by page what is fresh, stale, missing, or measured with other versions.")
    it = add("why", why, "Say what changed since a run was recorded, down to the lines of its code.")
    it.add_argument("name", metavar="NAME", help="a run, such as mlp or 'mlp(n=100)'")
    add("check", check, f"Exit {int(Exit.FROZEN)} if anything published would be stale or missing; for CI.")
    it = add("changes", changes, "List which published numbers are others than at an earlier revision.")
    it.add_argument(
        "revision",
        nargs="?",
        default="",
        metavar="REV",
        help="a tag, branch or commit; unsaid, that before the last change of a record",
    )
    it = add("verify", verify, f"Execute again and compare with the records; exit {int(Exit.DIFFERS)} if it differs.")
    it.add_argument("names", nargs="*", metavar="NAME", help=NAMES)
    it.add_argument("--sample", type=_count, default=0, metavar="N", help="verify only N jobs, drawn at random")
    it.add_argument(
        "--tolerance",
        type=float,
        metavar="X",
        help="relative difference that counts as same; unsaid, none on the same machine and 0.001 elsewhere",
    )
    it = add("export", export, "Write a run, or a page with its runs, as a file that needs no site.")
    it.add_argument("name", metavar="NAME", help="a run, such as mlp, or a page, such as docs/digits.md")
    it.add_argument("--format", default="", choices=["", *FORMATS], metavar="FORMAT", help=f"{', '.join(FORMATS)}")
    it.add_argument("-o", "--output", default="", metavar="FILE", help="the file; - prints it")
    it = add("gc", gc, "Remove the records, files and sources that no page names.")
    it.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    add("doctor", doctor, "Say what this machine brings to a build, and what runs can be kept from doing here.")
    return top


def _configuration() -> Path:
    """Choose the configuration where none is named: mkdocs.yml, else what ProperDocs calls it, if that is there."""
    proper = Path("properdocs.yml")
    usual = Path("mkdocs.yml")
    return proper if proper.is_file() and not usual.is_file() else usual


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {number}")
    return number


def _print(answer: Answer, *, machine: bool) -> None:
    text = json.dumps(answer.value, indent=1) if machine else harmless("\n".join(answer.lines))
    if text:
        print(text, flush=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(_: str) -> None:
    """Keep standard error for what went wrong."""


if __name__ == "__main__":
    sys.exit(main())
