"""Write the Palmer penguins as a CSV file: `python make_csv.py OUT.csv` (needs palmerpenguins)."""

import sys

from palmerpenguins import load_penguins

frame = load_penguins()
frame["body_mass_g"] = frame["body_mass_g"].astype("Int64")
frame["flipper_length_mm"] = frame["flipper_length_mm"].astype("Int64")
frame.to_csv(sys.argv[1], index=False)
