"""Options: check what authors wrote against typed declarations, and build a run from its block."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from mkdocs_dlplugin import lines as texts
from mkdocs_dlplugin import sizes, yamlcore
from mkdocs_dlplugin.declared import quoted, read, spelled, unknown
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.grids import read_params, read_seeds
from mkdocs_dlplugin.model import Block, Limits, Run, Where
from mkdocs_dlplugin.parts import at_lines

__all__ = [
    "Display",
    "RunOptions",
    "check_code",
    "check_front",
    "check_part",
    "check_unique",
    "read",
    "read_body",
    "read_params",
    "read_run",
    "read_seeds",
    "spelled",
]

HERE = "an option here"
"""What a name that we do not know is not, as messages say it."""

LATER = {
    "error": "Name the exception the code ends with: `raises: ValueError`.",
    "spec": "",
    "workdir": "Code runs in the folder of mkdocs.yml; write to `run.dir`.",
}
"""Options we know authors look for and do not have, with what to do instead."""


@dataclass(frozen=True)
class RunOptions:
    """What a block says about its run."""

    name: str = ""
    """Display name in tables, charts and legends."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Grouping words, such as `family: classical`."""
    seeds: Any = None
    """A count (`5`), a list (`0 1 7`) or a range (`0-4`)."""
    params: Any = None
    """A grid: a mapping of lists, or a list of mappings."""
    uses: tuple[str, ...] = ()
    """Upstream runs whose results this one reads."""
    depends: tuple[str, ...] = ()
    """Extra files or globs whose contents count as inputs."""
    env: tuple[str, ...] = ()
    """Environment variables passed in; their values are part of the key."""
    device: Any = "auto"
    """`auto`, `cpu`, or `cuda`, `mps` or `xpu`, each alone or after `prefer:` or `require:`."""
    gpu_memory: Any = None
    """GPU memory each job needs (`4 GiB`), so that several may share a GPU."""
    threads: int = 1
    """Threads each job may use."""
    timeout: float = 60.0
    """Seconds of wall time one job may take."""
    silence: float = Limits.silence
    """Seconds a job may go without printing or logging; 0 sets no limit."""
    memory: Any = Limits.memory
    """Memory of all processes of a job (`4 GiB`)."""
    processes: int = Limits.processes
    """Processes a job may have at once."""
    file_size: Any = Limits.file_size
    """Largest file a job may write (`256 MiB`)."""
    output: Any = Limits.output
    """How much printed text is kept (`64 kB`)."""
    outputs: int = Limits.outputs
    """How many figures are kept."""
    assets: Any = Limits.assets
    """Size of all files a job may keep with `run.save` (`10 MB`)."""
    points: int = Limits.points
    """Points kept per series."""
    network: bool = False
    """Whether the code may open connections."""
    write_to: tuple[str, ...] = ()
    """Project folders the code may write to."""
    secrets: tuple[str, ...] = ()
    """Environment variables passed in, whose values are never stored."""
    strict: tuple[str, ...] = ()
    """Packages whose other versions make a recorded result stale."""
    exclusive: bool = False
    """Whether its jobs run with nothing beside them, for timing checks."""
    metrics: tuple[str, ...] = ()
    """Names read from the snippet's namespace at its end."""
    series: str = ""
    """Name of a variable holding the history."""
    varies: tuple[Literal["data", "split", "order", "init"], ...] = ()
    """What a seed varies."""
    data: str = ""
    """Name of the data source."""
    min_seeds: int = 0
    """How many seeds must succeed for a mean to be shown; 0 asks for all."""
    raises: str = ""
    """An exception class the code is expected to end with."""
    file: str = ""
    """A Python file that executes (`examples/cnn.py`), or a section of one that is shown (`examples/cnn.py:train`)."""


@dataclass(frozen=True)
class Display:
    """How a run's block looks on its page."""

    source: Literal["above", "below", "tabbed-left", "fold", "none"] = "above"
    """Where its code stands: above or below the output, in a tab before it, folded away, or nowhere."""
    result: Literal["auto", "text", "none"] = "auto"
    """What of its output is shown: each thing as richly as it can, only text, or nothing."""
    title: str = ""
    """Title over the code."""
    id: str = ""
    """The block's HTML id; none when empty."""
    fig_cap: str = ""
    """Caption of its figures."""
    fig_alt: str = ""
    """What its figures show, for those who do not see them."""
    tbl_cap: str = ""
    """Caption of the tables it shows."""
    eval: bool = True
    """Whether it executes at all; shown without being run when false."""
    shown: str = ""
    """The code a reader sees; filled in by us."""
    shown_from: str = ""
    """The file it comes from when `file` names one (`examples/cnn.py`); filled in by us."""
    part: int = 0
    """Which block of its session it is, counted from 0; filled in by us."""


_FILLED = ("shown", "shown_from", "part")
_OWN = ("name", "params", "file", "session", "title", "id", "fig_cap", "fig_alt", "tbl_cap", "eval", "raises")
"""Options that belong to one block and cannot be set for a page or a site."""


def read_body(block: Block) -> dict[str, Any]:
    """Read the YAML of a block that shows results, with what its header adds.

    Raises:
        DLError: it is no mapping, or not YAML.
    """
    inside = Where(block.where.path, block.where.line + 1)
    body = yamlcore.load(block.body, inside)
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise DLError(inside, f"the body of a {block.kind} is a YAML mapping, one `name: value` a line.")
    return {**{str(name): value for name, value in body.items()}, **block.options}


def read_run(block: Block, *, root: Path, site: Mapping[str, Any], front: Mapping[str, Any]) -> tuple[Run, Display]:
    """Build the run a block describes, all defaults filled in, and how the block looks.

    Args:
        block: A block of kind `run`; its options are those of the `#|` lines and the header.
        root: The folder of `mkdocs.yml`, where `file` looks.
        site: Defaults from `mkdocs.yml`; names that are no run options are left alone.
        front: The page's `dlplugin:` mapping, likewise; see `check_front`.

    Raises:
        DLError: an option is wrong, a file is missing, or the code does not compile.
    """
    known = _run_fields()
    for name, value in block.options.items():
        _known(name, value, _line(block, name), known)
    given = {_plain(name): value for source in (site, front) for name, value in source.items() if _default(name, known)}
    written = {_plain(name): value for name, value in block.options.items()}
    merged = {**given, **written}
    run_names = {entry.name for entry in fields(RunOptions)}
    # One by one, so that a message names the line of the option and not of the block.
    for name, value in written.items():
        part = RunOptions if name in run_names else Display
        read(part, {spelled(name): value}, _line(block, name), what=HERE)
    options = read(
        RunOptions, {name: value for name, value in merged.items() if name in run_names}, block.where, what=HERE
    )
    display = read(
        Display, {name: value for name, value in merged.items() if name not in run_names}, block.where, what=HERE
    )

    seeds = read_seeds(options.seeds, _line(block, "seeds")) if options.seeds is not None else (0,)
    points = read_params(options.params, _line(block, "params")) if options.params is not None else ({},)
    code, path, first, display = _code(block, options.file, display, root)
    run = Run(
        name=block.name or _anonymous(block.page, code),
        code=code,
        where=block.where,
        first_line=first,
        source_path=path,
        page=block.page,
        label=options.name,
        tags=options.tags,
        seeds=seeds,
        points=points,
        gridded=options.params is not None,
        uses=options.uses,
        depends=options.depends,
        env=options.env,
        device=_device(options.device, _line(block, "device")),
        threads=options.threads,
        gpu_memory=_size(block, options, "gpu_memory") if options.gpu_memory is not None else 0,
        timeout=options.timeout,
        limits=_limits(block, options),
        network=options.network,
        write_to=options.write_to,
        secrets=options.secrets,
        strict=options.strict,
        exclusive=options.exclusive,
        metrics=options.metrics,
        series=options.series,
        varies=options.varies,
        data=options.data,
        min_seeds=options.min_seeds,
        raises=options.raises,
    )
    _check(run, block)
    if display.eval:
        check_code(run)
    return run, display


def check_part(block: Block, first: Block) -> None:
    """Refuse options of the whole run on a later block of a session, and a file that is all of its code on any.

    Raises:
        DLError: such an option stands there.
    """
    for name in block.options if block is not first else ():
        if _plain(name) in {entry.name for entry in fields(RunOptions)} - {"file"}:
            problem = f"'{name}' is an option of the whole run, and this is a later block of session '{block.name}'."
            raise DLError(_line(block, name), problem, f"Move it to the first block ({first.where}).")
    file = str(block.options.get("file", ""))
    if file and ":" not in file:
        problem = f"`file: {file}` is all the code of a run, and this is one block of session '{block.name}'."
        hint = "Name a section to show, `file: path.py:section`, or write `run` instead of `session`."
        raise DLError(_line(block, "file"), problem, hint)


def check_front(front: Mapping[str, Any], where: Where, *, others: Sequence[str] = ("metrics",)) -> list[DLError]:
    """List what is wrong with a page's `dlplugin:` front matter.

    Args:
        front: The mapping as written.
        where: The page.
        others: Names that may stand there besides defaults of runs, and are checked elsewhere.
    """
    known = _run_fields()
    problems: list[DLError] = []
    for name, value in front.items():
        if name in others:
            continue
        if _plain(name) in _OWN:
            problems.append(
                DLError(where, f"'{name}' belongs to one block, not to a page.", "Move it to the block it describes.")
            )
            continue
        try:
            _known(name, value, where, known)
            part = RunOptions if _plain(name) in {entry.name for entry in fields(RunOptions)} else Display
            read(part, {name: value}, where, what=HERE)
        except DLError as error:
            problems.append(error)
    return problems


def check_unique(runs: Sequence[Run]) -> list[DLError]:
    """List names that stand for different things; the same code with the same options in several places is one run."""
    problems: list[DLError] = []
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.name.lower(), []).append(run)
    for group in groups.values():
        first = group[0]
        others = [run for run in group[1:] if _identity(run) != _identity(first)]
        if not others:
            continue
        places = " and ".join(str(run.where) for run in (first, *others[:-1])) or str(first.where)
        if any(run.name != first.name for run in others):
            problem = f"'{others[-1].name}' differs only in capitals from '{first.name}' at {places}."
        elif any(run.code != first.code for run in others):
            problem = f"run '{first.name}' stands for different code at {places}."
            if first.parts and others[-1].parts and first.page != others[-1].page:
                problem = f"session '{first.name}' began at {first.where}, and all its blocks stand on one page."
        elif "parts" in _differences(first, others[-1]):
            problem = f"session '{first.name}' is split into other blocks at {places}."
        else:
            problem = (
                f"run '{first.name}' has different options at {places}: {', '.join(_differences(first, others[-1]))}."
            )
        problems.append(DLError(others[-1].where, problem, "Give one of them another name, or make them the same."))
    return problems


def _run_fields() -> dict[str, Field[Any]]:
    return {entry.name: entry for cls in (RunOptions, Display) for entry in fields(cls) if entry.name not in _FILLED}


def _plain(name: Any) -> str:
    return str(name).replace("-", "_")


def _default(name: Any, known: Mapping[str, Field[Any]]) -> bool:
    """Tell whether a name of a site or page is a default of runs; `metrics` there are declarations."""
    plain = _plain(name)
    return plain in known and plain not in _OWN and plain != "metrics"


def _known(name: Any, value: Any, where: Where, known: Mapping[str, Field[Any]]) -> None:
    if _plain(name) == "session":
        raise DLError(
            where, "'session' is the run's name itself, in the header.", f'Write ```python {{session="{value}"}}'
        )
    if _plain(name) in LATER:
        raise DLError(where, f"'{name}' is not yet available.", LATER[_plain(name)])
    if _plain(name) not in known:
        raise unknown(str(name), known, where, HERE)
    if value is None:
        raise DLError(where, f"'{name}' has no value.", f"Give it one, or remove the line: `{name}: …`.")


def _line(block: Block, name: str) -> Where:
    """Find the `#|` line an option stands in; the block's own line when it stands in the header."""
    for index, text in enumerate(block.body.split("\n")):
        found = re.match(r"#\|\s*([\w-]+)\s*:", text)
        if found and _plain(found[1]) == _plain(name):
            return Where(block.where.path, block.where.line + 1 + index)
        if text.strip() and not text.startswith("#|"):
            break
    return block.where


def _size(block: Block, options: RunOptions, name: str) -> int:
    return sizes.read(getattr(options, name), name, _line(block, name))


def _limits(block: Block, options: RunOptions) -> Limits:
    given = {entry.name: getattr(options, entry.name) for entry in fields(Limits)}
    read_as_size = ("memory", "file_size", "output", "assets")
    return Limits(**{**given, **{name: _size(block, options, name) for name in read_as_size}})


def _device(value: Any, where: Where) -> str:
    kinds = ("cuda", "mps", "xpu")
    allowed = ("auto", "cpu", *kinds, *(f"{how}:{kind}" for kind in kinds for how in ("prefer", "require")))
    if isinstance(value, list):
        raise DLError(
            where, "a list of devices is not yet available.", "Name one, and write a second run for the other."
        )
    if value not in allowed:
        raise DLError(
            where, f"'device' must be one of {', '.join(allowed)}, got {quoted(value)}.", suggest(str(value), allowed)
        )
    return str(value)


def _check(run: Run, block: Block) -> None:
    """Refuse numbers and names that have the right kind and still mean nothing."""
    if not 1 <= run.threads <= 1024:
        raise DLError(_line(block, "threads"), f"'threads' must be 1 or more, got {run.threads}.")
    if not run.timeout > 0:
        raise DLError(_line(block, "timeout"), f"'timeout' must be more than 0 seconds, got {run.timeout:g}.")
    if run.limits.silence < 0:
        raise DLError(_line(block, "silence"), f"'silence' must be 0 or more seconds, got {run.limits.silence:g}.")
    for name, lowest in (("processes", 1), ("outputs", 0), ("points", 2)):
        if (given := getattr(run.limits, name)) < lowest:
            raise DLError(_line(block, name), f"'{name}' must be {lowest} or more, got {given}.")
    for folder in run.write_to:
        path = PurePosixPath(folder)
        if path.is_absolute() or ".." in path.parts or path == PurePosixPath():
            problem = f"'write_to' names a folder of the project, got {quoted(folder)}."
            raise DLError(_line(block, "write_to"), problem, "Write it relative to the folder of mkdocs.yml.")
    if both := sorted(set(run.env) & set(run.secrets)):
        problem = f"'{both[0]}' stands in 'env', which is stored, and in 'secrets', which is not."
        raise DLError(_line(block, "secrets"), problem, "Remove one of them.")
    if not 0 <= run.min_seeds <= len(run.seeds):
        raise DLError(
            _line(block, "min_seeds"), f"'min_seeds' is {run.min_seeds}, but the run has {len(run.seeds)} seeds."
        )
    for option, words in (
        ("raises", [run.raises] if run.raises else []),
        ("series", [run.series] if run.series else []),
        ("env", run.env),
        ("secrets", run.secrets),
        ("strict", run.strict),
    ):
        for word in words:
            if not all(part.isidentifier() for part in word.split(".")):
                raise DLError(_line(block, option), f"'{option}' must be a name, got '{word}'.")


def _code(block: Block, file: str, display: Display, root: Path) -> tuple[str, str, int, Display]:
    """Find out what executes, where it stands, and what the reader sees instead of it when `file` is given."""
    where = _line(block, "file")
    if not file:
        if not _says_something(block.code, comments=not display.eval):
            raise DLError(block.where, "this run has no code.", "Write some, or name a file: `file: examples/cnn.py`.")
        return block.code, block.where.path, block.first_line, replace(display, shown=block.code)
    name, _, section = file.partition(":")
    text = _file(name, root, where)
    if not section:
        if block.code.strip():
            problem = f"the block has code, and `file: {file}` is code of its own."
            raise DLError(
                where,
                problem,
                "Remove one; to show a section and run the block, name the section: `file: path.py:section`.",
            )
        shown = "\n".join(line for line in text.split("\n") if not texts.is_marker(line)).strip("\n")
        return text, name, 1, replace(display, shown=shown, shown_from=name)
    lines = text.split("\n")
    span = texts.section(lines, section)
    if span is None:
        raise DLError(where, f"'{name}' has no section '{section}'.", _sections(section, lines))
    if not block.code.strip():
        problem = f"`file: {file}` is what the reader sees; what executes is the block's body, and that is empty."
        raise DLError(where, problem, "Write it, for instance: from examples.cnn import train; train(run)")
    shown = "\n".join(lines[index] for index in span if not texts.is_marker(lines[index])).strip("\n")
    return block.code, block.where.path, block.first_line, replace(display, shown=shown, shown_from=name)


def _says_something(code: str, *, comments: bool) -> bool:
    """Tell whether code is more than white space and, unless they count, comments."""
    return any(line.strip() and (comments or not line.lstrip().startswith("#")) for line in code.split("\n"))


def _file(name: str, root: Path, where: Where) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not (root / name).resolve().is_relative_to(root.resolve()):
        raise DLError(where, f"'{name}' is outside the folder of mkdocs.yml.", "Code that runs is part of the project.")
    file = root / name
    if not file.is_file():
        folder = file.parent if file.parent.is_dir() else root
        known = sorted(found.relative_to(root).as_posix() for found in folder.glob("*.py"))
        raise DLError(
            where,
            f"there is no file '{name}'.",
            suggest(name, known) or "It is looked for in the folder of mkdocs.yml.",
        )
    try:
        return file.read_text(encoding="utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except (OSError, UnicodeError) as error:
        raise DLError(where, f"'{name}' cannot be read: {error}.") from None


def _sections(section: str, lines: Sequence[str]) -> str:
    return (
        suggest(section, texts.sections(lines))
        or f"Mark it with `# --8<-- [start:{section}]` and `# --8<-- [end:{section}]`."
    )


def _anonymous(page: str, code: str) -> str:
    stem = re.sub(r"[^a-z0-9_-]+", "-", PurePosixPath(page).stem.lower()).strip("-") or "page"
    return f"_{stem}-{hashlib.sha256(code.encode()).hexdigest()[:8]}"


def check_code(run: Run) -> None:
    """Find syntax errors before anything runs, at the line of the page.

    Raises:
        DLError: the code does not compile.
    """
    if "\0" in run.code:
        where = Where(run.source_path, run.first_line + run.code[: run.code.index("\0")].count("\n"))
        raise DLError(where, "a null byte stands in this code.", "Remove it; inside a string it is written `\\0`.")
    code, first = (at_lines(run.code, run.first_line, run.parts), 1) if run.parts else (run.code, run.first_line)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, run.source_path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = first + max(error.lineno or 1, 1) - 1
        # Not `error.text`: of some errors Python reads that from the page, whose lines are others.
        text = next(iter(code.split("\n")[line - first :]), "").strip()
        raise DLError(Where(run.source_path, line), f"{type(error).__name__}: {error.msg}", text) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise DLError(run.where, f"this code cannot be compiled: {error}") from None


def _identity(run: Run) -> Run:
    """Take the places out of a run, which may differ where the same block stands twice."""
    parts = tuple(replace(part, first_line=0) for part in run.parts)
    return replace(run, where=Where(""), page="", first_line=0, source_path="", parts=parts)


def _differences(one: Run, other: Run) -> list[str]:
    a, b = _identity(one), _identity(other)
    return [entry.name for entry in fields(Run) if getattr(a, entry.name) != getattr(b, entry.name)]
