"""A record is read strictly: file and line of every fault, and no record of a newer mlctl."""

from __future__ import annotations

import json

import pytest

from mlctl.core.recall import NewerSchema, fact, intent
from mlctl.tools.comments import edited
from mlctl.tools.yaml import Malformed

PROJECT = b"""\
# of ours
layers:
  - source: mlctl # where
    ref: null
    kind: tabular
    units:
      - base
      - tabular
answers:
  owner: "@team" # them
"""
LAYER = {"source": "mlctl", "version": "v1", "tree": "a" * 40, "commit": None, "kind": "tabular", "units": ["base"]}
LOCK = {"schema": "mlctl.lock/1", "layers": [LAYER], "answers": {}, "manifest": {"a": ["100644", "b" * 40, 0]}}


def locked(**changes: object) -> bytes:
    return json.dumps({**LOCK, **changes}).encode()


def test_an_intent_is_read() -> None:
    found = intent(PROJECT)
    [layer] = found.layers
    assert (layer.name, layer.source, layer.ref, layer.units) == ("mlctl", "mlctl", "", ("base", "tabular"))
    assert found.answers == {"owner": "@team"}


@pytest.mark.parametrize(("old", "new", "line"), [
    (b"layers:", b"layer:", 1), (b"source: mlctl", b"source: [x]", 3), (b"units:", b"units: x\n    more:", 6),
    (b"answers:\n  owner", b"answers: x\nowner", 9),
])  # fmt: skip
def test_a_fault_of_an_intent_is_named_by_its_line(old: bytes, new: bytes, line: int) -> None:
    with pytest.raises(Malformed) as error:
        intent(PROJECT.replace(old, new))
    assert error.value.sentence.startswith(f".mlctl/project.yml:{line}: ")


def test_a_fact_is_read() -> None:
    found = fact(locked())
    assert (found.first.version, found.units, found.manifest) == ("v1", ("base",), {"a": ("100644", "b" * 40, 0)})


def test_a_fact_of_several_layers_is_read() -> None:
    team = {**LAYER, "source": "https://git.example.org/ml/team.git", "kind": "", "units": ["slack"]}
    found = fact(locked(layers=[LAYER, team], manifest={"a": ["100644", "b" * 40, 1]}))
    assert [layer.name for layer in found.layers] == ["mlctl", "team"]
    assert found.units == ("base", "slack")


@pytest.mark.parametrize("changes", [
    {"manifest": {"a": ["100644", "b" * 40, 1]}}, {"manifest": {"a": ["100644", "b" * 40, -1]}},
    {"layers": [{**LAYER, "name": ["x"]}]},
    {"layers": []}, {"layers": [LAYER, LAYER]}, {"layers": ["x"]}, {"layers": [{**LAYER, "tree": "--output=x"}]},
    {"layers": [{**LAYER, "commit": "HEAD@{1}"}]}, {"layers": [{**LAYER, "units": "base"}]}, {"answers": []},
    {"manifest": []}, {"manifest": {"a": ["120000", "b" * 40, 0]}}, {"manifest": {"a": ["100644", "../x", 0]}},
    {"hooks_ran": "x"},
])  # fmt: skip
def test_a_fault_of_a_fact_is_told(changes: dict) -> None:
    with pytest.raises(Malformed):
        fact(locked(**changes))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b"\xff", b"<<<<<<< HEAD\n{}\n"])
def test_what_is_no_lock_is_told(data: bytes) -> None:
    with pytest.raises(Malformed):
        fact(data)


def test_a_newer_schema_is_refused() -> None:
    with pytest.raises(NewerSchema) as error:
        fact(locked(schema="mlctl.lock/2"))
    assert "newest mlctl" in error.value.hint


def test_an_edit_keeps_comments_order_and_quotes() -> None:
    changes = {("layers", 0, "ref"): "v2", ("layers", 0, "units"): ["base", "tabular", "x"], ("answers", "new"): "y"}
    text = edited(PROJECT, changes, "project.yml").decode()
    wanted = PROJECT.decode().replace("ref: null", "ref: v2")
    assert text == wanted.replace("      - tabular\n", "      - tabular\n      - x\n") + "  new: y\n"
