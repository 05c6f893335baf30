"""Measured documentation: `run`, which snippets import, and nothing heavier; the plugin lives in the modules."""

from mkdocs_dlplugin.snippet import run

__all__ = ["__version__", "run"]

__version__ = "0.1.0"
