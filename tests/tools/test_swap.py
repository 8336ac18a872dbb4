"""Files that change places where the system can't do it in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.interrupted import interrupted

PLAIN = "swap._rename = lambda *_: False; "


@pytest.mark.parametrize(("act", "left"), [
    ("swap.exchange(Path('a'), Path('b'))", "int(sorted(os.listdir()) != ['a', 'b'])"),
    ("swap.appear(*map(Path, 'ac' if os.path.exists('a') else 'ca'))", "int(len(os.listdir()) != 2)"),
])  # fmt: skip
def test_a_signal_comes_before_or_after_such_a_change(tmp_path: Path, act: str, left: str) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)
    code, lines, wrong = interrupted(PLAIN + act, left, tmp_path)
    assert (code, wrong) == (0, 0)
    assert lines > 3
