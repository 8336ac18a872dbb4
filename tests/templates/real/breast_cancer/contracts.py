"""What the data must look like: read by loading, checking, training and the API's request model."""

import pandera.pandas as pa

MEASURES = [
    "radius", "texture", "perimeter", "area", "smoothness",
    "compactness", "concavity", "concave points", "symmetry", "fractal dimension",
]  # fmt: skip
HEADERS = [
    *(f"mean {name}" for name in MEASURES),
    *(f"{name} error" for name in MEASURES),
    *(f"worst {name}" for name in MEASURES),
]

CONTRACT = pa.DataFrameSchema(
    {
        **{
            header.replace(" ", "_"): pa.Column(float, pa.Check.ge(0), metadata={"alias": header})
            for header in HEADERS
        },
        "diagnosis": pa.Column(str, pa.Check.isin(["benign", "malignant"])),
    },
    coerce=True,
)
