from sklearn.datasets import load_digits

pictures, labels = load_digits(return_X_y=True)
print(f"\x1b[1m{len(pictures):,} pictures\x1b[0m of {pictures.shape[1]} pixels")
for digit in range(10):
    count = (labels == digit).sum()
    colour = 32 if count >= 180 else 33
    print(f"{digit} \x1b[{colour}m{'━' * (count // 6)}\x1b[0m {count}")