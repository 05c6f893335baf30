"""The code behind the measured pages runs, repeats itself exactly, and plays by the rules the pages state."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
pytest.importorskip("mnist1d")

from examples import mnist1d, settings, tuning, winners  # noqa: E402 - only where the data can be drawn

ROOT = Path(__file__).parent.parent
CLASSICAL = list(mnist1d.CLASSICAL)
NETWORKS = ["mlp", "mlp-deep", "cnn", "gru"]
USED = dict(settings.winners())
"""The settings as the pages use them, before tests make them small."""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Test on few signals and train small forests, so that a test takes moments."""
    quick = {"forest": {"trees": 5}, "boosting": {"rounds": 2}, "mlp-deep": {"hidden": 16}}
    few = {name: {**one, **quick.get(name, {})} for name, one in USED.items()}
    monkeypatch.setattr(settings, "winners", lambda: few)


def train(model, seed=0, **arguments):
    """Train the model called *model* on 100 signals for six steps, and return what it recorded."""
    if model in NETWORKS:
        torch = pytest.importorskip("torch")
        torch.set_num_threads(1)
        from examples import networks as module
    else:
        module = mnist1d
    run = PlainRun(seed=seed, config={"n": 100, "steps": 6})
    getattr(module, "train_" + model.replace("-", "_"))(run, **arguments)
    return run


@pytest.mark.parametrize("model", CLASSICAL + NETWORKS)
def test_each_model_reports_what_the_page_shows(model):
    run = train(model)

    assert 0 <= run.summary["test_acc"] <= 1
    assert 0 <= run.summary["train_acc"] <= 1
    assert (run.summary["n_train"], run.summary["n_test"]) == (100, 1000)
    assert run.timings["train_s"] > 0


@pytest.mark.parametrize("model", CLASSICAL + NETWORKS)
def test_the_same_seed_gives_the_same_numbers_to_the_last_bit(model):
    first, second = train(model, seed=3), train(model, seed=3)

    assert first.summary == second.summary
    assert first.series == second.series


@pytest.mark.parametrize("model", ["svm", "cnn"])
def test_another_seed_gives_other_numbers(model):
    assert train(model, seed=0).summary != train(model, seed=1).summary


def test_two_seeds_share_no_signal():
    one, other = mnist1d.load(0), mnist1d.load(1)

    assert not {signal.tobytes() for signal in one.x_train} & {signal.tobytes() for signal in other.x_train}


def test_fewer_signals_are_the_first_of_many_and_the_test_stays_the_same():
    many, few = mnist1d.load(0, 100), mnist1d.load(0, 10)

    assert (few.x_train == many.x_train[:10]).all()
    assert (few.x_test == many.x_test).all()


def test_signals_are_those_of_the_published_code(monkeypatch):
    from mnist1d.data import get_dataset_args, get_templates
    from mnist1d.transform import transform as published

    chance = np.random.default_rng(5)
    digits = np.arange(10)
    drawn, templates = mnist1d.draws(10, chance), get_templates()
    theirs = []
    for i, digit in enumerate(digits):
        # What the published code asks of its generator, in its order: padding, size, tilt; the place; two noises.
        padding, size, tilt = (drawn[name][i] for name in ("padding", "size", "tilt"))
        even = iter([(padding - 36 + 0.5) / 25, (size - 1) / 0.4 + 0.5, tilt / 0.75 + 0.5])
        noise = iter([drawn["rough"][i] / 0.25, drawn["fine"][i] / 0.02])
        monkeypatch.setattr(np.random, "rand", lambda even=even: next(even))
        monkeypatch.setattr(np.random, "choice", lambda _, place=drawn["place"][i]: place)
        monkeypatch.setattr(np.random, "randn", lambda *_, noise=noise: next(noise))
        theirs.append(published(templates["x"][digit], templates["t"], get_dataset_args())[0])

    assert mnist1d.transform(digits, **drawn) == pytest.approx(np.array(theirs), abs=1e-6)


def test_signals_are_centred_and_every_digit_is_as_common():
    data = mnist1d.load(3, 2000)

    assert abs(data.x_train.mean()) < 0.02
    assert abs(data.x_train.std() - 1) < 0.02
    assert (np.bincount(data.y_test) == 100).all()
    assert (np.bincount(data.y_train) == 200).all()


def test_shuffling_moves_all_signals_in_the_same_way_and_loses_nothing():
    plain, shuffled = mnist1d.load(0), mnist1d.load(0, shuffled=True)
    order = [np.flatnonzero((plain.x_train == column[:, None]).all(axis=0))[0] for column in shuffled.x_train.T]

    assert sorted(order) == list(range(40))
    assert order != list(range(40))
    assert (shuffled.x_test == plain.x_test[:, order]).all()


@pytest.mark.parametrize("model", ["forest", "mlp", "cnn"])
def test_the_shuffled_controls_run(model):
    assert "test_acc" in train(model, shuffled=True).summary


@pytest.mark.parametrize("model", NETWORKS)
def test_a_network_has_a_curve_that_ends_in_its_accuracy(model):
    run = train(model)

    steps, curve = zip(*run.series["test_acc"], strict=True)
    assert steps == (1, 2, 3, 4, 5, 6)
    assert curve[-1] == run.summary["test_acc"]
    assert [step for step, _ in run.series["loss"]] == list(steps)
    assert run.summary["n_params"] > 0


def test_a_long_training_is_told_in_thirty_points():
    torch = pytest.importorskip("torch")
    from examples import networks

    model = networks.build("mlp", USED["mlp"], 0)
    x, y = torch.zeros(10, 40), torch.zeros(10, dtype=torch.long)
    snapshots = networks.fit(model, x, y, USED["mlp"], seed=0, steps=300)

    assert [snapshot.step for snapshot in snapshots] == list(range(10, 301, 10))


def test_a_network_learns_what_it_is_shown():
    torch = pytest.importorskip("torch")
    from examples import networks, training

    data = mnist1d.load(0, 20)
    x, y = torch.as_tensor(data.x_train, dtype=torch.float32), torch.as_tensor(data.y_train)
    model = networks.build("cnn", {"channels": 25, "dropout": 0.2}, 0)
    networks.fit(model, x, y, {"learning_rate": 0.01, "weight_decay": 0.0}, seed=0, steps=120)

    assert training.accuracy(model, x, y) > 0.9


def test_a_plain_run_tells_each_metric_and_timer_on_a_line(capsys):
    run = PlainRun(summary={"test_acc": 0.91234, "n_params": 5210}, timings={"train_s": 1.5})
    run.tell()

    assert capsys.readouterr().out == "test_acc 0.9123\nn_params 5,210\ntrain_s  1.5\n"


def test_the_settings_in_use_are_those_that_won_the_recorded_searches():
    assert winners.recorded() == USED


def test_no_recorded_search_found_better_settings_than_those_in_use():
    files = sorted((ROOT / "records").glob("*/*/*.json"))
    in_use = {
        str(file): metrics["in_use"]
        for file in files
        if "in_use" in (metrics := json.loads(file.read_text(encoding="utf-8")).get("metrics", {}))
    }

    assert in_use
    assert [file for file, used in in_use.items() if not used] == []


def test_every_model_gets_the_same_number_of_trials():
    tried = {model: tuning.candidates(model) for model in tuning.MODELS}

    assert {len(settings) for settings in tried.values()} == {tuning.TRIALS}
    assert all(not any(one in settings[i + 1 :] for i, one in enumerate(settings)) for settings in tried.values())


def test_a_search_draws_its_data_apart_from_those_of_the_measurements(monkeypatch):
    drawn = []
    monkeypatch.setattr(tuning, "load", lambda seed, n: drawn.append(seed) or mnist1d.load(seed, n))
    run = PlainRun(seed=0, config={"model": "svm", "trials": 2, "n": 50})
    tuning.tune(run)

    assert drawn == [1000]
    assert run.summary["trials"] == 2
    assert run.summary["best_val_acc"] == max(value for _, value in run.series["val_acc"])
    assert run.timings["search_s"] > 0


def test_a_search_trains_networks_too():
    pytest.importorskip("torch")
    run = PlainRun(config={"model": "cnn-few", "trials": 1, "steps": 2, "n": 50})
    tuning.tune(run)

    assert 0 <= run.summary["best_val_acc"] <= 1


def test_the_picture_counts_the_data_it_draws(tmp_path):
    pytest.importorskip("matplotlib")
    run = PlainRun()
    figure = mnist1d.draw(run)
    figure.savefig(tmp_path / "signals.png", dpi=50)

    assert run.summary["n_positions"] == 40
    assert run.summary["n_classes"] == 10
    assert run.summary["chance"] == 0.1
    assert (tmp_path / "signals.png").stat().st_size > 1000


def test_the_terminal_prints_what_was_measured(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mnist1d", "logreg", "--n", "50"])
    mnist1d.main()

    assert re.search(r"^test_acc +0\.\d+$", capsys.readouterr().out, re.MULTILINE)


def test_classical_models_do_not_wait_for_torch():
    for module in ("mnist1d", "serving", "settings"):
        assert "torch" not in (ROOT / "examples" / f"{module}.py").read_text(encoding="utf-8")


PAGES = [f"docs/compare/{page}.md" for page in ("accuracy", "data-size", "scaling", "cost", "hardware")]


@pytest.mark.parametrize("page", [*PAGES, "examples/quickstart/docs/index.md"])
def test_the_code_blocks_of_a_page_are_python_and_name_sections_that_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r'^```python \{run="[a-z-]+"(.*?)\}\n(.*?)^```', text, re.MULTILINE | re.DOTALL)

    assert blocks
    for options, code in blocks:
        compile(code, page, "exec")
        for path, section in re.findall(r'file="([^":]+):([^"]+)"', options):
            shown = (ROOT / path).read_text(encoding="utf-8")
            assert f"# --8<-- [start:{section}]" in shown
            assert f"# --8<-- [end:{section}]" in shown


def test_the_notebook_was_executed_and_names_no_folder_of_its_author():
    text = (ROOT / "examples" / "first_look.ipynb").read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]

    assert len(text) < 100_000
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")
    assert not re.search(r"/home/|/tmp/|/root/|/Users/|site-packages", text)
