"""The records of this site: what the page about runs and hardware says of all of them."""

from __future__ import annotations

import json
from pathlib import Path

RECORDS = Path(__file__).parent.parent / "records"


def provenance(name: str) -> set:
    """Gather what the results say of their making, from all of them."""
    files = (file for run in RECORDS.glob("[!_]*") for file in run.glob("*/*.json"))
    return {json.loads(file.read_text("utf-8"))["provenance"][name] for file in files}


def test_all_results_are_of_one_machine_its_processor_and_one_thread():
    environments = [json.loads(file.read_text("utf-8")) for file in (RECORDS / "_environments").glob("*.json")]

    assert len({(made["cpu"], made["os"], made["python"]) for made in environments}) == 1
    assert {(made["device"], made["threads"]) for made in environments} == {("cpu", 1)}


def test_all_results_are_of_code_that_was_committed():
    assert provenance("dirty") == {False}
    assert all(provenance("commit"))
