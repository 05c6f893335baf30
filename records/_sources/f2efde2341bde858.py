import random

from mkdocs_dlplugin import run

points = [(random.gauss(side, 1), random.gauss(side, 1), side) for side in (-1, 1) for _ in range(200)]
random.shuffle(points)
train, test = points[:300], points[300:]
print(f"{len(train)} points to learn from, {len(test)} to test on")

a = b = c = 0.0
for _ in range(3):
    mistakes = 0
    for x, y, side in train:
        if side * (a * x + b * y + c) <= 0:
            a, b, c, mistakes = a + side * x, b + side * y, c + side, mistakes + 1
    print(mistakes, "mistakes")

run.summary["test_acc"] = sum(side * (a * x + b * y + c) > 0 for x, y, side in test) / len(test)
run.summary["test_acc"]