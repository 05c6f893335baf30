"""Section C: what is measured is a number that can be shown, or the line that logged it is named."""

from __future__ import annotations

from faults.case import Case, fails, passes, warns

LOG = "from mkdocs_dlplugin import run\n"

_NAMES = (
    ("nothing", ""),
    ("ten thousand characters", "m" * 10_000),
    ("HTML", "<img src=x onerror=alert(1)>"),
    ("a path", "../x"),
    ("a prototype", "__proto__"),
    ("a dot", "a.b"),
    ("a line break", "a\\nb"),
)

NAMES = [
    fails(
        f"C9 a metric named by {what}",
        f"{LOG}run.log({{'{name}': 1.0}})  # here",
        r"BadName: .*(cannot be the name of a metric|is no name)",
    )
    for what, name in _NAMES
]

CASES: list[Case] = [
    fails(
        "C1 a last value that is nan",
        LOG + "for i in range(5):\n    run.log({'acc': float('nan') if i > 2 else 0.5})  # here",
        r"metric 'acc' is nan at step 4 \(first at step 3\)",
    ),
    fails("C1 an infinite summary", LOG + "run.summary['acc'] = float('inf')  # here", "metric 'acc' is inf"),
    warns(
        "C2 nan inside a series",
        LOG + "for i in range(120):\n    run.log({'loss': 1.0 / i if i < 37 and i else float('nan')}, step=i)\n"
        "run.summary['loss'] = 2.0",
        "series 'loss': 84 of 120 points are not finite, the first at step 0",
    ),
    passes(
        "C3 C4 a million points logged in a tight loop",
        LOG + "for i in range(1_000_000): run.log({'loss': 1.0 / (i + 1)})",
    ),
    passes(
        "C5 numbers of other kinds",
        LOG + "from decimal import Decimal\nfrom fractions import Fraction\n"
        "run.log({'a': Decimal('0.25'), 'b': Fraction(1, 4), 'c': True})\nprint(dict(run.summary))",
        shows=r"'a': 0\.25, 'b': 0\.25, 'c': 1",
    ),
    *(
        fails(
            f"C6 a metric that is {what}", f"{LOG}run.log({{'acc': {value}}})  # here", f"NotANumber: 'acc' is a {kind}"
        )
        for what, value, kind in (
            ("text", "'0.9'", "str"),
            ("None", "None", "NoneType"),
            ("an object", "object()", "object"),
            ("complex", "1j", "complex"),
            ("a list", "[0.1]", "list"),
        )
    ),
    fails(
        "C8 an object that raises when it is asked",
        LOG + "class Odd:\n    shape = ()\n    def item(self):\n        raise OSError('odd')  # here\n\n"
        "run.log({'acc': Odd()})",
        "OSError: odd",
    ),
    fails(
        "C8 an object that exits when it is shown",
        "import os\nclass Odd:\n    def __repr__(self):\n        os._exit(0)\n\nOdd()",
        r"Exited \(code 0\)",
    ),
    *NAMES,
    passes("C9 a metric named by other letters", LOG + "run.log({'Genauigkeit_ä': 1.0, 'val/loss': 2.0, 'top 5': 3})"),
    passes(
        "C10 a metric logged twice",
        LOG + "run.log({'acc': 0.1})\nrun.log({'acc': 0.2})\nprint(run.summary['acc'])",
        shows="0.2",
    ),
    fails(
        "C10 a declared metric that never comes",
        "x = 1",
        "'auc' is not a variable of the code when it ends",
        options='metrics="auc"',
    ),
    Case(
        "C10 a metric in some seeds only",
        LOG + "run.log({'acc': run.seed})\nif run.seed not in (2, 4): run.log({'auc': 0.5})",
        r"{here}: run 'bad': metric 'auc' is missing in seeds 2, 4\.",
        3,
        options="seeds=5",
        kept=tuple(f"bad/_/{seed}" for seed in range(5)),
        shows="auc",
    ),
    passes(
        "C11 extreme numbers",
        LOG + "values = [-0.0, 1e308, 1e-300, 2 ** 53 + 1, 0.1 + 0.2]\n"
        "for i, value in enumerate(values): run.log({f'm{i}': value})",
    ),
    warns(
        "C12 steps that go backwards",
        LOG + "for i in (0, 1, 5, 3, 4): run.log({'loss': float(i)}, step=i)",
        "series 'loss': steps go backwards at 3",
    ),
    Case(
        "C13 seeds that change nothing",
        LOG + "run.log({'acc': 0.5, 'n_params': 3})",
        r"WARNING +- +{here}: run 'bad': 5 seeds gave the same 'acc': is the seed used\?",
        0,
        options="seeds=5",
        kept=tuple(f"bad/_/{seed}" for seed in range(5)),
    ),
    passes("C14 one seed", LOG + "run.log({'acc': 0.5})", shows="for 1 seed"),
]
