"""Config: the settings under `plugins: dlplugin:`, declared once and read with or without MkDocs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.lines import SnippetPaths
from mkdocs_dlplugin.model import Metric, Where
from mkdocs_dlplugin.options import read
from mkdocs_dlplugin.sources import read_sources
from mkdocs_dlplugin.words import ENGLISH, strange

Execution = Literal["auto", "force", "never"]


@dataclass(frozen=True)
class Settings:
    """What a site may set; unknown names are errors, because MkDocs would only warn and then execute anyway."""

    enabled: bool = True
    """Whether the plugin does anything; `false` leaves every fence as the code block it also is."""
    execution: Execution = "auto"
    """Run what is stale, run everything, or run nothing whatever the store holds (for untrusted pull requests)."""
    engine: str = "local"
    """Where jobs run: `local` is this machine, `dask` a cluster; other packages may add more."""
    address: str = ""
    """Where the engine is found, for engines elsewhere (`tcp://scheduler:8786`); `dask` starts its own without."""
    isolation: Literal["auto", "ns", "group", "spawn"] = "auto"
    """How jobs are kept apart: `ns` (namespaces), `group` (process trees), `spawn`; the best this machine can unless
    said."""
    sandbox: Literal["auto", "required", "strict", "off"] = "auto"
    """Whether jobs are kept from writing and connecting: where this machine can (`auto`), else not run (`required`),
    kept from reading other people's files besides (`strict`), or not at all (`off`)."""
    jobs: int = 0
    """How many threads of work run side by side; 0 takes the cores this process may use."""
    records: str = "records"
    """Folder of the recorded results, relative to mkdocs.yml; meant to be committed."""
    scratch: str = ".dlplugin"
    """Folder for work in progress; never committed."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Options every run starts from, such as `seeds: 5` or `timeout: 120`."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """Declarations of metrics by name: `name`, `unit`, `as`, `better`, `tie`, `range`, `kind`, `clock`."""
    run_pages: bool = True
    """Whether every run gets a page of its own, `runs/<name>/`, that its numbers link to."""
    page_foot: bool | tuple[Literal["measured", "cite", "licence", "changes", "report"], ...] = True
    """What stands at the end of a page with results: all of it but `changes`, unless said; `false` for nothing."""
    page_head: bool | tuple[Literal["description", "citation", "social"], ...] = True
    """What is added to the head of such a page where theme and author did not; `false` for nothing."""
    cards: bool = False
    """Whether such a page gets a picture that chats and networks show for a link to it; needs `site_url`."""
    byline: bool = False
    """Whether a line under its title says how long it takes to read and when it was measured."""
    licences: Mapping[str, Any] = field(default_factory=dict)
    """Terms of `text`, `data` and `code`: the name of a licence, or `{name, url}`."""
    sources: Mapping[str, Any] = field(default_factory=dict)
    """Articles and books that claims name often, by a short name: `title`, `url`, `author`, `year`."""
    repository: str = ""
    """Address of the repository, for links to commits and new issues; `repo_url` unless said."""
    language: str = ""
    """Language of what the plugin itself says to readers (`de`, `pt-BR`); that of the theme unless said."""
    words: Mapping[str, Any] = field(default_factory=dict)
    """Texts of the site's own in place of the plugin's, by name; the names stand in `words.py`."""


@dataclass(frozen=True)
class Site:
    """What of a site's configuration the stages need, whoever read it."""

    root: Path
    """Folder of mkdocs.yml."""
    docs: Path
    """Folder of the pages."""
    settings: Settings
    snippets: SnippetPaths = field(default_factory=SnippetPaths)
    """Where `--8<--` includes look."""
    use_directory_urls: bool = True
    language: str = "en"
    """Language of what the plugin itself says to readers."""
    url: str = ""
    """Address of the site, `site_url`; empty where it has none."""
    name: str = ""
    author: str = ""
    repository: str = ""
    """Address of the repository, for links into it."""
    ships_files: bool = True
    """Whether files can be put beside the pages; else figures and downloads travel inside them."""
    excluded: tuple[str, ...] = (".*", "/templates/")
    """Patterns as in `.gitignore` of pages that are not published, for those who have no generator to ask."""


def settings(raw: Mapping[str, Any], where: Where, environ: Mapping[str, str] = os.environ) -> Settings:
    """Check the settings a site wrote; the environment can only tighten them.

    Raises:
        DLError: an unknown name or a wrong value.
    """
    made = read(Settings, raw, where, what="a setting of dlplugin")
    for name, declared in made.metrics.items():
        metric(str(name), declared, where)
    licences(made, where)
    for name, said in made.sources.items():
        read_sources([said], where, f"sources: {name}")
    for name, text in made.words.items():
        if name not in ENGLISH:
            raise DLError(where, f"'{name}' is not a text of the plugin's.", suggest(name, ENGLISH))
        if problem := strange(name, text):
            raise DLError(where, f"the text '{name}' {problem}.", f"Ours is: {ENGLISH[name]}")
    wanted = environ.get("DLPLUGIN_EXECUTION", "")
    if wanted not in ("", "never"):
        raise DLError(where, f"DLPLUGIN_EXECUTION is '{wanted}'.", "It can only tighten the setting: use 'never'.")
    return replace(made, execution="never") if wanted else made


@dataclass(frozen=True)
class Licence:
    """The terms under which something may be used."""

    name: str
    """As people call it: `CC BY 4.0`."""
    url: str = ""
    """Where it can be read; known for the usual ones."""


def licences(chosen: Settings, where: Where) -> dict[str, Licence]:
    """Read the licences of a site's text, data and code.

    Raises:
        DLError: something else has one, or its address is none.
    """
    if others := [what for what in chosen.licences if what not in LICENSED]:
        raise DLError(where, f"'{others[0]}' is not known in licences.", suggest(others[0], LICENSED))
    found = {}
    for what in filter(chosen.licences.__contains__, LICENSED):
        said = chosen.licences[what]
        whole = said if isinstance(said, Mapping) else {"name": said}
        made = read(Licence, whole, where, what=f"an option of licences: {what}")
        if made.url and not made.url.startswith(("https://", "http://")):
            raise DLError(where, f"the url '{made.url}' of licences is no web address.", "It begins with https://.")
        found[what] = made if made.url else Licence(made.name, _TERMS.get(made.name.replace("-", " "), ""))
    return found


LICENSED = ("text", "data", "code")
"""What may have a licence of its own."""

_CREATIVE = "https://creativecommons.org"
_TERMS = {
    "MIT": "https://opensource.org/license/mit",
    "Apache 2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "BSD 3 Clause": "https://opensource.org/license/bsd-3-clause",
    "GPL 3.0": "https://www.gnu.org/licenses/gpl-3.0.html",
    "CC0": f"{_CREATIVE}/publicdomain/zero/1.0/",
    "CC0 1.0": f"{_CREATIVE}/publicdomain/zero/1.0/",
    **{
        f"CC {kind.upper().replace('-', ' ')} 4.0": f"{_CREATIVE}/licenses/{kind}/4.0/"
        for kind in ("by", "by-sa", "by-nc")
    },
}


@dataclass(frozen=True)
class _Declared:
    """A metric as an author declares it."""

    name: str = ""
    unit: str = ""
    as_: Literal["number", "percent"] = "number"
    better: Literal["higher", "lower", ""] = ""
    tie: float | None = None
    range: tuple[float, ...] = ()
    kind: Literal["measured", "exact", "timing"] = "measured"
    clock: Literal["", "cpu", "wall"] = ""


def metric(name: str, declared: Any, where: Where) -> Metric:
    """Read one declaration: `{name: Test accuracy, as: percent, better: higher, tie: 0.01, range: [0, 1]}`.

    Raises:
        DLError: it is no mapping, or says something that is not known.
    """
    if not isinstance(declared, Mapping):
        raise DLError(
            where,
            f"metric '{name}' must be a mapping, got {declared!r}.",
            "Write: {name: Test accuracy, better: higher}.",
        )
    raw = {("as_" if option == "as" else str(option)): value for option, value in declared.items()}
    made = read(_Declared, raw, where, what=f"an option of metric '{name}'")
    if made.range and (len(made.range) != 2 or made.range[0] >= made.range[1]):
        raise DLError(where, f"range of metric '{name}' must be [lowest, highest].")
    bounds = (made.range[0], made.range[1]) if made.range else None
    unit = made.unit or ("s" if made.kind == "timing" else "")
    return Metric(name, made.name, unit, made.as_, made.better, made.tie, bounds, made.kind, made.clock)


def load(file: Path, environ: Mapping[str, str] = os.environ) -> Site:
    """Read a site's `mkdocs.yml` without MkDocs: for the command line and for the Markdown extension.

    `INHERIT` and `!ENV` are understood; `!!python/…` tags are left alone, so nothing is imported.

    Raises:
        DLError: the file is missing, broken, or does not name the plugin.
    """
    where = Where(file.name)
    raw = _load(file, where, environ, ())
    plugins = _named(raw.get("plugins") or [])
    if "dlplugin" not in plugins:
        raise DLError(
            where, "the plugin 'dlplugin' is not enabled here.", "Add it:\n  plugins:\n    - search\n    - dlplugin"
        )
    extensions = _named(raw.get("markdown_extensions") or [])
    root = file.resolve().parent
    chosen = settings(plugins["dlplugin"], where, environ)
    return Site(
        root=root,
        docs=root / str(raw.get("docs_dir", "docs")),
        settings=chosen,
        snippets=snippet_paths(extensions.get("pymdownx.snippets")),
        use_directory_urls=bool(raw.get("use_directory_urls", True)),
        language=chosen.language or _language(raw.get("theme")),
        url=str(raw.get("site_url") or ""),
        name=str(raw.get("site_name") or ""),
        author=str(raw.get("site_author") or ""),
        repository=chosen.repository or str(raw.get("repo_url") or ""),
        excluded=(
            *Site.excluded,
            *(line for name in ("exclude_docs", "draft_docs") for line in str(raw.get(name) or "").splitlines()),
        ),
    )


def _language(theme: Any) -> str:
    named = theme if isinstance(theme, Mapping) else {}
    return str(named.get("language") or named.get("locale") or "en").replace("_", "-")


def snippet_paths(options: Mapping[str, Any] | None) -> SnippetPaths:
    """Say where pymdownx.snippets looks, from its options; nowhere when they are `None`, because it is not used."""
    if options is None:
        return SnippetPaths()
    base = options.get("base_path", ["."])
    folders = (base,) if isinstance(base, str) else tuple(str(folder) for folder in base)
    return SnippetPaths(folders, bool(options.get("dedent_subsections", False)), str(options.get("encoding", "utf-8")))


def _named(entries: Any) -> dict[str, Mapping[str, Any]]:
    """Read a list of names, some with options, or a mapping, as MkDocs does."""
    if isinstance(entries, Mapping):
        return {str(name): options or {} for name, options in entries.items()}
    named: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if isinstance(entry, Mapping):
            named.update({str(name): options or {} for name, options in entry.items()})
        else:
            named[str(entry)] = {}
    return named


def _load(file: Path, where: Where, environ: Mapping[str, str], seen: tuple[Path, ...]) -> dict[str, Any]:
    class Loader(yaml.SafeLoader):
        """MkDocs' own tags, and nothing that imports."""

    def env(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
        if isinstance(node, yaml.SequenceNode):
            values = loader.construct_sequence(node)
        else:
            values = [loader.construct_scalar(node)] if isinstance(node, yaml.ScalarNode) else []
        *names, default = values if len(values) > 1 else [*values, None]
        found = next((environ[str(name)] for name in names if str(name) in environ), None)
        return default if found is None else yaml.safe_load(found)

    Loader.add_constructor("!ENV", env)
    Loader.add_constructor("!relative", lambda *_: str(file.parent))
    Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
    if file in seen:
        raise DLError(where, "INHERIT leads back to this file.")
    try:
        raw = yaml.load(file.read_text("utf-8"), Loader)  # noqa: S506 - a SafeLoader with two harmless tags
    except OSError as error:
        raise DLError(
            where, f"cannot be read: {error.strerror}.", "Run this in the folder of mkdocs.yml, or name it with -f."
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DLError(
            Where(file.name, mark.line + 1 if mark else 0), f"is not valid YAML: {getattr(error, 'problem', error)}."
        ) from error
    if not isinstance(raw, dict):
        raise DLError(where, "is not a mapping.")
    if parent := raw.pop("INHERIT", None):
        return _merge(_load((file.parent / str(parent)).resolve(), where, environ, (*seen, file)), raw)
    return raw


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merge(merged[name], value) if both else value
    return merged


def check_engine(name: str, known: Mapping[str, Any], where: Where) -> None:
    """Refuse an engine that nobody provides.

    Raises:
        DLError: naming the engines there are.
    """
    if name not in known:
        raise DLError(where, f"'{name}' is not an engine.", suggest(name, known))
