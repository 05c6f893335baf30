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

from examples import mnist1d, tuning  # noqa: E402 - only where the data can be drawn

ROOT = Path(__file__).parent.parent
CLASSICAL = ["logreg", "forest", "boosting", "svm"]
NETWORKS = ["mlp", "mlp-deep", "cnn", "gru"]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Draw small data sets once, and train small forests, so that a test takes moments."""
    from mnist1d import data

    whole, kept = data.make_dataset, {}

    def make_dataset(args):
        if args.seed not in kept:
            args.num_samples = 400
            kept[args.seed] = whole(args)
        return kept[args.seed]

    monkeypatch.setattr(data, "make_dataset", make_dataset)
    quick = {"forest": {"max_features": 2}, "boosting": {"rounds": 2}, "mlp-deep": {"hidden": 16}}
    monkeypatch.setattr(mnist1d, "SETTINGS", {m: {**s, **quick.get(m, {})} for m, s in mnist1d.SETTINGS.items()})


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
    assert (run.summary["n_train"], run.summary["n_test"]) == (100, 80)
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

    model = networks.build("mlp", mnist1d.SETTINGS["mlp"], 0)
    x, y = torch.zeros(10, 40), torch.zeros(10, dtype=torch.long)
    snapshots = networks.fit(model, x, y, seed=0, learning_rate=0.01, weight_decay=0.0, steps=300)

    assert [snapshot.step for snapshot in snapshots] == list(range(10, 301, 10))


def test_a_network_learns_what_it_is_shown():
    torch = pytest.importorskip("torch")
    from examples import networks

    data = mnist1d.load(0, 20)
    x, y = torch.as_tensor(data.x_train, dtype=torch.float32), torch.as_tensor(data.y_train)
    model = networks.build("cnn", mnist1d.SETTINGS["cnn"], 0)
    networks.fit(model, x, y, seed=0, learning_rate=0.01, weight_decay=0.0, steps=120)

    assert networks.accuracy(model, x, y) > 0.9


@pytest.mark.parametrize("model", tuning.MODELS)
def test_the_settings_in_use_are_among_those_that_the_search_tried(model):
    assert USED[model] in tuning.candidates(model)


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
    assert 0.1 <= run.summary["chance"] < 0.5
    assert (tmp_path / "signals.png").stat().st_size > 1000


def test_the_terminal_prints_what_was_measured(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mnist1d", "logreg", "--n", "50"])
    mnist1d.main()

    assert re.search(r"^test_acc +0\.\d+$", capsys.readouterr().out, re.MULTILINE)


def test_classical_models_do_not_wait_for_torch():
    source = (ROOT / "examples" / "mnist1d.py").read_text(encoding="utf-8")

    assert "torch" not in source.replace("wait for torch", "")


@pytest.mark.parametrize("page", ["docs/compare/accuracy.md", "examples/quickstart/docs/index.md"])
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


USED = dict(mnist1d.SETTINGS)
"""The settings as the pages use them, before tests make them small."""
