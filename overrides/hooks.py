"""Hooks of this site: the notebooks of examples/ are pages, without what Jupyter would have each of them carry."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
import struct
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

NOTEBOOKS = ("examples/first_look.ipynb",)
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_SCRIPT = re.compile(
    r"<script(?: type=\"module\">[^<]*mermaid| src=\"\"| type=\"text/x-mathjax).*?</script>", re.DOTALL
)
_IMAGE = re.compile(r'src="data:image/png;base64,([^"]+)"')
_STOP = re.compile(r'(<div class="jp-(?:Cell-inputWrapper|Rendered)[^>]*?) tabindex="0"')
"""Boxes that do nothing when they have the focus."""
_shipped: dict[str, bool] = {}


# Before mkdocs-jupyter looks for notebooks.
@event_priority(100)
def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the notebooks, which live beside the code they show."""
    root = Path(config.config_file_path).parent
    for name in NOTEBOOKS:
        files.append(File(name, str(root), config.site_dir, config.use_directory_urls))
    return files


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Move a notebook's style sheets and pictures into files that the browser keeps; drop unused scripts."""
    if not page.file.src_uri.endswith(".ipynb"):
        return html

    def kept(name: str, content: str | bytes) -> str:
        if _shipped.get(name) is None or files.get_file_from_path(name) is None:
            _shipped[name] = True
            files.append(File.generated(config, name, content=content))
        return posixpath.relpath(name, page.url or ".")

    def styled(match: re.Match[str]) -> str:
        url = kept(f"assets/jupyter-{hashlib.sha256(match[1].encode()).hexdigest()[:8]}.css", match[1])
        return f'<link rel="stylesheet" href="{url}">'

    def pictured(match: re.Match[str]) -> str:
        content = base64.b64decode(match[1])
        width, height = struct.unpack(">II", content[16:24])
        url = kept(f"assets/jupyter-{hashlib.sha256(content).hexdigest()[:8]}.png", content)
        return f'src="{url}" width="{width}" height="{height}" loading="lazy"'

    return _STOP.sub(r"\1", _IMAGE.sub(pictured, _SCRIPT.sub("", _STYLE.sub(styled, html))))


# Before the plugin takes the page of one run as the pattern for the others.
@event_priority(100)
def on_post_page(output: str, **_: object) -> str:
    """Drop the empty `tabindex` that Material writes, which is no number."""
    return output.replace(' tabindex=""', "")


def on_post_template(output: str, **_: object) -> str:
    """Do the same to the page for wrong addresses."""
    return on_post_page(output)
