from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier


class Report:
    def __init__(self, lines):
        self.lines = lines

    def _repr_markdown_(self):
        return "\n".join(self.lines)


x, y = load_digits(return_X_y=True)
named = KNeighborsClassifier(1).fit(x[:1000], y[:1000]).predict(x[1000:])
lines = ["# Report of a run", "", "| digit | missed |", "| --- | --: |"]
lines += [f"| {digit} | {(named != y[1000:])[y[1000:] == digit].sum()} |" for digit in range(10)]
lines += ["", "## What it is", "", "The *nearest* of 1,000 pictures names each of the other 797."]
Report(lines)