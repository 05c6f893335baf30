"""Views: one module per block that shows what was measured, with `Options`, `references` and `render`."""

from mkdocs_dlplugin.views import changes, chart, claim, claims, comparison

VIEWS = {"comparison": comparison, "chart": chart, "claim": claim, "claims": claims, "changes": changes}
"""Blocks by the key that names them in a page."""
