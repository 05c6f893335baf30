"""Stand in for mkdocs-dlplugin where one run is executed alone: seeds it, hears what it measures, and compares."""

from __future__ import annotations

import argparse
import base64
import contextlib
import importlib.abc
import importlib.machinery
import io
import json
import math
import os
import pathlib
import random
import sys
import tempfile
import time
import types
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any


class Config(dict[str, Any]):
    """The parameters, by key or as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"'{name}' is not a parameter of this run") from None


class Summary(MutableMapping[str, Any]):
    """The final value of each metric: the last one logged, unless one is set."""

    def __init__(self) -> None:
        self.logged: dict[str, float] = {}
        self.own: dict[str, float] = {}

    def _all(self) -> dict[str, float]:
        return self.logged | self.own

    def __getitem__(self, name: str) -> float:
        return self._all()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.own[name] = plain(value)

    def __delitem__(self, name: str) -> None:
        del self.own[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class Upstream:
    """The recorded result of another run's job."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.run, self.params, self.seed, self.metrics = said["run"], said["params"], said["seed"], said["metrics"]
        self.series = {name: (tuple(one["step"]), tuple(one["value"])) for name, one in said["series"].items()}
        self.assets = {name: base64.b64decode(text) for name, text in said["assets"].items()}

    def open(self, name: str) -> io.BytesIO:
        """Open a file that it kept."""
        return io.BytesIO(self.assets[name])


class Inputs:
    """Results of the runs that this one reads."""

    def __getitem__(self, name: str) -> Upstream:
        """Return that of the same seed and the same values of shared parameters."""
        mine = run.config
        found = [
            one
            for one in self.all(name)
            if one.seed == run.seed and all(mine[key] == one.params[key] for key in mine.keys() & one.params.keys())
        ]
        if len(found) != 1:
            raise LookupError(f"run '{name}' has {len(found)} results for seed {run.seed} and {dict(mine)}")
        return found[0]

    def all(self, name: str) -> list[Upstream]:
        """List all of them."""
        return [Upstream(one) for one in facts["inputs"][name]]


class Run:
    """What the code imports as `run`."""

    seed = 0
    device = "cpu"
    out = pathlib.Path()
    folder: pathlib.Path | None = None

    def __init__(self) -> None:
        self.config, self.summary, self.inputs = Config(), Summary(), Inputs()
        self.calls = 0

    @property
    def dir(self) -> pathlib.Path:
        """A folder to write into."""
        self.folder = self.folder or pathlib.Path(tempfile.mkdtemp(prefix="run-"))
        return self.folder

    def log(self, values: Mapping[str, Any], step: float | None = None) -> None:
        """Print one number per name."""
        numbers = {name: plain(value) for name, value in values.items()}
        said = ", ".join(f"{name} {value:.6g}" for name, value in numbers.items())
        print(f"step {self.calls if step is None else step}: {said}")
        self.calls += 1
        self.summary.logged.update(numbers)
        for name in numbers:
            self.summary.own.pop(name, None)

    def save(self, name: str, data: Any = None) -> None:
        """Keep a file, in the folder that `--out` names."""
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / pathlib.Path(name).name
        data = self.dir / name if data is None else data
        if isinstance(data, os.PathLike):
            path.write_bytes(pathlib.Path(data).read_bytes())
        elif isinstance(data, str | bytes | bytearray | memoryview):
            path.write_bytes(data.encode() if isinstance(data, str) else bytes(data))
        elif name.endswith(".json"):
            path.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", "utf-8")
        elif hasattr(data, "savefig"):
            data.savefig(path, dpi=144, bbox_inches="tight")
        else:
            import numpy as np

            arrays = data if isinstance(data, Mapping) else {"data": data}
            ready = {key: one.detach().cpu() if hasattr(one, "detach") else one for key, one in arrays.items()}
            np.savez_compressed(path, **{key: np.asarray(one) for key, one in ready.items()})
        print(f"saved {path}")

    @contextlib.contextmanager
    def timer(self, name: str) -> Iterator[None]:
        """Print the CPU and wall seconds of a `with` block."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        print(f"{name}: {time.process_time() - cpu:.3g} s CPU, {time.perf_counter() - wall:.3g} s")

    def correct(self, mask: Any) -> None:
        """Print how many test items were answered correctly."""
        items = mask.tolist() if hasattr(mask, "tolist") else list(mask)
        print(f"correct: {sum(map(bool, items))} of {len(items)}")

    def show(self, value: Any) -> None:
        """Show a value as a notebook would, or print it."""
        notebook = sys.modules.get("IPython.display") if "ipykernel" in sys.modules else None
        print(repr(value)) if notebook is None else notebook.display(value)

    def confusion(self, true: Any, predicted: Any, labels: Any = None, name: str = "confusion") -> None:
        """Keep how often items of each class were taken for each class, as JSON."""
        from mkdocs_dlplugin import matrices

        self.save(f"{name}.json", matrices.as_text(matrices.count(true, predicted, labels)))

    def images(self, name: str, array: Any, labels: Any = None) -> None:
        """Keep arrays as PNG files, `name-00.png` and so on."""
        from mkdocs_dlplugin import pictures

        found = pictures.read(array)
        digits = max(2, len(str(len(found) - 1)))
        for number, picture in enumerate(found):
            self.save(f"{name}-{number:0{digits}}.png", pictures.png(picture))
        if labels is not None:
            self.save(f"{name}.json", {"labels": [str(label) for label in labels]})


run = Run()
facts: dict[str, Any] = {}


def begin(said: str, folder: str, arguments: list[str] | None = None) -> None:
    """Take what is known of the run, read the command line, and prepare the process.

    Args:
        said: Facts, as JSON.
        folder: Holds what the run brings of its project.
        arguments: Command line; that of the process when not given.
    """
    facts.update(json.loads(said))
    run.__init__()  # type: ignore[misc]  # a notebook may hold several runs
    asked = argparse.ArgumentParser(description=f"Execute run {facts['run']} and compare it with its record.")
    asked.add_argument("--seed", type=int, default=facts["seeds"][0], help=f"recorded: {facts['seeds']}")
    asked.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=f"{facts['points'][:9]}")
    asked.add_argument("--device", default="", help=f"cpu, cuda, mps or xpu; measured on {facts['device']}")
    asked.add_argument("--out", type=pathlib.Path, help="folder for files that it saves")
    asked.add_argument("--project", type=pathlib.Path, default=pathlib.Path.cwd(), help="where missing files lie")
    asked.add_argument("--check", action="store_true", help="exit 1 when a result differs from its record")
    chosen = asked.parse_args(arguments)
    facts["check"], run.seed = chosen.check, chosen.seed
    run.config.update(facts["points"][0])
    for name, _, text in (one.partition("=") for one in chosen.set):
        if name not in run.config:
            asked.error(f"'{name}' is not a parameter; it has {list(run.config)}")
        run.config[name] = _value(name, text)
    run.out = (chosen.out or pathlib.Path.cwd() / f"{facts['run']}-seed-{run.seed}").absolute()
    project = chosen.project.absolute()
    os.chdir(folder)
    _complete(project)
    for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
        os.environ[f"{name}_NUM_THREADS"] = str(facts["threads"])
    os.environ["VECLIB_MAXIMUM_THREADS"] = str(facts["threads"])
    os.environ.update({"MPLBACKEND": "Agg", "CUBLAS_WORKSPACE_CONFIG": ":4096:8", "TOKENIZERS_PARALLELISM": "false"})
    random.seed(run.seed)
    run.device = chosen.device or facts["device"]
    sys.meta_path.insert(0, _Seeds)
    for name in list(_Seeds.wanted & sys.modules.keys()):
        _seed(sys.modules[name])
    if run.device != "cpu":
        run.device = _there(run.device)
    sys.argv = [facts["source"]]


def given(name: str, value: Any) -> Any:
    """Return a parameter or the seed, in place of what the code says."""
    return run.seed if name == "seed" else run.config.get(name, value)


def finish(namespace: Mapping[str, Any]) -> int:
    """Print what was measured beside what is recorded; return 1 where that was asked for and it differs."""
    for name in facts["metrics"]:
        if name not in run.summary:
            run.summary[name] = plain(namespace[name])
    pyplot = sys.modules.get("matplotlib.pyplot")
    for number in pyplot.get_fignums() if pyplot else []:
        run.save(f"fig-{number}.png", pyplot.figure(number))  # type: ignore[union-attr]
    nothing: dict[str, Any] = {"seeds": {}, "half": {}}
    known = next((one for one in facts["recorded"] if one["params"] == run.config), nothing)
    then = known["seeds"].get(str(run.seed), {})
    print(f"\n{facts['run']} {dict(run.config) or ''} seed {run.seed}: here, recorded")
    differs = False
    for name, value in run.summary.items():
        said = "not recorded"
        if name in then:
            apart, half = abs(value - then[name]), known["half"].get(name) or 0
            said = "same" if not apart else "within its interval" if apart <= half else ""
            said = said or ("same within 0.1 %" if apart <= abs(then[name]) / 1000 else "DIFFERS")
            differs = differs or said == "DIFFERS"
        print(f"  {name:20} {value:<12.7g} {then.get(name, math.nan):<12.7g} {said}")
    return int(differs and facts["check"])


def plain(value: Any) -> float:
    """Convert a number of any library to Python's own."""
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, bool | int) else float(value)


def _value(name: str, text: str) -> Any:
    """Read a parameter: one of the recorded values where it reads like one."""
    for value in (point[name] for point in facts["points"]):
        if text in (str(value), json.dumps(value)):
            return value
    try:
        return json.loads(text)
    except ValueError:
        return text


def _complete(project: pathlib.Path) -> None:
    """Fetch what was too large to be part of this file, and say what is not there."""
    lacking = [f"the environment variable {name}" for name in facts["variables"] if name not in os.environ]
    for path in facts["files"]:
        here = pathlib.Path.cwd() / path
        if (project / path).is_file():
            here.parent.mkdir(parents=True, exist_ok=True)
            here.write_bytes((project / path).read_bytes())
        elif not here.is_file():
            lacking.append(path)
    lacking += facts["lacking"]
    if lacking:
        sys.exit(f"This run needs {', '.join(lacking)}. Name the folder of its files with --project.")


class _Seeds(importlib.abc.MetaPathFinder):
    """Seeds NumPy and torch right after they are imported, whoever imports them."""

    wanted = frozenset(("numpy.random", "torch"))

    @classmethod
    def find_spec(cls, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name not in cls.wanted:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def both(module: types.ModuleType) -> None:
                load(module)
                _seed(module)

            spec.loader.exec_module = both  # type: ignore[method-assign]
        return spec


def _seed(module: Any) -> None:
    if module.__name__ == "numpy.random":
        module.seed(run.seed % 2**32)
        return
    module.set_num_threads(facts["threads"])
    module.manual_seed(run.seed)
    if run.device != "cpu":
        module.use_deterministic_algorithms(True, warn_only=True)


def _there(device: str) -> str:
    """Fall back to the CPU where the accelerator that it was measured on is not there."""
    with contextlib.suppress(ImportError, AttributeError, RuntimeError):
        import torch

        torch.ones(1, device=device)
        return device
    print(f"measured on {device}, which is not there: this is the CPU")
    return "cpu"
