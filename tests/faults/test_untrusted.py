"""A pull request of a stranger: nothing of it executes, whatever it changes, and CI gives it no secrets."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from faults.project import Built, Project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

ROOT = Path(__file__).parents[2]

NEVER = {"DLPLUGIN_EXECUTION": "never"}

PAGE = """\
# Page

```python {run="x"}
from mkdocs_dlplugin import run
run.summary["v"] = 41 + 1
```

The answer is `{run} x.v`.
"""

OTHER = (
    '# Other\n\n```python {run="y"}\nfrom mkdocs_dlplugin import run\nrun.summary["v"] = 7\n```\n\nIt is `{run} y.v`.\n'
)

STRANGE = PAGE.replace("41 + 1", "open('SENTINEL', 'w').write('executed')")

AUDIT = """\
import atexit, os, sys
from pathlib import Path
seen = []
outside = {"os.fork", "os.posix_spawn", "subprocess.Popen", "os.exec", "os.system", "socket.connect", "pty.spawn"}
def hear(event, arguments):
    if event in outside:
        seen.append(event)
    elif event == "exec" and getattr(arguments[0], "co_filename", "").endswith((".md", "helper.py")):
        seen.append(f"exec {arguments[0].co_filename}")
    elif event == "import" and arguments[0] == "helper":
        seen.append("import helper")
sys.addaudithook(hear)
atexit.register(lambda: Path("audit.txt").write_text("\\n".join(seen)))
def on_config(config):
    return config
"""


def in_folder(root: Path) -> Project:
    return Project(root, {"sandbox": "off"}, {"hooks": ["audit.py"]})


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project whose maintainer has recorded two results, built once for all tests."""
    project = in_folder(tmp_path_factory.mktemp("recorded") / "project")
    project.write("audit.py", AUDIT)
    project.write("docs/index.md", PAGE)
    project.write("docs/other.md", OTHER)
    assert project.build().code == 0
    return project.root


@pytest.fixture
def project(recorded: Path, tmp_path: Path) -> Project:
    """A copy of that project as another clone has it; runs of it could write where they like."""
    return in_folder(Path(shutil.copytree(recorded, tmp_path / "project", symlinks=True)))


def executed(built: Built) -> bool:
    return (built.root / "SENTINEL").exists()


def heard(built: Built) -> list[str]:
    return (built.root / "audit.txt").read_text().split("\n")


def test_i9_where_nothing_may_run_a_changed_block_is_named_and_the_others_are_shown(project: Project):
    project.write("docs/index.md", STRANGE)
    built = project.build(environ=NEVER)

    assert built.code == 4, built.said
    assert re.search(r"docs/index\.md:3: the recorded result of run 'x' is stale: the code .*changed", built.said)
    assert "mkdocs-dlplugin run" in built.said
    assert not executed(built)
    assert heard(built) == [""]
    assert "It is 7" in built.page("other")
    assert 'class="dl-error"' in built.html("")
    assert "1 of 2 runs lack a result (docs/index.md:3); 1 kept." in built.said


def test_i9_the_same_page_would_have_executed(project: Project):
    project.write("docs/index.md", STRANGE)
    built = project.build()

    assert executed(built)
    assert {"subprocess.Popen"} <= set(heard(built))


@pytest.mark.parametrize("execution", ["force", "auto"])
def test_i10_a_changed_mkdocs_yml_does_not_set_the_code_free(project: Project, execution: str):
    project.write("docs/index.md", STRANGE)
    project.settings = {"sandbox": "off", "execution": execution}
    project.configure()
    built = project.build(environ=NEVER)

    assert built.code == 4
    assert not executed(built)
    assert heard(built) == [""]


def test_i10_nor_do_records_that_come_with_it(project: Project):
    project.write("docs/index.md", STRANGE)
    for record in project.root.glob("records/x/_/*.json"):
        record.write_text("{}")
    built = project.build(environ=NEVER)

    assert built.code == 4
    assert not executed(built)
    assert heard(built) == [""]


@pytest.mark.parametrize("command", ["run", "status", "check", "why x"])
def test_i10_nor_does_the_command_line(project: Project, command: str):
    project.write("docs/index.md", STRANGE)
    built = project.build("-m", "mkdocs_dlplugin", *command.split(), command=(), environ=NEVER)

    assert not executed(built)
    assert "Traceback" not in built.said
    assert built.code == (0 if command.startswith(("status", "why")) else 4), built.said


@pytest.mark.parametrize("word", ["always", "auto", "Never"])
def test_i10_a_word_in_the_environment_that_does_not_tighten_is_refused(project: Project, word: str):
    project.write("docs/index.md", STRANGE)
    built = project.build(environ={"DLPLUGIN_EXECUTION": word})

    assert built.code == 1
    assert "can only tighten" in built.said
    assert not executed(built)


def test_i10_a_helper_module_is_not_imported_either(project: Project):
    project.write("helper.py", "open('SENTINEL', 'w')\n")
    project.write("docs/index.md", PAGE.replace("from mkdocs_dlplugin", "import helper\nfrom mkdocs_dlplugin"))
    built = project.build(environ=NEVER)

    assert built.code == 4
    assert not executed(built)
    assert heard(built) == [""]


WITHOUT = "from mkdocs_dlplugin.engines import sandbox\n\nsandbox.version = lambda: 0\n"
"""What Python loads at its start, in every process, makes this machine one without Landlock."""


def without_landlock(project: Project) -> Built:
    project.write("early/sitecustomize.py", WITHOUT)
    project.write("docs/index.md", STRANGE)
    project.write("docs/other.md", OTHER)
    return project.build(environ={"PYTHONPATH": f"{project.root / 'early'}:{ROOT}"})


def test_i8_a_sandbox_that_is_required_and_not_there_refuses_to_run(tmp_path: Path):
    built = without_landlock(Project(tmp_path / "project", {"sandbox": "required"}))

    assert built.code in (1, 3), built.said
    assert "no Landlock" in built.said
    assert not executed(built)
    assert built.records == []


@pytest.mark.parametrize(("sandbox", "times"), [("auto", 1), ("off", 0)])
def test_i8_a_sandbox_that_is_not_there_is_said_once(tmp_path: Path, sandbox: str, times: int):
    built = without_landlock(Project(tmp_path / "project", {"sandbox": sandbox}))

    assert built.code == 0, built.said
    assert executed(built)
    assert built.said.count("Landlock") == times


# -- the recipe for CI ---------------------------------------------------------------------------------------------


def workflows() -> dict[str, dict[str, Any]]:
    """Read the workflows of this project, and those its documentation tells others to use."""
    found = {file.name: file.read_text("utf-8") for file in sorted((ROOT / ".github/workflows").glob("*.yml"))}
    recipe = (ROOT / "docs/plugin/faults.md").read_text("utf-8")
    for number, text in enumerate(re.findall(r"```yaml title=\"(?:[^\"]*)\"\n(.*?)```", recipe, re.DOTALL)):
        found[f"recipe {number}"] = text
    # Not the usual loader, to which the word `on` is a truth.
    return {name: yaml.load(text, yaml.BaseLoader) for name, text in found.items()}


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


@pytest.mark.parametrize("name", workflows())
def test_i12_a_workflow_gives_strangers_nothing(name: str):
    workflow = workflows()[name]
    text = yaml.safe_dump(workflow)
    triggers = workflow["on"] if isinstance(workflow["on"], dict | list) else [workflow["on"]]

    assert "pull_request_target" not in triggers
    assert workflow["permissions"], "without this, a token may do all that the repository's settings allow"
    assert "write" not in workflow["permissions"].values(), "what a job needs, the job asks for"
    for step in steps(workflow):
        if "uses" in step:
            assert re.search(r"@(v\d+(\.\d+)*|[0-9a-f]{40})$", step["uses"]), step
    if "pull_request" in triggers:
        assert "secrets." not in text
        assert not any("write" in job.get("permissions", {}).values() for job in workflow["jobs"].values())
    if "workflow_run" in triggers:
        assert not any("checkout" in step.get("uses", "") for step in steps(workflow)), "it would build with the token"
        assert not any("pip install" in step.get("run", "") for step in steps(workflow))


def test_i12_the_recipe_builds_without_executing_and_publishes_without_building():
    recipe = [workflow for name, workflow in workflows().items() if name.startswith("recipe")]
    building = [workflow for workflow in recipe if "pull_request" in workflow["on"]]
    publishing = [workflow for workflow in recipe if "workflow_run" in workflow["on"]]

    assert len(building) == len(publishing) == 1
    assert building[0]["env"]["DLPLUGIN_EXECUTION"] == "never"
    assert building[0]["permissions"] == {"contents": "read"}
    assert publishing[0]["on"]["workflow_run"]["workflows"] == [building[0]["name"]]
