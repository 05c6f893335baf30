import matplotlib.pyplot as plt
from mkdocs_dlplugin import run
from sklearn.datasets import load_digits

digits = load_digits()
print("The first six pictures:")
figure, all_axes = plt.subplots(1, 6, figsize=(6, 1.2))
for axes, image in zip(all_axes, digits.images):
    axes.imshow(image, cmap="gray_r")
    axes.axis("off")
run.show(figure)
print("They are labelled", *digits.target[:6])