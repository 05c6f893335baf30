"""Measured documentation: `run`, which snippets import, and nothing heavier; the plugin lives in the modules."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs_dlplugin.snippet import run

__all__ = ["__version__", "run"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load `run` when somebody asks for it: a build, which imports this package too, does not."""
    if name != "run":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mkdocs_dlplugin.snippet import run as found  # noqa: PLC0415 - see above

    globals()["run"] = found
    return found
