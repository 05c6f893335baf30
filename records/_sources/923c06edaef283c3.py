"""Scaling: which simple law describes how error falls with more examples?  Fits to learning curves; nothing is trained.

The curves are those of `learning_curves.py`, handed over by the runs that measured them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from examples.recorder import Run


# --8<-- [start:laws]
def power_law(n: np.ndarray, error: np.ndarray) -> tuple[float, np.ndarray]:
    """Fit `error = a * n**-b`, a straight line when both axes are logarithmic.

    Args:
        n: Training examples, shape `(sizes,)`.
        error: Share of wrong answers, above 0, shape `(sizes,)`.

    Returns:
        The exponent `b` and the fitted errors, shape `(sizes,)`.

    Source:
        J. Hestness et al., Deep Learning Scaling is Predictable, Empirically (2017), https://arxiv.org/abs/1712.00409.
    """
    slope, intercept = np.polyfit(np.log(n), np.log(error), 1)
    return float(-slope), np.exp(intercept) * n**slope


def straight(x: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Fit a straight line in *x* and return its errors, shape `(sizes,)`."""
    return np.asarray(np.polyval(np.polyfit(x, error, 1), x))


def explained(error: np.ndarray, fitted: np.ndarray) -> float:
    """Return the share of the variance that a fit explains: 1 is all, 0 no more than the mean does."""
    return float(1 - ((error - fitted) ** 2).sum() / ((error - error.mean()) ** 2).sum())


# --8<-- [end:laws]


# --8<-- [start:describe]
def describe(run: Run, results: Mapping[int, float]) -> None:
    """Record how well three laws describe one seed's curve.

    Args:
        run: Gets the exponent of the power law and the share each law explains.
        results: Test accuracy by number of training examples.
    """
    n = np.array(sorted(results), dtype=float)
    error = np.array([max(1 - results[int(size)], 1e-3) for size in n])
    exponent, fitted = power_law(n, error)
    run.summary["exponent"] = exponent
    run.summary["r2_power"] = explained(error, fitted)
    run.summary["r2_log"] = explained(error, straight(np.log(n), error))
    run.summary["r2_linear"] = explained(error, straight(n, error))
    run.summary["n_sizes"] = len(n)


def fit_curve(run: Any, upstream: str) -> None:
    """Fit the curve of the run named *upstream*, of this run's own seed."""
    rows = [row for row in run.inputs.all(upstream) if row.seed == run.seed]
    describe(run, {row.params["n"]: row.metrics["test_acc"] for row in rows})


# --8<-- [end:describe]
