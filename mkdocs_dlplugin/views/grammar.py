"""Grammar: find what no Vega-Lite spec can hold, a mark or channel that does not exist say, and offer the right word.

With Altair installed, whose package holds the schema of Vega-Lite, and jsonschema, the whole spec is checked by it.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import specs
from mkdocs_dlplugin.errors import suggest
from mkdocs_dlplugin.specs import entries

MARKS = (
    *("arc", "area", "bar", "boxplot", "circle", "errorband", "errorbar", "image", "line", "point", "rect", "rule"),
    *("square", "text", "tick", "trail"),
)

CHANNELS = (
    *(
        "x",
        "y",
        "x2",
        "y2",
        "xOffset",
        "yOffset",
        "xError",
        "yError",
        "xError2",
        "yError2",
        "theta",
        "theta2",
        "radius",
    ),
    *("radius2", "color", "fill", "stroke", "opacity", "fillOpacity", "strokeOpacity", "strokeWidth", "strokeDash"),
    *("size", "angle", "shape", "detail", "key", "text", "tooltip", "description", "order", "row", "column"),
    *("facet", "time"),
)

TYPES = ("quantitative", "nominal", "ordinal", "temporal")

AGGREGATES = (
    *("count", "sum", "mean", "average", "median", "min", "max", "stdev", "stdevp", "stderr", "variance", "variancep"),
    *("q1", "q3", "ci0", "ci1", "distinct", "missing", "valid", "values", "product", "exponential"),
)

TOP = (
    *("$schema", "align", "autosize", "background", "bounds", "center", "columns", "concat", "config", "data"),
    *(
        "datasets",
        "description",
        "encoding",
        "facet",
        "hconcat",
        "height",
        "layer",
        "mark",
        "name",
        "padding",
        "params",
    ),
    *("repeat", "resolve", "spacing", "spec", "title", "transform", "vconcat", "view", "width"),
)

VIEWS = ("layer", "concat", "hconcat", "vconcat")
"""Keys that hold views beside, below or above each other."""

DRAWS = ("mark", "layer", "facet", "repeat", "concat", "hconcat", "vconcat")
"""What one of stands in each spec."""


def check_shape(spec: Mapping[str, Any]) -> None:
    """Check that what holds views, data and numbers at the top of a spec is of the kind that can hold them.

    Raises:
        specs.Refused: with what is wrong.
    """
    for path, value in entries(spec):
        key = path[-1]
        if key in VIEWS and _draws(path) and not (isinstance(value, list | tuple) and all(map(_mapping, value))):
            raise specs.Refused(f"`{key}` must be a list of views.", path)
        if key in ("spec", "encoding", "datasets") and len(path) == 1 and not _mapping(value):
            raise specs.Refused(f"`{key}` must be a mapping.", path)
        if key == "columns" and len(path) == 1 and not (isinstance(value, int) and value > 0):
            raise specs.Refused("`columns` must be a whole number above 0.", path)
        if key == "data" and value is not None and not _mapping(value):
            raise specs.Refused("`data` must be {name: runs}, {name: series} or {values: [...]}.", path)


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def check(spec: Mapping[str, Any]) -> None:
    """Check the words of a spec.

    Raises:
        specs.Refused: with what is wrong, what is probably meant, and where it stands.
    """
    for top in spec:
        _known(top, TOP, "a key of a Vega-Lite spec", (str(top),))
    if not any(key in spec for key in DRAWS):
        raise specs.Refused("a spec needs `mark` and `encoding`, or a `layer` of such.")
    for path, value in entries(spec):
        key = path[-1]
        if key == "mark" and _draws(path):
            kind = value.get("type") if isinstance(value, Mapping) else value
            _known(kind, MARKS, "a mark of Vega-Lite", path)
        elif key == "encoding" and isinstance(value, Mapping) and _draws(path):
            for channel, said in value.items():
                _known(channel, CHANNELS, "a channel of Vega-Lite", (*path, str(channel)))
                _channel(said, (*path, str(channel)))
    _by_schema(spec)


def _channel(said: Any, path: specs.Path) -> None:
    if not isinstance(said, Mapping):
        return
    if isinstance(said.get("type"), str):
        _known(said["type"], TYPES, "a type of Vega-Lite", (*path, "type"))
    if isinstance(said.get("aggregate"), str):
        _known(said["aggregate"], AGGREGATES, "an aggregate of Vega-Lite", (*path, "aggregate"))


def _draws(path: specs.Path) -> bool:
    """Tell whether a key belongs to a view and not to the looks of one."""
    return "config" not in path and "transform" not in path and "encoding" not in path[:-1]


def _known(word: Any, known: Iterable[str], what: str, path: specs.Path) -> None:
    if word not in known:
        raise specs.Refused(f"'{word}' is not {what}.\n{suggest(str(word), known)}", path)


def _by_schema(spec: Mapping[str, Any]) -> None:
    validate = _validator()
    if validate is None:
        return
    problem = validate(spec)
    if problem is not None:
        raise specs.Refused(*problem)


@functools.cache
def _validator() -> Callable[[Mapping[str, Any]], tuple[str, specs.Path] | None] | None:
    """Load the schema that Altair ships; `None` where it, or what reads it, is not installed."""
    found = importlib.util.find_spec("altair")
    if found is None or not found.origin or importlib.util.find_spec("jsonschema") is None:
        return None
    file = Path(found.origin).parent / "vegalite" / "v6" / "schema" / "vega-lite-schema.json"
    if not file.is_file():
        return None
    # Wanted by those who write specs of their own only, and there only.
    import jsonschema  # noqa: PLC0415

    checks = jsonschema.Draft7Validator(json.loads(file.read_text("utf-8")))

    def validate(spec: Mapping[str, Any]) -> tuple[str, specs.Path] | None:
        found = [leaf for error in checks.iter_errors(spec) for leaf in _leaves(error)]
        # The schema is made of alternatives; the mistake that lies deepest is that of the one that was meant.
        return _told(max(found, key=_depth)) if found else None

    return validate


def _leaves(error: Any) -> Iterator[Any]:
    """Yield what is wrong with each alternative, and with theirs."""
    if not error.context:
        yield error
    for inner in error.context:
        yield from _leaves(inner)


def _depth(error: Any) -> tuple[int, bool, bool]:
    unknown = error.validator == "additionalProperties"
    return len(error.absolute_path) + unknown, unknown, error.validator == "enum"


def _told(error: Any) -> tuple[str, specs.Path]:
    path: specs.Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", ()))
        word = next((str(key) for key in error.instance if key not in known), "")
        of = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "what stands there"
        return f"'{word}' is no option of {of}.\n{suggest(word, known)}", (*path, word)
    name = f"`{path[-1]}`" if path else "it"
    if error.validator == "enum":
        return (
            f"{name} cannot be {error.instance!r}.\n{suggest(str(error.instance), map(str, error.validator_value))}",
            path,
        )
    return f"{name} cannot be {str(error.instance)[:60]}.", path
