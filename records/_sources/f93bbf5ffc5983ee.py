"""Settings: hyper-parameters in use, the winners of the searches that `tuning.py` runs and the site records.

They stand in `settings.json`, apart from the code that trains: a page need not search again for each seed, and a search
need not run again when its winner is written down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

Settings = Mapping[str, Any]
"""Hyper-parameters of one model: what a person chooses before training starts."""

FEW = 1000
"""Up to this many training signals the settings found on few signals apply."""


@cache
def winners() -> Mapping[str, Settings]:
    """Read the settings of every model, by the name its search has."""
    found: Mapping[str, Settings] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return found


def settings_of(model: str, n: int) -> Settings:
    """Look up the settings of a model for *n* signals: those found on few signals where there are few."""
    return winners()[f"{model}-few" if n <= FEW and f"{model}-few" in winners() else model]
