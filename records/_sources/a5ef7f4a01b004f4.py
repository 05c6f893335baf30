from sklearn.datasets import load_digits


class Facts:
    def __init__(self, **facts):
        self.facts = facts

    def _repr_html_(self):
        return "<dl>" + "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in self.facts.items()) + "</dl>"


pictures, labels = load_digits(return_X_y=True)
Facts(Pictures=f"{len(pictures):,}", Classes=len(set(labels)), Ink=f"<b>{pictures.mean() / 16:.0%}</b> of all pixels")