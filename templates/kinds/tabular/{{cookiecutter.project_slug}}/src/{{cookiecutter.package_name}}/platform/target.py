"""What is predicted: the task, its classes, and which of them counts."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from .errors import Exit, ProjectError
from .infer import Column, quoted
from .privacy import words
from .profile import Facts
from .table import number_texts

TASKS = ("binary", "multiclass", "regression")
YES = (
    "yes", "true", "1", "y", "t", "positive", "pos", "malignant", "fraud", "default", "churn",
    "churned", "bad", "dead", "died", "spam", "failure", "fail", "case", "high", "win", "won",
)  # fmt: skip
CLASS = {
    "class", "species", "type", "category", "label", "kind", "digit", "cluster", "segment",
    "cultivar", "variety", "group", "status", "breed", "genre", "grade",
}  # fmt: skip
MOST_CLASSES, RARE, OTHER = 100, 10, "other"
MANY = 10  # classes that model.py still boosts in short steps
SPREAD, LARGEST = 1e-13, 1e100  # what a squared error can bear


@dataclass
class Target:
    """The target as params.yml tells it; `counts` are rows by label."""

    column: Column
    task: str
    counts: pd.Series
    positive: Any = None
    threshold: float = 0.5
    merge: dict[str, list[str]] = field(default_factory=dict)

    @property
    def classes(self) -> list[Any]:
        """The labels as the contract holds them, in order."""
        kinds: dict[str, Any] = {"int": _int, "Int64": _int}
        convert = kinds.get(self.column.kind, str)
        return sorted(convert(label) for label in self.counts.index)


def _int(text: str) -> int:
    return int(float(text))


def find(column: Column, counts: pd.Series, task: str | None, positive: str | None) -> Target:
    """The target: its task as asked or guessed, and all that follows from it."""
    column.role, column.told, column.check, column.why = "target", [], "", ""
    facts, counts = column.facts, _labels(column.facts, counts)
    if facts.known.empty:
        raise ProjectError(
            f"no row has a value in {facts.header}", "name another --target", Exit.CANNOT
        )
    if len(counts) == 1:
        sentence = f"the target {facts.header} is the same in every row: {counts.index[0]!r}"
        sentence += f", and {facts.missing} rows have none" if facts.missing else ""
        raise ProjectError(
            sentence, "name another --target, or give rows of both kinds", Exit.CANNOT
        )
    if facts.missing:
        column.tell(f"{facts.missing} rows without {facts.header}", "these rows are left out")
    if task not in (None, *TASKS):
        raise ProjectError(f"there is no task {task}", f"name one of {', '.join(TASKS)}")
    found = Target(column, task or _task(facts, counts), counts)
    if task is None:
        fit = {"binary": len(counts) == 2, "regression": facts.numbers is not None}
        others = [name for name in TASKS if name != found.task and fit.get(name, True)]
        line = f", or `--task {' | '.join(others)}`" if others else ""
        done = f"a guess: {found.task}"
        column.tell(f"{len(counts)} different values", done, f"params.yml: `task`{line}")
    if found.task == "regression":
        return _number(found)
    _classes(found)
    return _binary(found, positive) if found.task == "binary" else _several(found)


def _labels(facts: Facts, counts: pd.Series) -> pd.Series:
    """The counts by label as the model tells them: 1.0 and $1 are 1 where all are whole numbers."""
    if facts.whole and not facts.coded:
        texts = number_texts(pd.Series(counts.index, dtype=object), facts.csv)
        counts = counts.groupby([str(_int(text)) for text in texts]).sum()
    elif facts.truth:
        counts = counts.groupby(counts.index.str.capitalize()).sum()
    return counts.sort_index().sort_values(ascending=False, kind="stable")


def _task(facts: Facts, counts: pd.Series) -> str:
    if len(counts) == 2:
        return "binary"
    if facts.moments and facts.numbers is None:
        raise ProjectError(
            f"{facts.header} holds dates, which are no target", "name another --target"
        )
    if facts.numbers is None or facts.coded:
        return "multiclass"
    if not facts.whole or len(counts) > 25:
        return "regression"
    low, n = facts.numbers.min(), len(counts)
    even = counts.min() >= 0.3 * counts.sum() / n
    running = low in (0, 1) and facts.numbers.max() - low == n - 1
    named = bool(set(words(facts.header)) & CLASS)
    return "multiclass" if named or n <= 5 or (running and even) else "regression"


def _number(found: Target) -> Target:
    column, facts = found.column, found.column.facts
    if facts.numbers is None:
        odd = facts.texts[facts.parsed.isna()] if facts.parsed is not None else facts.texts
        row, value = int(odd.index[0]) + 1, str(odd.iloc[0])[:30]
        sentence = f"a regression needs numbers, and {facts.header} holds {value!r} in row {row}"
        raise ProjectError(sentence, "mend the file, or say `--task multiclass`", Exit.CANNOT)
    low, high = float(facts.numbers.min()), float(facts.numbers.max())
    if high - low < SPREAD * max(abs(low), abs(high)) or max(abs(low), abs(high)) > LARGEST:
        sentence = (
            f"{facts.header} lies between {low:g} and {high:g}, where a float tells too little"
        )
        raise ProjectError(sentence, "scale or shift it in the file", Exit.CANNOT)
    column.kind = ("Int64" if facts.missing else "int") if facts.whole else "float"
    zeros = float((facts.numbers == 0).mean())
    if zeros > 0.2:
        done = "one regression for all: judged by the squared error, which feels the rest"
        column.tell(f"{zeros:.0%} of the target are 0", done, "gate.yml: `metric`")
    return found


def _classes(found: Target) -> None:
    column, facts, counts = found.column, found.column.facts, found.counts
    if len(counts) > MOST_CLASSES or len(counts) > 0.5 * counts.sum():
        odd, hint = "", "name another --target"
        if len(facts.odd):
            row, value = int(facts.odd.index[0]) + 1, facts.odd.iloc[0]
            odd = f"; {len(facts.odd)} are no numbers, such as {str(value)[:30]!r} in row {row}"
            hint = "mend the file, or list such words in its `--missing`"
        elif facts.numbers is not None:
            hint = "say `--task regression`"
        what = f"has {len(counts)} different values in {counts.sum()} rows, too many for classes"
        raise ProjectError(f"{facts.header} {what}{odd}", hint, Exit.CANNOT)
    if facts.truth:
        column.kind = "boolean" if facts.missing else "bool"
    elif facts.whole and not facts.coded:
        column.kind = "Int64" if facts.missing else "int"
    else:
        column.kind, column.format = "str", ""


def _binary(found: Target, positive: str | None) -> Target:
    if len(found.counts) != 2:
        sentence = f"{found.column.facts.header} holds {len(found.counts)} classes, not two"
        raise ProjectError(sentence, "say `--task multiclass`, or leave rows out of the file")
    column, counts = found.column, found.counts
    labels = [str(label) for label in counts.index]
    folded = {_fold(label): label for label in labels}
    if positive is not None and _fold(positive) not in folded:
        hint = f"say `--positive` {' or '.join(quoted(label) for label in labels)}"
        raise ProjectError(f"no row has the {column.facts.header} {positive!r}", hint)
    likely = next((folded[word] for word in YES if word in folded), labels[-1])
    chosen = likely if positive is None else folded[_fold(positive)]
    share = float(counts[chosen] / counts.sum())
    convert: dict[str, Any] = {"str": str, "bool": _truth, "boolean": _truth}
    found.positive = convert.get(column.kind, _int)(chosen)
    if positive is None:
        column.tell(f"{chosen!r} in {share:.0%} of rows", "a guess: the class that counts",
                    "params.yml: `positive`")  # fmt: skip
    if share < 0.3:
        found.threshold = max(round(share, 2), 0.01)
        figure, done = (
            f"{share:.1%} positive",
            f"predicted from a probability of {found.threshold} on",
        )
        column.tell(figure, done, "params.yml: `threshold`")
    return found


def _fold(label: str) -> str:
    text = label.strip().lower()
    return text.removesuffix(".0")


def _truth(label: str) -> bool:
    return label.lower() == "true"


def _several(found: Target) -> Target:
    column, counts = found.column, found.counts
    _merge(found)
    classes = len(counts) - sum(map(len, found.merge.values())) + len(found.merge)
    if classes > MANY:
        figure, done = f"{classes} classes to learn", "boosting takes fewer and longer steps"
        column.tell(figure, done, "model.py: `TREES`")
    return found


def _merge(found: Target) -> None:
    column, counts = found.column, found.counts
    rare = [str(label) for label, n in counts.items() if n < RARE]
    if len(rare) < 2 or len(counts) - len(rare) < 2:
        if rare:
            figure = f"{len(rare)} classes of fewer than {RARE} rows, such as {rare[0]!r}"
            column.tell(figure, "kept, and hardly learnt", "params.yml: `merge: {other: [...]}`")
        return
    found.merge = {OTHER if OTHER not in counts.index else f"{OTHER}_": sorted(rare)}
    figure = f"{len(rare)} classes of fewer than {RARE} rows, {counts[rare].sum()} in all"
    column.tell(figure, "learnt as one class, `other`", "params.yml: `merge`")
