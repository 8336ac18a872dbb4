"""Explanations add up, keep to the definition, hold nothing personal, run the bundle's code."""

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, explain
from {{ cookiecutter.package_name }}.platform.bundle import Bundle, Manifest
from {{ cookiecutter.package_name }}.platform.champion import explain as explained
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.explain import (
    BACKGROUND,
    Explainer,
    Explanation,
    Score,
)
from {{ cookiecutter.package_name }}.platform.schema import Column, Request
from {{ cookiecutter.package_name }}.verbs.explain import lines

COLUMNS = (
    Column("plan", "string", categories=("a", "b"), closed=True, example="a"),
    Column("size", "number", alias="Size (m)", nullable=True, example=1.5),
    Column("count", "integer", example=2),
    Column("paid", "boolean", example=True),
    Column("since", "date", example="2024-01-01"),
    Column("born", "date", example="1980-01-01", pii=True),
    Column("surname", "string", example="text", pii=True),
)
CLASSES = {"binary": (False, True), "multiclass": ("low", "mid", "high"), "regression": ()}


def rows(n: int = 200) -> pd.DataFrame:
    random = np.random.default_rng(0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 900, n), unit="D")
    sizes = np.where(random.random(n) < 0.25, np.nan, random.normal(2, 1, n))
    return pd.DataFrame(
        {
            "plan": random.choice(["a", "b"], n).astype(object),
            "size": sizes,
            "count": random.integers(0, 5, n),
            "paid": random.random(n) < 0.5,
            "since": days,
            "born": days - pd.Timedelta(days=9000),
            "surname": [f"person {number}" for number in range(n)],
        }
    )


class Made:
    """A model of interactions whose every answer can be computed by hand."""

    def __init__(self, classes: int) -> None:
        self.classes_ = np.arange(classes)

    def predict(self, rows: pd.DataFrame) -> Any:
        large = rows["size"].fillna(-1) * rows["count"] * np.where(rows["paid"], 1, -0.5)
        days = (rows["since"] - pd.Timestamp("2024-01-01")).dt.days
        return (large + days / 900 * (rows["plan"] == "b")).to_numpy(dtype=float)

    def predict_proba(self, rows: pd.DataFrame) -> Any:
        weights = np.exp(self.predict(rows)[:, None] * np.linspace(-1, 1, len(self.classes_)))
        return weights / weights.sum(axis=1, keepdims=True)


@pytest.fixture(params=CLASSES)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Explainer:
    task, classes = request.param, CLASSES[request.param]
    schema = Request(COLUMNS, "y", classes)
    (tmp_path / explain.FILE).write_text(explain.background(schema, rows(), seed=1))
    about = Manifest("m", task, "y", list(classes), 0.5, {}, None, "", {})
    return Explainer(Bundle(tmp_path, about, schema, Made(len(classes))))


def total(found: Explanation) -> float:
    return found.base + sum(each.contribution for each in found.contributions)


def mixture(own: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """The outputs of a model of interactions, for rows mixed of two made-up tables."""
    columns = own.shape[1]
    others = np.random.default_rng(2).normal(size=(BACKGROUND, columns))
    values = np.where(own, np.linspace(-1, 2, columns), others[whose])
    return np.asarray(values[:, 0] * values[:, 1] + np.sin(values.sum(axis=1)))


def by_definition(score: Score, columns: int) -> np.ndarray:
    gains = np.zeros(columns)
    orders = list(permutations(range(columns)))
    for order in orders:
        own, before = np.zeros((BACKGROUND, columns), dtype=bool), None
        for column in (None, *order):
            own[:, [] if column is None else column] = True
            after = score(own, np.arange(BACKGROUND)).mean()
            if before is not None:
                gains[column] += after - before
            before = after
    return gains / len(orders)


def test_every_set_of_columns_gives_the_values_of_the_definition() -> None:
    found = explain.exact(mixture, 4)
    np.testing.assert_allclose(found.gains, by_definition(mixture, 4), rtol=0, atol=1e-12)
    assert not found.errors.any()


def test_drawn_orders_come_as_near_as_their_errors_say_and_lose_nothing() -> None:
    known, found = explain.exact(mixture, 9), explain.drawn(mixture, 9)
    assert found.gains.sum() == pytest.approx(known.gains.sum(), abs=1e-9)
    off = (found.gains - known.gains) / found.errors
    assert 0.2 < np.sqrt((off**2).mean()) < 3
    assert found.errors.max() < 0.2 * np.abs(known.gains).max()


def test_an_explanation_adds_up_in_every_task_and_by_both_ways(
    made: Explainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = made.explain(rows().head(3))
    monkeypatch.setattr(explain, "EXACT", 0)
    drawn = made.explain(rows().head(3))
    scores = made.model.outputs(rows().head(3))
    for place, (one, other) in enumerate(zip(exact, drawn, strict=True)):
        assert total(one) == pytest.approx(one.output, abs=1e-9)
        assert total(other) == pytest.approx(one.output, abs=1e-9)
        assert one.base == pytest.approx(other.base, abs=1e-12)
        assert np.isclose(scores[place], one.output, atol=1e-12).any()


def test_a_column_without_influence_gets_nothing_and_says_so(made: Explainer) -> None:
    [found] = made.explain(rows().iloc[[5]])
    idle = {each.column: each for each in found.contributions if each.column in ("born", "surname")}
    assert [each.contribution for each in idle.values()] == [0, 0]
    assert "hardly matters" in idle["born"].sentence


def test_the_class_that_is_asked_for_is_explained(made: Explainer) -> None:
    if not made.classes:
        pytest.skip("a regression has no classes")
    found = [made.explain(rows().iloc[[5]], of=name)[0] for name in made.classes]
    assert sum(each.output for each in found) == pytest.approx(1)
    assert sum(each.base for each in found) == pytest.approx(1)
    for column in ("plan", "Size (m)"):
        told = [c.contribution for each in found for c in each.contributions if c.column == column]
        assert sum(told) == pytest.approx(0, abs=1e-9)


def test_a_class_that_is_not_known_is_told_with_those_that_are(made: Explainer) -> None:
    with pytest.raises(ProjectError, match="no class 'never'") as error:
        made.explain(rows().head(1), of="never")
    assert all(name in error.value.hint for name in made.classes or ["regression"])


def test_words_say_what_the_figures_do(made: Explainer) -> None:
    [found] = made.explain(rows().iloc[[5]])
    for each in found.contributions:
        if "hardly" not in each.sentence:
            assert (" raises " in each.sentence) == (each.contribution > 0)
            assert f"{abs(each.contribution):.3g}" in each.sentence
    told = "\n".join(lines(6, found.document()))
    assert told.startswith("row 6: ")
    assert f"{found.output:.4g}, and {found.base:.4g} for typical rows" in told


def test_the_background_spreads_as_training_did_and_holds_nothing_personal(made: Explainer) -> None:
    found, seen = made.background, rows()
    assert found["size"].isna().sum() == pytest.approx(seen["size"].isna().mean() * 32, abs=1)
    assert found["count"].mean() == pytest.approx(seen["count"].mean(), abs=0.15)
    assert set(found["surname"]) == {"text"}
    assert set(found["born"]) == {pd.Timestamp("1980-01-01")}
    names = [name for name in found if name not in ("surname", "born")]
    together = found[names].astype(str).agg(" ".join, axis=1)
    assert not set(together) & set(seen[names].astype(str).agg(" ".join, axis=1))


def test_the_champion_explains_itself_under_its_own_code(workspace: Workspace, data: Data) -> None:
    model, few = bundle.load(workspace.champion), data.rows.tail(2)
    here = Explainer(model).explain(few)
    there = explained(workspace.champion, few)
    outputs = model.outputs(few)
    for place, (one, other) in enumerate(zip(here, there, strict=True)):
        assert total(one) == pytest.approx(one.output, abs=1e-6)
        assert np.isclose(outputs[place], one.output, atol=1e-9).any()
        assert other["output"] == pytest.approx(one.output, abs=1e-9)
        told = {each["column"]: each["contribution"] for each in other["contributions"]}
        assert told == pytest.approx({c.column: c.contribution for c in one.contributions})


def test_a_bundle_of_an_older_platform_is_told_in_words(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = bundle.read(workspace.champion)
    monkeypatch.setattr(bundle, "read", lambda _: about)
    with pytest.raises(ProjectError, match="made before this project could explain"):
        explained(tmp_path, rows())
