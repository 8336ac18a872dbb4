"""The table of rules in the README is the one that the rules themselves make."""

from __future__ import annotations

import re
from pathlib import Path

from mlctl.check.catalogue import catalogue
from mlctl.check.listing import markdown
from mlctl.core.standards import embedded

README = Path(__file__).parents[2] / "README.md"


def test_the_table_of_rules_in_the_readme_is_fresh() -> None:
    found = re.search(r"<!-- rules -->\n(.*?)<!-- /rules -->", README.read_text(), re.DOTALL)
    assert found
    assert found[1].strip() == markdown(list(catalogue(embedded()).values())).strip()


def test_the_table_names_every_rule_once() -> None:
    table = markdown(list(catalogue(embedded()).values()))
    assert all(table.count(f"| {code} |") == 1 for code in catalogue(embedded()))
