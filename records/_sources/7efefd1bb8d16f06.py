import altair
from sklearn.datasets import load_digits

digits = load_digits(as_frame=True)
ink = digits.data.sum(axis=1).groupby(digits.target.rename("digit")).mean().rename("ink").reset_index()
altair.Chart(ink).mark_bar().encode(
    x=altair.X("digit:O", title="Digit").axis(labelAngle=0), y=altair.Y("ink", title="Sum of pixels")
)