from examples.noisy_labels import load
from mkdocs_dlplugin import run

data = load(run.seed, 40)
pairs = list(zip(data.given, data.true))[:12]
labels = [f"{given}" if given == true else f"{given}, truly {true}" for given, true in pairs]
run.images("digit", data.x_train[:12].reshape(-1, 8, 8), labels=labels)
run.summary["n_classes"] = len(set(data.true))
run.summary["n_valid"] = len(data.x_valid)