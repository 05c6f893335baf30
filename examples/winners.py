"""Winners: write the settings that won the recorded searches into `settings.json`, after `mkdocs-dlplugin run 'tune*'`.

`python -m examples.winners` says what it changes; runs with other settings are then stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from examples import tuning
from examples.settings import Settings

ROOT = Path(__file__).parent.parent
FILE = ROOT / "examples" / "settings.json"


def recorded(records: Path = ROOT / "records") -> dict[str, Settings]:
    """Read from the records which trial won each search, and look up its settings."""
    won = {}
    for model in tuning.MODELS:
        record = json.loads((records / "tune" / f"model={model}" / "0.json").read_text(encoding="utf-8"))
        won[model] = tuning.candidates(model)[record["metrics"]["winner"] - 1]
    return won


def written(settings: Mapping[str, Settings]) -> str:
    """Turn settings into JSON with a line for each model."""
    return "{\n" + ",\n".join(f"  {json.dumps(model)}: {json.dumps(one)}" for model, one in settings.items()) + "\n}\n"


def main() -> None:
    """Write the file and name the models whose settings are others than before."""
    before = json.loads(FILE.read_text(encoding="utf-8"))
    won = recorded()
    FILE.write_text(written(won), encoding="utf-8")
    changed = [model for model, settings in won.items() if before.get(model) != settings]
    print("changed:", ", ".join(changed) or "nothing")


if __name__ == "__main__":
    main()
