"""Home: a Python-Markdown extension that puts results where a page asks for them.

Under MkDocs and ProperDocs the plugin hands it a build; alone, as under Zensical or in a script, it renders from the
recorded results and never executes anything.
"""

from __future__ import annotations

import inspect
import logging
import posixpath
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from re import Match
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from pymdownx.superfences import SuperFencesCodeExtension, SuperFencesException

from mkdocs_dlplugin import headings, ran
from mkdocs_dlplugin.glance import KEY, KINDS, mentioned_in
from mkdocs_dlplugin.placeholders import found
from mkdocs_dlplugin.reporting import Reporter
from mkdocs_dlplugin.scene import Scene

if TYPE_CHECKING:  # what only a page without a plugin needs is loaded there: see `_recorded`
    from mkdocs_dlplugin.build import Build
    from mkdocs_dlplugin.errors import DLError

log = logging.getLogger("mkdocs.plugins.dlplugin")

LANGUAGES = ("python", "yaml")
"""Languages of our fences, as `fences.normalise` writes them; what is not ours falls through to whoever wants it."""


class DLExtension(Extension):
    """Recognises our fences and inline values in a page."""

    def __init__(self, scene: Scene | None = None, **options: Any) -> None:
        self.config = {
            "config_file": ["mkdocs.yml", "The site's configuration, when no plugin hands over a build"],
            "page": ["", "The page, as in `compare/mnist1d.md`, where no generator tells it"],
            "strict": [False, "Whether a missing or stale result is an error, when no plugin hands over a build"],
        }
        super().__init__(**options)
        self.scene = scene
        """What to show; alone, what is recorded."""
        self.build: Build | None = None
        """Alone, the build from records."""
        self.tabs = 0
        """How many pairs of tabs were drawn so far."""
        self.page = ""
        """The page being rendered, as MkDocs names it."""
        self.standalone = scene is None

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name Python-Markdown calls
        """Hook into the stages of Python-Markdown."""
        if "fenced_code_block" not in md.preprocessors:
            SuperFencesCodeExtension().extendMarkdown(md)
        md.preprocessors.register(_Fences(md, self), "dlplugin", 200)
        # After snippets have been included (32), and before superfences, which reads at 31.05 too to preserve tabs.
        md.preprocessors.register(_Headers(md, self), "dlplugin_headers", 31.5)
        # Before backticks (190), which would make code of it.
        md.inlinePatterns.register(_Value(_Value.PATTERN, md, self), "dlplugin", 195)
        # After links were read (20), and before headings get their ids (5) and links to pages their addresses (0).
        md.treeprocessors.register(_Links(md, self), "dlplugin", 15)
        if self.standalone:
            md.postprocessors.register(_Fill(md, self), "dlplugin", -10)

    def begin(self, md: Markdown) -> None:
        """Learn which page is coming; alone, look at what is recorded."""
        if not self.standalone:
            return
        self.page = str(getattr(_zensical(md), "path", "") or self.getConfig("page"))
        self.build = _recorded(Path(self.getConfig("config_file")), strict=bool(self.getConfig("strict")))
        self.scene = self.build.showing

    def url(self, md: Markdown) -> str:
        """Return the URL of the page, relative to the site's root."""
        return str(getattr(_zensical(md), "url", "") or "")


def _zensical(md: Markdown) -> Any:
    """Return the page that Zensical says it is rendering; `None` elsewhere."""
    told = "rendering_context" in md.preprocessors
    return getattr(md.preprocessors["rendering_context"], "page", None) if told else None


class _Fences(Preprocessor):
    """Adds our fences to the superfences of this Markdown instance, whoever configured it and in whatever order."""

    def __init__(self, md: Markdown, extension: DLExtension) -> None:
        super().__init__(md)
        self.extension, self.known = extension, False

    def run(self, lines: list[str]) -> list[str]:
        self.extension.begin(self.md)
        processor: Any = self.md.preprocessors["fenced_code_block"]
        superfences = getattr(processor, "extension", None)
        if superfences is not None and not self.known:
            self.known = True
            takes_reset = "reset" in inspect.signature(superfences.extend_super_fences).parameters
            for language in LANGUAGES:
                more = {"reset": _nothing} if takes_reset else {}
                superfences.extend_super_fences(language, self._format, _ours, **more)
        return lines

    def _format(self, src: str = "", options: Any = None, md: Any = None, **_: Any) -> str:
        """Keep a place for the result. superfences swallows exceptions, so ours become one it lets through."""
        try:
            return self._show(src, dict(options or {}), md)
        except Exception as error:
            log.exception("BUG: a fence could not be shown; please report this.")
            raise SuperFencesException(f"dlplugin: {error}") from error

    def _show(self, src: str, options: dict[str, str], md: Any) -> str:
        scene, page = self.extension.scene, self.extension.page
        if scene is None:
            raise RuntimeError("no build")
        kind, name = options["dl-kind"], options["dl-name"]
        look = scene.look(page, kind, name, src)
        if look is None:
            return scene.stranger(page, kind, name)
        if kind != "run":
            return look.mark
        # A tab and a fold carry the title themselves.
        titled = look.title if look.source in ("above", "below") else ""
        source, result = "" if look.source == "none" else self._highlight(look.code, titled, md), look.mark
        if look.source == "tabbed-left":
            self.extension.tabs += 1
            source, result = "", _tabs(self.extension.tabs, (look.code_label, look.output_label), (source, result))
        if look.source == "fold":
            source = f'<details class="dl-code"><summary>{escape(look.code_label)}</summary>{source}</details>'
        shown = result + source if look.source == "below" else source + result
        return f'<div id="{escape(look.id)}">{shown}</div>' if look.id else shown

    def _highlight(self, code: str, title: str, md: Any) -> str:
        processor: Any = md.preprocessors["fenced_code_block"]
        options = {"title": title} if title else {}
        return str(
            processor.highlight(src=code, language="python", options=options, md=md, classes=[], id_value="", attrs={})
        )


def _tabs(number: int, labels: tuple[str, str], shown: tuple[str, str]) -> str:
    """Draw code and output as two tabs that need no script."""
    parts = [
        f'<input type="radio" name="dl-tabs-{number}" id="dl-tab-{number}-{place}"{" checked" if place == 1 else ""}>'
        f'<label for="dl-tab-{number}-{place}">{escape(word)}</label>'
        for place, word in enumerate(labels, start=1)
    ]
    parts += [f'<div class="dl-tab">{part}</div>' for part in shown]
    return f'<div class="dl-tabs">{"".join(parts)}</div>'


class _Headers(Preprocessor):
    """Writes the accepted forms of our headers the way superfences reads them."""

    def __init__(self, md: Markdown, extension: DLExtension) -> None:
        super().__init__(md)
        self.extension = extension

    def run(self, lines: list[str]) -> list[str]:
        scene = self.extension.scene
        return scene.headers(lines) if scene is not None and mentioned_in(lines) else lines


class _Value(InlineProcessor):
    """Inline values: a code span that begins with `{run}`."""

    # Any code span, so that one in doubled backticks, which shows how a value is written, is passed over as a whole.
    PATTERN = r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)"

    def __init__(self, pattern: str, md: Markdown, extension: DLExtension) -> None:
        super().__init__(pattern, md)
        self.extension = extension

    def handleMatch(  # type: ignore[override]  # noqa: N802
        self,
        m: Match[str],
        data: str,  # noqa: ARG002
    ) -> tuple[Element, int, int] | tuple[None, None, None]:
        if self.extension.scene is None or m[1] != "`" or not m[2].startswith("{run} "):
            return None, None, None
        span = Element("span", {"class": "dl-here"})
        span.text = self.extension.scene.put_value(self.extension.page, " ".join(m[2].removeprefix("{run}").split()))
        return span, m.start(0), m.end(0)


class _Links(Treeprocessor):
    """Links without a text to a numbered block read as its number."""

    def __init__(self, md: Markdown, extension: DLExtension) -> None:
        super().__init__(md)
        self.extension = extension

    def run(self, root: Element) -> None:
        scene, here = self.extension.scene, self.extension.page
        for link in root.iter("a") if scene is not None else ():
            path, hash_, anchor = unquote(link.get("href", "")).partition("#")
            if scene is not None and hash_ and not len(link) and not (link.text or "").strip():
                page = posixpath.normpath(posixpath.join(posixpath.dirname(here), path)) if path else here
                link.text = scene.label(page, anchor) or link.text


class _Fill(Postprocessor):
    """Puts results into a finished page, where no plugin does it later."""

    def __init__(self, md: Markdown, extension: DLExtension) -> None:
        super().__init__(md)
        self.extension = extension

    def run(self, text: str) -> str:
        build = self.extension.build
        if build is None or not found(text):
            return text
        filled = headings.settle(ran.gathered(build.showing.fill(text, self.extension.url(self.md))))
        tokens = getattr(self.md, "toc_tokens", None)
        if tokens is not None:
            headings.insert(
                list(headings.listed(filled)),
                tokens,
                make=_token,
                identity=lambda token: str(token["id"]),
                children=lambda token: token["children"],
            )
        for token in getattr(self.md, "toc_tokens", []):
            _fill_token(token, build, self.extension.url(self.md))
        if self.extension.getConfig("strict") and build.reporter.code:
            raise SuperFencesException(
                f"dlplugin: {build.reporter.said[0] if build.reporter.said else 'a result is missing'}"
            )
        from mkdocs_dlplugin.shipped import stylesheet  # noqa: PLC0415 - see `_recorded`

        return f"<style>{stylesheet(scripted=False).decode()}</style>\n{filled}"


def _token(heading: headings.Heading) -> dict[str, Any]:
    """Write a heading as the `toc` extension does."""
    title = {"name": heading.title, "html": heading.title, "data-toc-label": ""}
    return {"level": heading.level, "id": heading.id, **title, "children": []}


def _fill_token(token: Any, build: Build, url: str) -> None:
    for part in ("name", "html"):
        if isinstance(token.get(part), str):
            token[part] = build.showing.fill_text(token[part], url)
    for child in token.get("children", []):
        _fill_token(child, build, url)


def _ours(language: str, inputs: dict[str, str], options: dict[str, str], attrs: dict[str, str], md: Markdown) -> bool:  # noqa: ARG001
    """Tell superfences whether a fence is ours; when it is not, the next one who knows the language is asked."""
    if KEY not in inputs:
        return False
    kind = next(name for name in ("run", *KINDS) if name in inputs)
    options |= inputs | {"dl-kind": kind, "dl-name": "" if inputs[kind] == kind else inputs[kind]}
    return True


def _nothing(*_: object) -> None:
    """Have nothing to forget between pages."""


_builds: dict[Path, tuple[tuple[float, int], Build]] = {}


def _recorded(file: Path, *, strict: bool) -> Build:
    """Build from records alone; a second page of the same site uses the same one while nothing has changed.

    Everything that parses and draws is loaded here: where the plugin hands over a scene, it may not be wanted at all.
    """
    from mkdocs_dlplugin.build import Build, pages_of  # noqa: PLC0415 - see above
    from mkdocs_dlplugin.config import load  # noqa: PLC0415

    site = load(file)
    places = [file, *site.docs.rglob("*.md"), *(site.root / site.settings.records).rglob("*.json")]
    stamp = max((place.stat().st_mtime for place in places), default=0.0), len(places)
    known = _builds.get(file.resolve())
    if known and known[0] == stamp:
        return known[1]
    reporter = Reporter(error=log.error if not strict else _silent, warn=log.warning)
    site = replace(site, settings=replace(site.settings, execution="never", run_pages=False), ships_files=False)
    build = Build(site, reporter)
    problems: Sequence[DLError] = build.scan(pages_of(site))
    for problem in problems:
        reporter.fail(str(problem), problem.code)
    build.start()
    build.finish()
    _builds[file.resolve()] = stamp, build
    return build


def _silent(_: str) -> None:
    """Leave it to the exception that follows."""


def makeExtension(**options: Any) -> DLExtension:  # noqa: N802 - the name Python-Markdown calls
    """Make the extension from its options."""
    return DLExtension(**options)
