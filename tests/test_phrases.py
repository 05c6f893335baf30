"""A check reads as a sentence, with the names and units that readers know."""

from __future__ import annotations

import pytest

from mkdocs_dlplugin.expressions import Ref, parse_check
from mkdocs_dlplugin.model import Metric, Where
from mkdocs_dlplugin.phrases import Phrases

LABELS = {"cnn": "CNN", "forest": "Random forest"}
METRICS = {
    "acc": Metric("acc", "Test accuracy", style="percent"),
    "loss": Metric("loss"),
    "n": Metric("n", "Parameters", kind="exact"),
    "s": Metric("s", "Training", unit="s", kind="timing"),
    "mse": Metric("mse", "MSE"),
}


def say(text: str, margin: str = "") -> str:
    def label(ref: Ref) -> str:
        return LABELS[ref.run] + (f" (n={dict(ref.point)['n']})" if ref.point else "")

    check = parse_check(text, Where("p.md", 1))
    return Phrases(label, lambda ref: METRICS[ref.metric], margin).check(check).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("check", "margin", "sentence"),
    [
        ("cnn.acc > forest.acc", "±1 pp", "The test accuracy of CNN is higher than that of Random forest."),
        ("cnn.mse < forest.mse", "", "The MSE of CNN is lower than that of Random forest."),
        ("cnn(n=10).acc > cnn(n=20).acc", "", "The test accuracy of CNN (n=10) is higher than that of CNN (n=20)."),
        (
            "cnn.acc >= forest.acc",
            "±1 pp",
            "The test accuracy of CNN is not lower than that of Random forest by more than 1 pp.",
        ),
        ("cnn.acc <= forest.acc", "", "The test accuracy of CNN is not higher than that of Random forest."),
        (
            "cnn.acc ~ forest.acc",
            "±1 pp",
            "The test accuracy of CNN differs from that of Random forest by no more than 1 pp.",
        ),
        ("cnn.acc > cnn.mse", "", "The test accuracy of CNN is higher than its MSE."),
        ("cnn.n > forest.n", "", "CNN has more parameters than Random forest."),
        ("cnn.s > forest.s", "a factor of 1.25", "Training: CNN takes longer than Random forest."),
        (
            "cnn.acc - forest.acc >= 0.05",
            "",
            "The test accuracy of CNN exceeds that of Random forest by at least 5 pp.",
        ),
        ("cnn.acc > 0.07", "", "The test accuracy of CNN is above 7 %."),
        ("0.9 > cnn.acc", "", "The test accuracy of CNN is below 90 %."),
        ("cnn.acc in [0.9, 0.955]", "", "The test accuracy of CNN lies between 90 % and 95.5 %."),
        ("60 > cnn.s", "", "Training: CNN takes less than 60 s."),
        ("cnn.s >= 60", "", "The training of CNN is at least 60 s."),
        ("cnn.n < 25000", "", "CNN has fewer than 25,000 parameters."),
        ("2 * cnn.n > 300", "", "2 times the parameters of CNN is above 300."),
        ("cnn.s > 2 * forest.s", "", "The training of CNN is higher than 2 times the training of Random forest."),
        (
            "cnn.acc / forest.acc > 1",
            "",
            "The test accuracy of CNN divided by the test accuracy of Random forest is above 1.",
        ),
        (
            "max(cnn.acc, forest.acc) < 1 - cnn.loss",
            "",
            "The largest of the test accuracy of CNN, the test accuracy of Random forest is lower than "
            "1 minus the loss of CNN.",
        ),
        ("log(cnn.loss) ~ -1", "±0.1", "The logarithm of the loss of CNN is within 0.1 of −1."),
    ],
)
def test_a_check_reads_as_a_sentence(check, margin, sentence):
    assert say(check, margin) == sentence
