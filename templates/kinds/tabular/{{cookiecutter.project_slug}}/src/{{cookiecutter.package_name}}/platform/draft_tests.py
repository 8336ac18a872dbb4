"""The team's tests, drafted: they ask the contract what to try, so they hold for any columns."""

CONTRACTS = '''\
"""The sample keeps the contract, and the contract means what it says."""

from pathlib import Path

import pytest

from PACKAGE.contracts import CONTRACT
from PACKAGE.data import load
from PACKAGE.platform import config
from PACKAGE.platform.datasets import check, columns
from PACKAGE.platform.errors import ProjectError

SAMPLE = str(Path(__file__).parents[1] / "data" / "sample.csv")
COLUMNS = [column for column in columns(CONTRACT) if column.name != config.params().target]


def test_the_sample_keeps_the_contract() -> None:
    check(CONTRACT, load(SAMPLE))


@pytest.mark.parametrize("name", [c.name for c in COLUMNS if c.minimum is not None])
def test_a_number_below_its_bound_is_refused(name: str) -> None:
    rows = load(SAMPLE).head(1)
    with pytest.raises(ProjectError, match=name):
        check(CONTRACT, rows.assign(**{name: rows[name].astype("float64") - 10**15}))


@pytest.mark.parametrize("name", [c.name for c in COLUMNS if not c.nullable])
def test_a_gap_is_refused_where_none_may_be(name: str) -> None:
    rows = load(SAMPLE).head(3)
    with pytest.raises(ProjectError, match=name):
        check(CONTRACT, rows.assign(**{name: rows[name].astype(object).where(rows.index != 1)}))


@pytest.mark.parametrize("name", [c.name for c in COLUMNS if c.type == "string" and not c.closed])
def test_a_new_category_is_welcome(name: str) -> None:
    check(CONTRACT, load(SAMPLE).head(1).assign(**{name: "never seen before"}))
'''
FEATURES = '''\
"""The features of a row: the same alone and in company, whatever may be missing."""

from pathlib import Path

import pandas as pd
import pytest

from PACKAGE.contracts import CONTRACT
from PACKAGE.data import load
from PACKAGE.platform import config, train
from PACKAGE.platform.datasets import columns
from PACKAGE.platform.schema import derived

SAMPLE = str(Path(__file__).parents[1] / "data" / "sample.csv")


@pytest.fixture
def rows() -> pd.DataFrame:
    found = load(SAMPLE).head(20)
    return found[train.feature_names(config.params(), list(found.columns))]


def test_a_row_alone_has_the_features_it_has_in_company(rows: pd.DataFrame) -> None:
    together, alone = derived(rows).iloc[[3]], derived(rows.iloc[[3]])
    pd.testing.assert_frame_equal(alone, together)


def test_a_row_in_which_all_that_may_be_missing_is_keeps_its_place(rows: pd.DataFrame) -> None:
    gaps = [column.name for column in columns(CONTRACT) if column.nullable and column.name in rows]
    empty = rows.assign(**{name: rows[name].where(rows.index < 0) for name in gaps})
    assert list(derived(empty).index) == list(rows.index)
'''
MODEL = '''\
"""How the candidates behave: they learn from the sample, and take what they never saw."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from PACKAGE.contracts import CONTRACT
from PACKAGE.data import load
from PACKAGE.platform import bundle, config, evaluate, train
from PACKAGE.platform.datasets import columns, merged

SAMPLE = str(Path(__file__).parents[1] / "data" / "sample.csv")
PARAMS = config.params()
ROWS = merged(load(SAMPLE).dropna(subset=[PARAMS.target]), PARAMS).reset_index(drop=True)
X = ROWS[train.feature_names(PARAMS, list(ROWS.columns))]
CLASSES = [] if PARAMS.task == "regression" else sorted(ROWS[PARAMS.target].unique().tolist())
COLUMNS = [column for column in columns(CONTRACT) if column.name in X]


@pytest.fixture(scope="module", params=["linear", "slow boosting", "boosting"])
def model(request: pytest.FixtureRequest) -> Any:
    with evaluate.quiet(), bundle.threads(len(X)):
        truth = evaluate.encode(ROWS[PARAMS.target], CLASSES)
        return train.candidates(X, PARAMS, len(CLASSES))[request.param].fit(X, truth)


def outputs(model: Any, rows: pd.DataFrame) -> "np.ndarray[Any, Any]":
    found = bundle.outputs(model, rows, len(CLASSES))
    assert np.isfinite(found).all()
    assert not CLASSES or np.allclose(found.sum(axis=1), 1)
    return found


def test_it_tells_rows_apart(model: Any) -> None:
    assert np.ptp(outputs(model, X), axis=0).max() > 0


def test_it_takes_categories_it_never_saw(model: Any) -> None:
    words = [column.name for column in COLUMNS if column.type == "string" and not column.closed]
    outputs(model, X.head(5).assign(**dict.fromkeys(words, "never seen before")))


def test_it_takes_rows_in_which_all_that_may_be_missing_is(model: Any) -> None:
    rows, gaps = X.head(5), [column.name for column in COLUMNS if column.nullable]
    outputs(model, rows.assign(**{name: rows[name].where(rows.index < 0) for name in gaps}))
'''


def texts(package: str) -> dict[str, str]:
    """The tests by path."""
    found = {"contracts": CONTRACTS, "features": FEATURES, "model": MODEL}
    return {
        f"tests/test_{name}.py": text.replace("PACKAGE", package) for name, text in found.items()
    }
