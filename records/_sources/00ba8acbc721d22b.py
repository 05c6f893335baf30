from sklearn.datasets import load_digits

digits = load_digits(as_frame=True)
pixels = digits.data.describe().T[["mean", "std", "min", "max"]]
pixels.rename_axis("pixel")