"""Model: the nouns of the house, as frozen dataclasses that every stage hands to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA = 1
"""Version of the record files and of the key; raised when an old record can no longer stand for a new one."""

Value = int | float | str | bool
"""What a parameter may be; compared by value, so `1` and `1.0` are one point."""


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place an author can open in an editor."""

    path: str
    """File, relative to the folder of `mkdocs.yml`, with forward slashes."""
    line: int = 0
    """Line counted from 1; 0 stands for the whole file."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True)
class Block:
    """A fence of ours, with its place and its options as written."""

    kind: str
    """`run`, `comparison`, `chart`, `claim` or `claims`."""
    name: str
    """The run's name or the block's id; empty for an anonymous run."""
    where: Where
    """The line of the opening fence."""
    page: str
    """The page that shows it, as MkDocs names it (`compare/mnist1d.md`)."""
    body: str
    """Everything between the fences, dedented, with LF line ends and no final newline."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Front matter, then `#|` lines, then the header, merged; names and values as written, YAML values parsed."""
    code: str = ""
    """For runs: the body without its `#|` lines, which readers do not see."""
    first_line: int = 0
    """The line, in `where.path`, of the first line of `code`."""
    session: bool = False
    """Whether it is one block of a run that is split over its page."""


@dataclass(frozen=True)
class Metric:
    """How one measured quantity is named, shown and compared; declared once for the site or a page."""

    name: str
    """The name a snippet logs it under."""
    label: str = ""
    """What tables and axes call it; the name when empty."""
    unit: str = ""
    """Unit behind each number (`s`, `MB`); empty for plain numbers and percentages."""
    style: Literal["number", "percent"] = "number"
    """`percent` multiplies by 100 where it is shown."""
    better: Literal["higher", "lower", ""] = ""
    """Which direction wins; empty where neither does."""
    tie: float | None = None
    """A difference inside ± this margin, in the metric's own unit, does not matter."""
    range: tuple[float, float] | None = None
    """Lowest and highest possible value; intervals end there."""
    kind: Literal["measured", "exact", "timing"] = "measured"
    """`exact` for counts and sizes compared directly, `timing` for seconds from `run.timer`."""
    clock: Literal["", "cpu", "wall"] = ""
    """Which seconds of a timing are shown; unsaid, CPU seconds, or wall seconds where a GPU did the work."""

    @property
    def title(self) -> str:
        """The label, or the name where no label was given."""
        return self.label or self.name


@dataclass(frozen=True)
class Limits:
    """What one job may take besides its time; nothing here changes a result, so only `points` can be part of a key."""

    silence: float = 0.0
    """Seconds it may go without printing or logging; 0 sets no limit."""
    memory: int = 4 * 1024**3
    """Bytes of memory of all its processes together."""
    processes: int = 64
    """Processes at once, threads not counted."""
    file_size: int = 256 * 1024**2
    """Bytes of the largest file it may write."""
    output: int = 64_000
    """Bytes of printed text that are kept, half from the beginning and half from the end."""
    outputs: int = 100
    """Figures, tables and the like that are kept."""
    assets: int = 10_000_000
    """Bytes of all the files it keeps with `run.save`."""
    points: int = 500
    """Points kept per series."""


@dataclass(frozen=True)
class Part:
    """Where one block of a session has its code."""

    first_line: int
    """The line in `source_path` of its first line of code."""
    lines: int
    """How many lines of code it has; in `code` one blank line stands between two blocks."""


@dataclass(frozen=True)
class Run:
    """One named piece of training code: what an author wrote, checked and with all defaults filled in."""

    name: str
    """Its address; anonymous runs are named after their page and content (`_index-3f2a91c0`)."""
    code: str
    """The source that executes."""
    where: Where
    """The line of the opening fence."""
    first_line: int
    """The line in `source_path` at which `code` begins."""
    source_path: str
    """The file `code` stands in: the page, or the file named by `file=`."""
    page: str
    """The page that shows it."""
    label: str = ""
    """Display name in tables, charts and legends; the run's name when empty."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Grouping words, such as `family: classical`."""
    seeds: tuple[int, ...] = (0,)
    """One job each."""
    points: tuple[Mapping[str, Value], ...] = ({},)
    """The points of its parameter grid, in the order written; one empty point without a grid."""
    gridded: bool = False
    """Whether `params` was given, so that a bare name is ambiguous."""
    uses: tuple[str, ...] = ()
    """Upstream runs whose results this one reads."""
    depends: tuple[str, ...] = ()
    """Extra files or globs whose contents count as inputs."""
    env: tuple[str, ...] = ()
    """Environment variables passed in; their values are part of the key."""
    device: str = "auto"
    """`auto`, `cpu`, or `cuda`, `mps` or `xpu`, each alone or after `prefer:` or `require:`."""
    gpu_memory: int = 0
    """Bytes of a GPU's memory each job needs, so that several may share one; 0 gives each job a GPU of its own."""
    threads: int = 1
    """Threads each job may use; that many slots are taken."""
    timeout: float = 60.0
    """Seconds of wall time one job may take."""
    limits: Limits = Limits()
    """What each job may take besides its time."""
    network: bool = False
    """Whether its code may open connections."""
    write_to: tuple[str, ...] = ()
    """Project folders its code may write to, besides its own."""
    secrets: tuple[str, ...] = ()
    """Environment variables passed in and hidden wherever their values would be stored."""
    strict: tuple[str, ...] = ()
    """Packages whose other versions make a record stale, instead of being reported as drift."""
    exclusive: bool = False
    """Whether its jobs run with nothing beside them, for timing checks."""
    metrics: tuple[str, ...] = ()
    """Names read from the snippet's namespace at its end, when it does not use `run.log`."""
    series: str = ""
    """Name of a variable holding the history, read likewise."""
    varies: tuple[str, ...] = ()
    """What a seed varies: any of `data`, `split`, `order`, `init`."""
    data: str = ""
    """Name of the data source; runs that share it are compared seed by seed."""
    min_seeds: int = 0
    """How many seeds must succeed for a mean to be shown; 0 asks for all."""
    raises: str = ""
    """An exception class the code is expected to end with; then that is its success."""
    parts: tuple[Part, ...] = ()
    """Its blocks, when it is a session; empty for a run in one block."""

    @property
    def title(self) -> str:
        """The display name, or the name where none was given."""
        return self.label or self.name


@dataclass(frozen=True)
class Input:
    """One upstream job's results as a downstream job receives them; values only, so no engine needs a shared disk."""

    run: str
    params: Mapping[str, Value]
    seed: int
    metrics: Mapping[str, float]
    series: Mapping[str, tuple[tuple[float, ...], tuple[float | None, ...]]]
    assets: Mapping[str, bytes]
    digest: str = ""
    """Digest of its results; a job notes it for each input it really reads."""


@dataclass(frozen=True)
class Job:
    """One run at one parameter point with one seed: what a worker gets."""

    run: str
    """Name of the run."""
    code: str
    """The source that executes."""
    where: Where
    """The run's opening fence, for messages."""
    source_path: str
    """The file the code stands in, for tracebacks."""
    first_line: int
    """The line in `source_path` at which the code begins."""
    seed: int
    params: Mapping[str, Value] = field(default_factory=dict)
    key: str = ""
    """SHA-256 over everything known before it runs; see `fingerprint.key`."""
    root: str = "."
    """Absolute folder of `mkdocs.yml`: working folder and `sys.path[0]` of the code."""
    threads: int = 1
    device: str = "auto"
    gpu_memory: int = 0
    timeout: float = 60.0
    limits: Limits = Limits()
    network: bool = False
    write_to: tuple[str, ...] = ()
    expected: float = 0.0
    """Seconds it took when it was recorded last, so that the longest start first; 0 when unknown."""
    exclusive: bool = False
    metrics: tuple[str, ...] = ()
    series: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    """Declared environment variables with the values they have now."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Likewise, for variables whose values are never stored nor part of the key."""
    depends: Mapping[str, str] = field(default_factory=dict)
    """Files that the author named as inputs, with the digest of their bytes; empty for one that is not there."""
    reads: tuple[str, ...] = ()
    """Files and folders that its earlier record was seen to read, so that they can be sent along."""
    inputs: Mapping[str, tuple[Input, ...]] = field(default_factory=dict)
    """Per upstream run every point and seed, in fixed order."""
    raises: str = ""
    parts: tuple[Part, ...] = ()
    """The blocks that its code comes from, when the run is a session."""

    @property
    def place(self) -> str:
        """`mlp/n=100/3`: where its record is kept."""
        return place(self.run, self.params, self.seed)

    @property
    def title(self) -> str:
        """`mlp(n=100) seed 3`, as messages name it."""
        return f"{address(self.run, self.params)} seed {self.seed}"


PICTURES = ("png", "jpg", "svg")
"""Kinds of output that are files; a page shows them by `<img>`."""


@dataclass(frozen=True)
class Output:
    """One thing a block printed or showed, in order."""

    kind: Literal["text", "png", "jpg", "svg", "html", "markdown", "table", "vega"]
    text: str = ""
    """What was printed, stdout and stderr in order; or HTML or Markdown as it was handed over, which is cleaned where
    it is shown; or the JSON of a table (see `frames`) or of a Vega-Lite spec."""
    asset: str = ""
    """For pictures: the name of the asset."""
    part: int = 0
    """Which block of a session it comes from, counted from 0."""
    plain: str = ""
    """What is shown instead where only text is wanted: its `repr`; empty for what has none worth reading."""


@dataclass(frozen=True)
class Observed:
    """What a job was seen to read; each entry must still be the same for its record to be fresh."""

    modules: Mapping[str, str] = field(default_factory=dict)
    """Project `.py` files by path, with the digest of their canonical syntax tree."""
    files: Mapping[str, str | None] = field(default_factory=dict)
    """Other project files by path, with the digest of their bytes; `None` where the file was looked for and absent."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Project folders that were listed, with the digest of the sorted names."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Upstream jobs (`pretrain/_/0`) with the digest of their results."""


@dataclass(frozen=True)
class Record:
    """What came out of one job: one JSON file plus assets."""

    key: str
    run: str
    params: Mapping[str, Value]
    seed: int
    metrics: Mapping[str, float]
    """Final values, exact."""
    series: Mapping[str, tuple[tuple[float, ...], tuple[float | None, ...]]] = field(default_factory=dict)
    """Per name the steps and the values, at most 500 points, `None` for what was not finite."""
    correct: str = ""
    """Correctness per test item as `0` and `1`, in the order of the test set; empty when not recorded."""
    outputs: tuple[Output, ...] = ()
    assets: Mapping[str, str] = field(default_factory=dict)
    """Names of kept files with the SHA-256 of their bytes."""
    observed: Observed = field(default_factory=Observed)
    timings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Per name CPU and wall seconds (`{"cpu": 1.2, "wall": 1.3}`), apart from what is digested."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Device, versions, when, how long; shown, never compared."""
    notes: tuple[str, ...] = ()
    """What a reader of the log should know, such as a thread left running."""
    blobs: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    """Contents of the assets while the record travels; not part of its JSON."""

    @property
    def place(self) -> str:
        """`mlp/n=100/3`: where the store keeps it, and how others name it."""
        return place(self.run, self.params, self.seed)


def address(run: str, params: Mapping[str, Value]) -> str:
    """Name a run at a point the way authors write it: `mlp(n=100)`, parameters in alphabetical order."""
    if not params:
        return run
    return f"{run}({', '.join(f'{name}={show(params[name])}' for name in sorted(params))})"


def show(value: Value) -> str:
    """Print a parameter's value as expressions read it back: `100`, `0.001`, `true`, `svm`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def place(run: str, params: Mapping[str, Value], seed: int) -> str:
    """Name the job's record inside the store: `mlp/n=100,lr=0.1/3`, or `mlp/_/3` without parameters."""
    point = ",".join(f"{name}={_safe(show(params[name]))}" for name in sorted(params)) or "_"
    return f"{run}/{point}/{seed}"


def _safe(text: str) -> str:
    """Percent-encode what a file name cannot hold on every system, so that two points never share a file."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._+-") else f"%{ord(c):x}%" for c in text)
    return kept if kept.strip(".") else kept.replace(".", "%2e%")


@dataclass(frozen=True)
class Sample:
    """One metric of one run at one point: its value per seed, with all that judging it needs."""

    title: str
    """Display name of the run at its point."""
    metric: Metric
    seeds: tuple[int, ...]
    """Seeds that have a value, ascending."""
    values: tuple[float, ...]
    """One value per seed, in the metric's own unit, same order as `seeds`."""
    varies: frozenset[str] = frozenset()
    """What a seed varies: any of `data`, `split`, `order`, `init`; empty when unsaid."""
    data: str = ""
    """Name of the data source; two samples that share a non-empty one are paired by seed."""
    n_train: int = 0
    """Training items per seed, 0 when unknown (the metric `n_train` of the run)."""
    n_test: int = 0
    """Test items per seed, 0 when unknown (the metric `n_test`, or the length of `correct`)."""
    correct: tuple[str, ...] = ()
    """Per seed, correctness per test item as `0` and `1`; empty when not recorded for every seed or not this metric."""
    exclusive: bool = False
    """Whether the jobs ran alone, which timing checks require."""
    machine: str = ""
    """Machine the values come from (`AMD EPYC, cpu`); timing checks never cross machines."""
