"""Tables: linear models, trees and networks on rows and columns, real ones and ones whose rule we know.

Each family tries equally many settings and lets the same validation rows choose.  Try one at the terminal:
`python -m examples.tables boosting credit --seed 0`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_friedman1
from sklearn.model_selection import train_test_split

from examples.recorder import PlainRun, Run

Settings = Mapping[str, Any]
"""Hyper-parameters of one model."""

REAL = ("cancer", "wine", "diabetes")
"""Finite tables that come with scikit-learn; a seed splits them anew."""
MADE = ("credit", "credit-noise", "credit-rotated", "friedman")
"""Tables that a seed draws anew."""
TARGETS = ("diabetes", "friedman")
"""Tables whose last column is a quantity to be predicted, not a class."""

ROWS = 3000
"""Rows to learn from in a table that is drawn."""
ROWS_TEST = 2000
"""Rows to be tested on in a table that is drawn."""
TEST_SHARE = 0.3
"""Share of a real table that is kept for testing."""
VALID_SHARE = 0.2
"""Share of the rows to learn from that choose settings and the moment to stop."""

USELESS = 40
"""Columns of pure chance in the table `credit-noise`."""
WRONG = 0.08
"""Share of the answers in the credit tables that are turned around, so nobody can be right more often than 92 %."""

COLUMNS = (
    "age", "income", "debt", "months", "north", "east", "south", "west", "coast", "hills", "late", "children", "score",
)  # fmt: skip
"""The columns of the credit table: six of them say which of six regions a customer lives in."""

ROUNDS = 100
"""Boosting rounds of each trial."""
TREES = 80
"""Trees of each forest."""
STEPS = {"real": 150, "made": 300}
"""Updates of each network; a real table is about a tenth as long as a made one."""
BATCH = 200
"""Rows per update."""
EVERY = 15
"""Updates between two looks at the validation rows, the best of which is kept."""


# --8<-- [start:rule]
def defaults(age: Any, income: Any, debt: Any, months: Any, region: Any, late: Any, children: Any, score: Any) -> Any:
    """Say who does not pay back, by the rules of an invented bank; arrays of shape `(n,)` in, booleans out.

    Args:
        age: In years.
        income: A year, in any currency.
        debt: In the same currency.
        months: As a customer.
        region: 0 to 5, names without an order.
        late: Payments that came late.
        children: In the household.
        score: Of a credit bureau, about 600.
    """
    careless = (late >= 2) & (months < 60)
    stretched = (debt / income > 0.4) & (score < 620)
    young = (age < 25) & np.isin(region, (1, 4))
    odd = (score > 690) & (children == 3) & (months > 120)
    return careless | stretched | young | odd


def credit(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw customers of the invented bank.

    Returns:
        Columns as in `COLUMNS`, shape `(n, 13)`, and whether each is recorded as not paying back, 0 or 1, shape
        `(n,)`; eight in a hundred records are wrong.
    """
    chance = np.random.default_rng(seed)
    income = np.exp(chance.normal(10.3, 0.6, n))
    who = {
        "age": chance.integers(18, 80, n),
        "income": income,
        "debt": income * chance.beta(1.2, 3, n),
        "months": chance.integers(0, 240, n),
        "region": chance.integers(0, 6, n),
        "late": chance.poisson(0.6, n),
        "children": chance.integers(0, 4, n),
        "score": chance.normal(600, 80, n),
    }
    bad = defaults(**who) ^ (chance.random(n) < WRONG)
    regions = (who.pop("region")[:, None] == np.arange(6)).astype(float)
    first, last = [who[c] for c in COLUMNS[:4]], [who[c] for c in COLUMNS[10:]]
    return np.column_stack([*first, regions, *last]), bad.astype(int)


# --8<-- [end:rule]


# --8<-- [start:data]
@dataclass(frozen=True)
class Table:
    """One table, in four parts that share no row."""

    x_fit: np.ndarray
    """Rows that models are fitted to, shape `(n, columns)`; each column with mean 0 and spread 1."""
    y_fit: np.ndarray
    """Classes (whole numbers) or quantities (with mean 0 and spread 1), shape `(n,)`."""
    x_valid: np.ndarray
    """Rows that choose between settings."""
    y_valid: np.ndarray
    x_test: np.ndarray
    """Rows looked at once, at the end."""
    y_test: np.ndarray

    @property
    def classes(self) -> int:
        """How many classes there are; 0 where a quantity is asked for."""
        return int(self.y_fit.max()) + 1 if np.issubdtype(self.y_fit.dtype, np.integer) else 0


def load(table: str, seed: int, rows: int = ROWS) -> Table:
    """Split a real table anew, or draw a made one anew.

    Args:
        table: One of `REAL` or `MADE`.  `credit-noise` and `credit-rotated` hold the customers of `credit`.
        seed: Decides the split or every row.
        rows: To learn from, in a table that is drawn.

    Source:
        Breast Cancer Wisconsin (Diagnostic), https://doi.org/10.24432/C5DW2B; Wine, https://doi.org/10.24432/C5PC7J;
        Diabetes, Efron, Hastie, Johnstone and Tibshirani (2004), Least angle regression, Annals of Statistics 32(2);
        Friedman (1991), Multivariate adaptive regression splines, Annals of Statistics 19(1).
    """
    if table in REAL:
        x, y = {"cancer": load_breast_cancer, "wine": load_wine, "diabetes": load_diabetes}[table](return_X_y=True)
        classes = y if table not in TARGETS else None
        x, x_test, y, y_test = train_test_split(x, y, test_size=TEST_SHARE, stratify=classes, random_state=seed)
    elif table == "friedman":
        x, y = make_friedman1(rows + ROWS_TEST, noise=1.0, random_state=seed)
        x, x_test, y, y_test = x[:rows], x[rows:], y[:rows], y[rows:]
    else:
        x, y = credit(rows + ROWS_TEST, seed)
        chance = np.random.default_rng([seed, 1])
        if table == "credit-noise":
            x = np.column_stack([x, chance.normal(size=(len(x), USELESS))])
        if table == "credit-rotated":
            x = rotated(standard(x, x[:rows]), chance)
        x, x_test, y, y_test = x[:rows], x[rows:], y[:rows], y[rows:]
    x, x_test = standard(x, x), standard(x_test, x)
    if table in TARGETS:
        y, y_test = standard(y, y), standard(y_test, y)
    classes = y if table not in TARGETS else None
    x, x_valid, y, y_valid = train_test_split(x, y, test_size=VALID_SHARE, stratify=classes, random_state=seed)
    return Table(x, y, x_valid, y_valid, x_test, y_test)


def standard(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Shift and stretch each column so that the rows in *known* have mean 0 and spread 1."""
    return (values - known.mean(0)) / known.std(0)


def rotated(x: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Replace the columns by as many weighted sums of all of them; nothing is lost, turning back restores all.

    Args:
        x: Columns of like spread, shape `(n, columns)`.
        chance: Chooses the direction of each new column; they stand at right angles.
    """
    directions, _ = np.linalg.qr(chance.normal(size=(x.shape[1], x.shape[1])))
    return x @ directions


# --8<-- [end:data]


# --8<-- [start:settings]
TRIALS: Mapping[str, Sequence[Settings]] = {
    "linear": [{"strength": 1.0}, {"strength": 10.0}],
    "forest": [{"columns": "sqrt", "leaf": 1}, {"columns": "sqrt", "leaf": 3}],
    "boosting": [
        {"learning_rate": 0.1, "leaves": 4, "smallest": 10},
        {"learning_rate": 0.1, "leaves": 15, "smallest": 10},
    ],
    "shallow": [
        {"width": 128, "learning_rate": 0.003, "dropout": 0.0, "weight_decay": 0.01},
        {"width": 128, "learning_rate": 0.01, "dropout": 0.2, "weight_decay": 0.01},
    ],
    "mlp": [
        {"width": 128, "learning_rate": 0.003, "dropout": 0.0, "weight_decay": 0.01},
        {"width": 128, "learning_rate": 0.01, "dropout": 0.2, "weight_decay": 0.01},
    ],
    "resnet": [
        {"width": 64, "learning_rate": 0.003, "dropout": 0.0, "weight_decay": 0.01},
        {"width": 64, "learning_rate": 0.01, "dropout": 0.2, "weight_decay": 0.01},
    ],
}
"""Two settings for each family, written down before any test row was looked at."""
# --8<-- [end:settings]


# --8<-- [start:measure]
def train(run: Run, model: str) -> None:
    """Fit one family with each of its settings, keep what does best on the validation rows, and test it once.

    Records ``test_acc`` and ``train_acc`` or, where a quantity is predicted, ``test_r2`` and ``train_r2``, the share
    of its variance that is explained; ``train_s`` is the time of all trials together.
    """
    name = run.config["table"]
    table = load(name, run.seed, run.config.get("rows", ROWS))
    steps = run.config.get("steps", STEPS["real" if name in REAL else "made"])
    with run.timer("train_s"):
        tried = [fit(model, settings, table, run.seed, steps) for settings in TRIALS[model]]
    chosen = min(tried, key=lambda answer: error(answer(table.x_valid), table.y_valid, table.classes))
    score = accuracy if table.classes else explained
    metric = "acc" if table.classes else "r2"
    run.summary[f"test_{metric}"] = score(chosen(table.x_test), table.y_test)
    run.summary[f"train_{metric}"] = score(chosen(table.x_fit), table.y_fit)
    run.summary["trials"] = len(tried)
    run.summary["n_train"] = len(table.x_fit) + len(table.x_valid)
    run.summary["n_test"] = len(table.x_test)


def fit(model: str, settings: Settings, table: Table, seed: int, steps: int) -> Any:
    """Fit one model.

    Returns:
        A function from rows, shape `(n, columns)`, to the probability of each class, shape `(n, classes)`, or to the
        quantity, shape `(n,)`.
    """
    if model in NETWORKS:
        return network(model, settings, table, seed, steps)
    fitted = {"linear": linear, "forest": forest, "boosting": boosting}[model](settings, seed, table.classes > 0)
    fitted.fit(table.x_fit, table.y_fit)
    return fitted.predict_proba if table.classes else fitted.predict


def error(said: np.ndarray, true: np.ndarray, classes: int) -> float:
    """Return the mean squared error of the probabilities (Brier's score) or of the quantity; 0 is perfect."""
    wanted = np.eye(classes)[true] if classes else true
    return float(((said - wanted) ** 2).mean())


def accuracy(probabilities: np.ndarray, true: np.ndarray) -> float:
    """Return the share of rows whose likeliest class is right."""
    return float((probabilities.argmax(1) == true).mean())


def explained(said: np.ndarray, true: np.ndarray) -> float:
    """Return R²: 1 is perfect, 0 is as good as always saying the mean."""
    return float(1 - ((said - true) ** 2).sum() / ((true - true.mean()) ** 2).sum())


# --8<-- [end:measure]


# --8<-- [start:linear]
def linear(settings: Settings, seed: int, classify: bool) -> Any:
    """Make a weighted sum of the columns: logistic regression for classes, ridge regression for quantities."""
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415 - a run loads only what it trains

    if classify:
        return LogisticRegression(C=1 / settings["strength"], max_iter=1000, random_state=seed)
    return Ridge(alpha=settings["strength"])


# --8<-- [end:linear]


# --8<-- [start:forest]
def forest(settings: Settings, seed: int, classify: bool) -> Any:
    """Make 80 trees that differ by chance and whose answers are averaged."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: PLC0415

    kind = RandomForestClassifier if classify else RandomForestRegressor
    return kind(TREES, max_features=settings["columns"], min_samples_leaf=settings["leaf"], random_state=seed)


# --8<-- [end:forest]


# --8<-- [start:boosting]
def boosting(settings: Settings, seed: int, classify: bool) -> Any:
    """Make up to 100 small trees one after the other, each mending what the sum so far gets wrong."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415

    kind = HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor
    return kind(
        max_iter=ROUNDS,
        learning_rate=settings["learning_rate"],
        max_leaf_nodes=settings["leaves"],
        min_samples_leaf=settings["smallest"],
        early_stopping=False,
        random_state=seed,
    )


# --8<-- [end:boosting]


# --8<-- [start:networks]
def network(model: str, settings: Settings, table: Table, seed: int, steps: int) -> Any:
    """Train a network and go back to the moment when it did best on the validation rows (early stopping)."""
    import torch  # noqa: PLC0415 - classical models do not wait for torch
    from torch import nn  # noqa: PLC0415

    from examples import training  # noqa: PLC0415

    def answer(x: np.ndarray) -> np.ndarray:
        said = training.scores(net, torch.as_tensor(x, dtype=torch.float32), 4096)
        return (said.softmax(1) if table.classes else said[:, 0]).numpy()

    def watch(*_: float) -> None:
        nonlocal best
        now = error(answer(table.x_valid), table.y_valid, table.classes)
        if now < best[0]:
            best = now, {name: value.clone() for name, value in net.state_dict().items()}

    torch.manual_seed(seed)
    net = NETWORKS[model](table.x_fit.shape[1], max(table.classes, 1), settings)
    best: tuple[float, Any] = float("inf"), net.state_dict()
    x, y = training.tensors(table.x_fit, table.y_fit if table.classes else table.y_fit[:, None])
    training.fit(
        net, x, y,
        seed=seed,
        steps=steps,
        batch=BATCH,
        learning_rate=settings["learning_rate"],
        weight_decay=settings["weight_decay"],
        loss=nn.functional.cross_entropy if table.classes else nn.functional.mse_loss,
        watch=watch,
        every=EVERY,
    )  # fmt: skip
    net.load_state_dict(best[1])
    return answer


def shallow(columns: int, outputs: int, settings: Settings) -> Any:
    """Make a network with one hidden layer."""
    from torch import nn  # noqa: PLC0415

    width, rest = settings["width"], settings["dropout"]
    return nn.Sequential(nn.Linear(columns, width), nn.ReLU(), nn.Dropout(rest), nn.Linear(width, outputs))


def mlp(columns: int, outputs: int, settings: Settings) -> Any:
    """Make a network with two hidden layers."""
    from torch import nn  # noqa: PLC0415

    width, rest = settings["width"], settings["dropout"]
    return nn.Sequential(
        nn.Linear(columns, width), nn.ReLU(), nn.Dropout(rest),
        nn.Linear(width, width), nn.ReLU(), nn.Dropout(rest),
        nn.Linear(width, outputs),
    )  # fmt: skip


def resnet(columns: int, outputs: int, settings: Settings) -> Any:
    """Make a deeper network: two blocks, each of which adds a correction to what comes in.

    Source:
        Gorishniy, Rubachev, Khrulkov and Babenko (2021), Revisiting deep learning models for tabular data,
        https://arxiv.org/abs/2106.11959.
    """
    from torch import nn  # noqa: PLC0415

    width = settings["width"]

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.correction = nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.ReLU(), nn.Dropout(settings["dropout"]),
                nn.Linear(2 * width, width),
            )  # fmt: skip

        def forward(self, x: Any) -> Any:
            return x + self.correction(x)

    last = [nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, outputs)]
    return nn.Sequential(nn.Linear(columns, width), *(Block() for _ in range(2)), *last)


NETWORKS = {"shallow": shallow, "mlp": mlp, "resnet": resnet}

# --8<-- [end:networks]


# --8<-- [start:describe]
@dataclass(frozen=True)
class Rows:
    """A few rows, shown as a table."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def _repr_markdown_(self) -> str:
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def describe(run: Run) -> None:
    """Count rows and columns of a table, and how often always the same answer is right."""
    table = load(run.config["table"], run.seed)
    run.summary["n_train"] = len(table.x_fit) + len(table.x_valid)
    run.summary["n_test"] = len(table.x_test)
    run.summary["n_columns"] = table.x_fit.shape[1]
    if table.classes:
        run.summary["n_classes"] = table.classes
        run.summary["chance"] = float(np.bincount(table.y_test).max() / len(table.y_test))


def sample(run: Run, rows: int = 5) -> Rows:
    """Show the first customers, and count how often the bank's own rule agrees with the records."""
    x, y = credit(20_000, run.seed)
    seen = dict(zip(COLUMNS, x.T, strict=True))
    region = x[:, 4:10].argmax(1)
    rule = defaults(region=region, **{c: seen[c] for c in (*COLUMNS[:4], *COLUMNS[10:])})
    run.summary["best_possible"] = float((rule == y).mean())
    run.summary["share_bad"] = float(y.mean())
    names = ["age", "income", "debt", "months", "region", "late", "children", "score", "pays back"]
    shown = [
        [*(f"{value:,.0f}" for value in x[i, :4]), COLUMNS[4 + region[i]], *(f"{value:.0f}" for value in x[i, 10:])]
        for i in range(rows)
    ]
    return Rows(names, [[*line, "no" if bad else "yes"] for line, bad in zip(shown, y, strict=False)])


# --8<-- [end:describe]


def main() -> None:
    """Train one family on one table at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Train one family on one table and print what was measured.")
    parser.add_argument("model", choices=sorted(TRIALS))
    parser.add_argument("table", choices=[*REAL, *MADE])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed, config={"table": given.table})
    train(run, given.model)
    run.tell()


if __name__ == "__main__":
    main()
