"""Candidate models: cross-validation inside the training split chooses one."""

from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from .features import derive
from .platform.schema import plain

# What skops may load. Add a line for every class or function of your own; the error names it.
TRUSTED = [
    f"{__package__}.features.derive",
    f"{__package__}.platform.schema.plain",
    "functools.partial",
    "numpy.dtype",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfSquaredError",
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
]

TREES = 2000  # of one boosting candidate: each round grows a tree for every class


def candidates(
    task: str, numeric: list[str], categorical: list[str], seed: int, classes: int = 2
) -> dict[str, Pipeline]:
    """Whole pipelines, from raw rows to a prediction, by name."""
    linear: Any = Ridge() if task == "regression" else LogisticRegression(max_iter=2000)
    boosting: Any = (
        HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    )
    slow = {"learning_rate": 0.03, "max_iter": 200, "max_leaf_nodes": 8, "l2_regularization": 1.0}
    pace = {}
    if classes * slow["max_iter"] > TREES:  # fewer and longer steps, held back
        rounds = max(1, TREES // classes)
        pace = {"learning_rate": 6 / rounds, "max_iter": rounds, "l2_regularization": 1.0}
    codes = {"categorical_features": list(range(len(categorical))), "random_state": seed}
    return {
        "linear": _pipeline(_dense(numeric, categorical), linear),
        "slow boosting": _pipeline(_coded(numeric, categorical), boosting(**codes, **slow | pace)),
        "boosting": _pipeline(_coded(numeric, categorical), boosting(**codes, **pace)),
    }


def _pipeline(columns: ColumnTransformer, estimator: Any) -> Pipeline:
    return make_pipeline(
        FunctionTransformer(derive), FunctionTransformer(plain), columns, estimator
    )


def _dense(numeric: list[str], categorical: list[str]) -> ColumnTransformer:
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    words = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=30, sparse_output=False
    )
    return ColumnTransformer([("words", words, categorical), ("numbers", numbers, numeric)])


def _coded(numeric: list[str], categorical: list[str]) -> ColumnTransformer:
    words = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan"),
        encoded_missing_value=float("nan"),
        max_categories=250,
    )
    return ColumnTransformer([("words", words, categorical), ("numbers", "passthrough", numeric)])
