"""Hooks of this site: the notebooks of examples/ are pages, without carrying Jupyter's style sheet in each of them."""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

NOTEBOOKS = ("examples/first_look.ipynb",)
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_LARGE = 2000
"""Characters from which a style sheet gets a file of its own."""
_SCRIPT = re.compile(r"<script type=\"module\">[^<]*mermaid.*?</script>", re.DOTALL)
_styles: dict[str, str] = {}


# Before mkdocs-jupyter looks for notebooks.
@event_priority(100)
def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the notebooks, which live beside the code they show."""
    root = Path(config.config_file_path).parent
    for name in NOTEBOOKS:
        files.append(File(name, str(root), config.site_dir, config.use_directory_urls))
    return files


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Move a notebook's style sheet, 500 kB of it, into one file that the browser keeps, and drop unused scripts."""
    if not page.file.src_uri.endswith(".ipynb"):
        return html

    def moved(match: re.Match[str]) -> str:
        if len(match[1]) < _LARGE:
            return match[0]
        name = f"assets/jupyter-{hashlib.sha256(match[1].encode()).hexdigest()[:8]}.css"
        if name not in _styles or files.get_file_from_path(name) is None:
            _styles[name] = match[1]
            files.append(File.generated(config, name, content=match[1]))
        return f'<link rel="stylesheet" href="{posixpath.relpath(name, page.url or ".")}">'

    return _SCRIPT.sub("", _STYLE.sub(moved, html))
