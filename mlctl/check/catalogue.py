"""All rules that there are: those that are code, and those that the standards bring as data."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from mlctl.check.rule import REGISTRY, Rule

if TYPE_CHECKING:
    from mlctl.core.standards import Standards

ONE_FILE = ("project_code", "data_code", "features_code", "training_code", "serving_code", "security_code",
            "template_code")  # fmt: skip
WHOLE = ("project", "gates", "data", "schema", "features", "training", "locks", "evaluation", "serving", "deployment",
         "manifests", "monitoring", "retraining", "security", "actions", "cards", "template", "waivers")  # fmt: skip


@cache
def file_rules() -> list[Rule]:
    """Return the rules over one file."""
    for room in ONE_FILE:
        import_module(f"mlctl.check.rules.{room}")
    return [one for one in REGISTRY.values() if one.scope == "file"]


@cache
def built_in() -> dict[str, Rule]:
    """Return the rules that are code, by code."""
    file_rules()
    for room in WHOLE:
        import_module(f"mlctl.check.rules.{room}")
    return dict(sorted(REGISTRY.items()))


def catalogue(standards: Standards) -> dict[str, Rule]:
    """Return every rule by its code; raise `Malformed` for a rule of the standards that is none."""
    from mlctl.check.written import written

    found = dict(built_in())
    found.update((one.code, one) for one in written(standards))
    return dict(sorted(found.items()))
