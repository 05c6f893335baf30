"""Settings: hyper-parameters in use, the winners of the searches that `tuning.py` runs and the site records.

They stand apart from the code that trains, so that a page need not search again for each seed, and a search need not
run again when its winner is written down here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Settings = Mapping[str, Any]
"""Hyper-parameters of one model: what a person chooses before training starts."""

FEW = 1000
"""Up to this many training signals the settings found on few signals apply."""

SETTINGS: Mapping[str, Settings] = {}


def settings_of(model: str, n: int) -> Settings:
    """Look up the settings of a model: those found on few signals where there are few."""
    return SETTINGS[f"{model}-few" if n <= FEW and f"{model}-few" in SETTINGS else model]
