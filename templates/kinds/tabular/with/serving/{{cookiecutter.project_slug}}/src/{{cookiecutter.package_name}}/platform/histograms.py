"""In which bins of the bundle's reference.json the values fall that no log keeps."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .schema import label

MISSING, OTHER = "missing", "other"
Bins = Counter[tuple[str, str]]  # (column or class, bin)


class Histograms:
    """
    Counts values in the bins of training, numbered as reference.json lists them.

    Nothing of a value leaves the process but the number of its bin.
    """

    def __init__(self, reference: Path, kept: Iterable[str]) -> None:
        document = json.loads(reference.read_text())
        features = {n: f for n, f in document["features"].items() if n not in set(kept)}
        self.edges = {n: f["edges"] for n, f in features.items() if f["kind"] == "deciles"}
        self.places = {
            name: {word: str(place) for place, word in enumerate(feature["counts"])}
            for name, feature in features.items()
            if feature["kind"] == "categories"
        }
        self.scores = {name: score["edges"] for name, score in document["scores"].items()}

    def features(self, rows: Mapping[str, Sequence[Any]]) -> Bins:
        """How many values of each column fall into each bin."""
        found: Bins = Counter()
        for name, edges in self.edges.items():
            found.update((name, _decile(edges, value)) for value in rows[name])
        for name, places in self.places.items():
            found.update((name, _category(places, value)) for value in rows[name])
        return found

    def outputs(self, scores: Mapping[str, Sequence[float]]) -> Bins:
        """How many scores of each class (or predictions of a regression) fall into each bin."""
        known = {n: f"probability_{n}" if f"probability_{n}" in scores else n for n in self.scores}
        return Counter(
            (name, _decile(edges, value))
            for name, edges in self.scores.items()
            for value in scores[known[name]]
        )

    def all(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """Every bin there is, of the features and of the scores."""
        ends = {n: [str(place) for place in range(len(e) + 1)] for n, e in self.edges.items()}
        words = {n: [*places.values(), OTHER] for n, places in self.places.items()}
        features = {(n, b) for n, bins in (ends | words).items() for b in [*bins, MISSING]}
        scores = {(n, str(place)) for n, e in self.scores.items() for place in range(len(e) + 1)}
        return features, scores


def _decile(edges: Sequence[float], value: float | None) -> str:
    """A value on an edge belongs to the bin above."""
    return MISSING if value is None else str(bisect_right(edges, value))


def _category(places: Mapping[str, str], value: Any) -> str:
    return MISSING if value is None else places.get(label(value), OTHER)
