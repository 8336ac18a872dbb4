"""All rules that there are: those that are code, and those that the standards bring as data."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from mlctl.check.rule import REGISTRY, Rule
from mlctl.core.standards import Standards

ROOMS = ("project", "data", "features", "training", "evaluation", "serving", "deployment", "monitoring", "security",
         "cards", "template", "waivers", "project_code", "data_code", "features_code", "training_code",
         "serving_code", "security_code")  # fmt: skip


@cache
def built_in() -> dict[str, Rule]:
    """Return the rules that are code, by code."""
    for room in ROOMS:
        import_module(f"mlctl.check.rules.{room}")
    return dict(sorted(REGISTRY.items()))


def catalogue(standards: Standards) -> dict[str, Rule]:
    """Return every rule by its code; raise `Malformed` for a rule of the standards that is none."""
    from mlctl.check.written import written

    found = dict(built_in())
    found.update((one.code, one) for one in written(standards))
    return dict(sorted(found.items()))
