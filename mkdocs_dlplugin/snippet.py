"""Snippet: the `run` object, with which training code reads its seed and parameters and tells what it measured."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, BinaryIO

from mkdocs_dlplugin import accelerators, matrices, pictures, plots
from mkdocs_dlplugin.fingerprint import digest_names
from mkdocs_dlplugin.model import Input, Limits, Value, address, place
from mkdocs_dlplugin.sizes import decimal

ASSET_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,80}\.(npz|safetensors|json|png|txt|csv)", re.ASCII)
"""Formats a reader can open without running code; no pickle."""

NAME = re.compile(r"(?!__)[^\W\d][\w %/()-]{0,63}")
"""Names of metrics: what a table, an expression, a file and a browser can all hold."""

PROGRESS_EVERY = 0.1
"""Seconds between two reports of one run; the record has every value all the same."""


class NotANumber(TypeError):
    """A logged value that no table could show."""


class BadName(ValueError):
    """A name that no table or expression could hold."""


@dataclass
class Session:
    """One execution of one snippet: what it is given, and what it has told so far."""

    params: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 0
    device: str = ""
    """`cpu`, `cuda`, `mps` or `xpu`; empty outside a build, where torch is asked if it is there."""
    folder: Path | None = None
    """Where the run may write; a temporary folder outside a build."""
    inputs: Mapping[str, tuple[Input, ...]] = field(default_factory=dict)
    source_path: str = ""
    """File the snippet stands in, to name the line a bad value was logged at."""
    tell: Callable[[Mapping[str, float], float], None] | None = None
    """Hears logged values with their step; `None` prints them, which is what happens outside a build."""

    history: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Per name the steps and values, in the order logged."""
    stepped: set[str] = field(default_factory=set)
    """Names that were logged with a step, which makes them series even with one point."""
    summary: dict[str, float] = field(default_factory=dict)
    timings: dict[str, dict[str, float]] = field(default_factory=dict)
    assets: dict[str, bytes] = field(default_factory=dict)
    correct: str = ""
    read: dict[str, str] = field(default_factory=dict)
    """Upstream jobs whose results were looked at, with the digest of those results."""
    lines: dict[str, int] = field(default_factory=dict)
    """Where each value that is not finite was logged."""
    show: Callable[[Any], None] | None = None
    """Takes what is to be shown; `None` outside a build, where it is printed, or displayed in a notebook."""
    largest: int = Limits.assets
    """Bytes of all the files that may be kept."""
    notes: list[str] = field(default_factory=list)
    """What is doubtful about the values, in words."""
    calls: int = 0
    told: float = 0.0
    """When progress was last reported."""


class Config(Mapping[str, Value]):
    """The parameters of this run, by key or as attributes."""

    def __init__(self, params: Mapping[str, Value]) -> None:
        self._params = params

    def __getitem__(self, name: str) -> Value:
        return self._params[name]

    def __getattr__(self, name: str) -> Value:
        try:
            return self._params[name]
        except KeyError:
            raise AttributeError(f"'{name}' is not a parameter of this run; it has {list(self._params)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __repr__(self) -> str:
        return f"Config({dict(self._params)})"


class Summary(MutableMapping[str, float]):
    """The final value of each metric: the last one logged, unless one is set here."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, name: str) -> float:
        return final(self._session)[name]

    def __setitem__(self, name: str, value: Any) -> None:
        session, name = self._session, named(name)
        session.summary[name] = _checked(session, name, value)
        if session.tell is None:
            _say(f"summary: {name} {session.summary[name]:.6g}")

    def __delitem__(self, name: str) -> None:
        del self._session.summary[name]

    def __iter__(self) -> Iterator[str]:
        return iter(final(self._session))

    def __len__(self) -> int:
        return len(final(self._session))

    def __repr__(self) -> str:
        return f"Summary({final(self._session)})"


@dataclass(frozen=True)
class Upstream(Input):
    """The result of one upstream job, as `run.inputs` hands it out."""

    def open(self, name: str) -> BinaryIO:
        """Open a file that the upstream run kept with `run.save`."""
        if name not in self.assets:
            raise LookupError(f"run '{address(self.run, self.params)}' kept no '{name}'; it kept {sorted(self.assets)}")
        return io.BytesIO(self.assets[name])


class Inputs:
    """Results of the runs named by `uses`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, name: str) -> Upstream:
        """Return the upstream result of the same seed and the same values of shared parameters.

        Raises:
            LookupError: there is none, or more than one.
        """
        mine = self._session.params
        partners = [
            one
            for one in self._of(name)
            if one.seed == self._session.seed and all(mine[key] == one.params[key] for key in mine.keys() & one.params)
        ]
        wanted = f"seed {self._session.seed}" + "".join(f", {key}={value}" for key, value in sorted(mine.items()))
        if not partners:
            raise LookupError(f"run '{name}' has no result for {wanted}")
        if len(partners) > 1:
            raise LookupError(f"run '{name}' has {len(partners)} points for {wanted}; read run.inputs.all('{name}')")
        return self._read(partners)[0]

    def all(self, name: str) -> list[Upstream]:
        """List the results of every point and seed of an upstream run, always in the same order."""
        found = self._read(self._of(name))
        # Which results there are was read too: one more upstream seed changes what this run sees.
        self._session.read[f"{name}/*"] = digest_names(place(one.run, one.params, one.seed) for one in found)
        return found

    def _of(self, name: str) -> list[Upstream]:
        if name not in self._session.inputs:
            known = ", ".join(f"'{other}'" for other in self._session.inputs) or "none"
            raise LookupError(f"'{name}' is not an upstream run here ({known}); name it in the option `uses`")
        return [Upstream(**{f.name: getattr(one, f.name) for f in fields(Input)}) for one in self._session.inputs[name]]

    def _read(self, found: list[Upstream]) -> list[Upstream]:
        self._session.read |= {place(one.run, one.params, one.seed): one.digest for one in found}
        return found


class Recorder:
    """What `from mkdocs_dlplugin import run` gives; outside a build it prints, so that code stays copy-pasteable."""

    def __init__(self) -> None:
        self.session = Session()

    @property
    def seed(self) -> int:
        """The seed of this run; 0 outside a build."""
        return self.session.seed

    @property
    def config(self) -> Config:
        """The parameters of this run; empty outside a build, so `run.config.get("hidden", 64)` works in both."""
        return Config(self.session.params)

    @property
    def device(self) -> str:
        """`cpu`, `cuda`, `mps` or `xpu`: what to hand to `.to(…)`."""
        return self.session.device or _device()

    @property
    def dir(self) -> Path:
        """A folder to write into; it is gone after the run, see `save`."""
        if self.session.folder is None:
            self.session.folder = Path(tempfile.mkdtemp(prefix="run-"))
        return self.session.folder

    @property
    def inputs(self) -> Inputs:
        """Results of upstream runs."""
        return Inputs(self.session)

    @property
    def summary(self) -> Summary:
        """The final value of each metric; may be set."""
        return Summary(self.session)

    def log(self, values: Mapping[str, Any], step: float | None = None) -> None:
        """Record one number per name; `step` is the place on the x axis and counts the calls when left out.

        Raises:
            BadName: a name is none that a metric can have.
            NotANumber: a value is not a single number, or *step* is no place on an axis.
        """
        session = self.session
        where = session.calls if step is None else plain("step", step)
        if not math.isfinite(where):
            raise NotANumber(f"the step is {where}, which is no place on an axis")
        session.calls += 1
        numbers = {named(name): _checked(session, named(name), value) for name, value in values.items()}
        for name, number in numbers.items():
            session.history.setdefault(name, []).append((where, number))
            session.summary.pop(name, None)
        if step is not None:
            session.stepped.update(numbers)
        if session.tell is None:
            _say(f"step {where}: " + ", ".join(f"{name} {number:.6g}" for name, number in numbers.items()))
        elif (now := time.monotonic()) - session.told >= PROGRESS_EVERY:
            session.told = now
            session.tell(numbers, where)

    def show(self, value: Any) -> None:
        """Show a value here, in the middle of the code: a table, a figure, a chart, whatever a notebook would."""
        if self.session.show is not None:
            self.session.show(value)
            return
        notebook = sys.modules.get("IPython.display") if _in_notebook() else None
        if notebook is not None:
            notebook.display(value)
        else:
            _say(repr(value))

    def save(self, name: str, data: Any = None) -> None:
        """Keep a file with the result, 10 MB a run in all unless `assets` says otherwise.

        Args:
            name: File name ending in npz, safetensors, json, png, txt or csv.
            data: Bytes, text, a `Path` to copy from, a figure for png, JSON values for json, an array or a
                mapping of arrays or tensors (a `state_dict`) for npz; left out, the file `name` in `run.dir`.

        Raises:
            ValueError: the name or the size is not allowed.
        """
        if not ASSET_NAME.fullmatch(name):
            endings = "npz, safetensors, json, png, txt or csv"
            raise ValueError(f"'{name}' cannot be kept: use a plain file name ending in {endings}")
        content = _content(name, self.dir / name if data is None else data)
        total = len(content) + sum(len(kept) for other, kept in self.session.assets.items() if other != name)
        if total > (largest := self.session.largest):
            kept, most = decimal(total), decimal(largest)
            raise ValueError(f"the files kept by this run are {kept}, more than the {most} allowed")
        self.session.assets[name] = content
        if self.session.tell is None:
            _say(f"save: {name}, {len(content)} bytes")

    @contextlib.contextmanager
    def timer(self, name: str) -> Iterator[None]:
        """Measure CPU and wall seconds of a `with` block; several blocks of one name add up."""
        named(name)
        _synchronise()
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            _synchronise()
            total = self.session.timings.setdefault(name, {"cpu": 0.0, "wall": 0.0})
            total["cpu"] += time.process_time() - cpu
            total["wall"] += time.perf_counter() - wall
            if self.session.tell is None:
                _say(f"timer: {name} {total['cpu']:.3g} s CPU, {total['wall']:.3g} s")

    def correct(self, mask: Iterable[Any]) -> None:
        """Record, per test item in the order of the test set, whether it was answered correctly."""
        items = mask.tolist() if hasattr(mask, "tolist") else list(mask)
        if any(item not in (0, 1) for item in items):
            raise ValueError("run.correct takes one True or False per test item")
        self.session.correct = "".join("1" if item else "0" for item in items)
        if self.session.tell is None:
            _say(f"correct: {self.session.correct.count('1')} of {len(items)}")

    def confusion(
        self, true: Any, predicted: Any, labels: Iterable[Any] | None = None, name: str = "confusion"
    ) -> None:
        """Record how often items of each class were taken for each class, for a chart of the kind `confusion`.

        Args:
            true: The class of each test item, a whole number or a word.
            predicted: What each was taken for, in the same order.
            labels: The classes in the order to show them, or the names of the classes 0, 1, 2 and so on.
            name: Of the file it is kept in, without `.json`.

        Raises:
            ValueError: the two differ in length, or a class is none of the labels.
        """
        try:
            matrix = matrices.count(true, predicted, labels)
        except ValueError as wrong:
            raise ValueError(f"run.confusion: {wrong}") from None
        self.save(f"{name}.json", matrices.as_text(matrix))

    def images(self, name: str, array: Any, labels: Iterable[Any] | None = None) -> None:
        """Keep arrays as PNG files, `name-00.png` and so on, for a chart of the kind `images`.

        Args:
            name: Begins the names of the files.
            array: Grey pictures, shape ``(height, width)``, or ``(n, height, width)`` for several; colour ones have a
                last dimension of 3. Values from 0 to 1, or whole numbers from 0 to 255.
            labels: What stands below each.

        Raises:
            ValueError: the array has no such shape or values, or there is not one label for each.
        """
        try:
            found = pictures.read(array)
        except ValueError as wrong:
            raise ValueError(f"run.images('{name}'): {wrong}") from None
        said = None if labels is None else [str(label) for label in labels]
        if said is not None and len(said) != len(found):
            raise ValueError(f"run.images('{name}'): there are {len(found)} pictures and {len(said)} labels")
        digits = max(2, len(str(len(found) - 1)))
        for number, picture in enumerate(found):
            self.save(f"{name}-{number:0{digits}}.png", pictures.png(picture))
        if said is not None:
            self.save(f"{name}.json", {"labels": said})


run = Recorder()
"""The one object snippets import; a build gives it a session of its own in every process."""


def plain(name: str, value: Any) -> float:
    """Convert a number of any library to Python's own, exactly; `bool` becomes 0 or 1.

    Raises:
        NotANumber: it is not a single number.
    """
    if not isinstance(value, int | float) and getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float) or type(value).__module__ in ("decimal", "fractions"):
        return float(value)
    shape = getattr(value, "shape", None)
    kind = type(value).__name__ + (f" of shape {tuple(shape)}" if shape else "")
    raise NotANumber(f"'{name}' is a {kind}, not a single number")


def named(name: Any) -> str:
    """Return the name of a metric, accents written one way.

    Raises:
        BadName: it is none that a metric can have.
    """
    if not isinstance(name, str):
        raise BadName(f"a metric is named by a text, not by {name!r}")
    composed = unicodedata.normalize("NFC", name)
    if not NAME.fullmatch(composed):
        shown = repr(name) if len(name) < 40 else repr(name[:40]) + "…"
        raise BadName(f"{shown} cannot be the name of a metric")
    return composed


def final(session: Session) -> dict[str, float]:
    """Return each metric's final value: the one set in the summary, else the last one logged."""
    return {name: points[-1][1] for name, points in session.history.items()} | session.summary


def _checked(session: Session, name: str, value: Any) -> float:
    number = plain(name, value)
    if not math.isfinite(number):
        session.lines[name] = _line(session.source_path)
    else:
        session.lines.pop(name, None)
    return number


def _line(source_path: str) -> int:
    """Find the line of the snippet that is executing; 0 when it is not on the stack."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename != source_path:
        frame = frame.f_back
    return frame.f_lineno if frame.f_code.co_filename == source_path else 0


def _content(name: str, data: Any) -> bytes:
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    if isinstance(data, Path):
        return data.read_bytes()
    if isinstance(data, str):
        return data.encode()
    file = io.BytesIO()
    if name.endswith(".json"):
        return (json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
    if name.endswith(".png") and hasattr(data, "savefig"):
        return plots.png(data)
    if name.endswith(".npz"):
        import numpy as np  # noqa: PLC0415 - whoever has arrays to save has it loaded; nobody else should pay

        arrays = data if isinstance(data, Mapping) else {"data": data}
        np.savez_compressed(file, **{key: _array(np, array) for key, array in arrays.items()})
        return file.getvalue()
    raise ValueError(f"'{name}' cannot be made from a {type(data).__name__}; hand over bytes, text or a Path")


def _array(np: Any, value: Any) -> Any:
    array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    if array.dtype == object:
        raise ValueError("an array of objects cannot be kept; use numbers")
    return array


def _device() -> str:
    # Importing torch here would make a snippet without it wait two seconds.
    torch = sys.modules.get("torch")
    return "cpu" if torch is None else accelerators.here(torch)


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


def _synchronise() -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        accelerators.synchronise(torch)


def _say(text: str) -> None:
    print(text)  # noqa: T201 - outside a build this is how a snippet reports
