"""Write scikit-learn's diabetes data as a CSV file: `python make_csv.py OUT.csv`."""

import sys

from sklearn.datasets import load_diabetes

frame = load_diabetes(as_frame=True, scaled=False).frame
frame[["age", "sex", "s1"]] = frame[["age", "sex", "s1"]].astype(int)
frame.to_csv(sys.argv[1], index=False)
