"""The notebook runs as it stands, and is kept without outputs."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in found["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    assert [c for c in cells(path) if c["outputs"] or c["execution_count"] is not None] == []


def test_the_notebook_runs_from_top_to_bottom(monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / "notebooks" / "explore.ipynb"
    if not path.is_file():
        pytest.skip("the team keeps no notebooks/explore.ipynb")
    monkeypatch.chdir(path.parent)
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(cells(path)):
        exec(compile("".join(cell["source"]), f"{path.name}, cell {number}", "exec"), names)
    assert names["judged"].metrics
    assert names["weights"]
