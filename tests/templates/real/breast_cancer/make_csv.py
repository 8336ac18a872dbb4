"""Write scikit-learn's breast cancer data as a CSV file: `python make_csv.py OUT.csv`."""

import sys

from sklearn.datasets import load_breast_cancer

frame = load_breast_cancer(as_frame=True).frame
frame["target"] = frame["target"].map({0: "malignant", 1: "benign"})
frame.rename(columns={"target": "diagnosis"}).to_csv(sys.argv[1], index=False)
