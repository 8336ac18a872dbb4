"""Random edits of people, random releases, in any order: nothing that anybody wrote is lost, nothing new is dropped.

Each line of the template and of the people is a word of its own, so that what is there is a set of words: that is the
whole model. A conflict is settled by keeping both sides.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests import kit
from tests.upgrade.kit import Story, begin, snapshot

RUNS = {"some": 6, "points": 40, "all": 200}[os.environ.get("MLCTL_SWEEP", "some")]
FILES = ("a.txt", "b/c.txt", "d.md")
START = 8
MARKS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
AT = st.integers(0, 40)
EDITS = ("add", "add", "add", "file", "remove", "move")
CHANGES = ("add", "add", "drop", "file")


class Upgrades(RuleBasedStateMachine):
    """A template in releases, and a project of it that people work in."""

    @initialize()
    def made(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mlctl-model-"))
        (self.folder / "work").mkdir()
        mlctl = kit.Mlctl(kit.home(self.folder / "home"), self.folder / "work")
        self.number, self.releases = 0, 1
        self.template = {name: [self.word("t") for _ in range(START)] for name in FILES}
        self.story: Story = begin(self.folder, mlctl, {name: text(lines) for name, lines in self.template.items()})
        self.mine: set[str] = set()
        self.gone: set[str] = set()
        self.renamed: dict[str, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def word(self, whose: str) -> str:
        self.number += 1
        return f"{whose}{self.number}"

    def place(self, name: str) -> Path:
        """Where a file of the template lies in the project."""
        return self.story.project / self.renamed.get(name, name)

    def there(self) -> list[str]:
        return [name for name in sorted(self.template) if self.place(name).exists()]

    @rule(edits=st.lists(st.tuples(st.sampled_from(EDITS), AT, AT), min_size=1, max_size=4))
    def people_work(self, edits: list[tuple[str, int, int]]) -> None:
        for edit, which, at in edits:
            names = self.there()
            if edit == "file":
                word = self.mine_now()
                self.story.edit({f"own/{word}.txt": text([word])})
            elif names:
                getattr(self, f"people_{edit}")(names[which % len(names)], at)
                kit.commit(self.story.project, edit)

    def people_add(self, name: str, at: int) -> None:
        place = self.place(name)
        lines = place.read_text().splitlines()
        lines.insert(at % (len(lines) + 1), self.mine_now())
        place.write_text(text(lines))

    def people_remove(self, name: str, at: int) -> None:
        self.mine -= set(self.place(name).read_text().split())
        self.place(name).unlink()
        self.gone.add(name)

    def people_move(self, name: str, at: int) -> None:
        aim = f"moved{at}/{name}"
        (self.story.project / aim).parent.mkdir(parents=True, exist_ok=True)
        self.place(name).rename(self.story.project / aim)
        self.renamed[name] = aim

    @rule(changes=st.lists(st.tuples(st.sampled_from(CHANGES), AT, AT), min_size=1, max_size=4), abort=st.booleans())
    def a_release_comes(self, changes: list[tuple[str, int, int]], abort: bool) -> None:
        for change, which, at in changes:
            names = sorted(self.template)
            lines = self.template[names[which % len(names)]]
            if change == "file":
                self.template[f"n{self.number}.txt"] = [self.word("t") for _ in range(3)]
            elif change == "add":
                lines.insert(at % (len(lines) + 1), self.word("t"))
            elif len(lines) > 2:
                del lines[at % len(lines)]
        self.releases += 1
        self.story.release(f"v{self.releases}", {name: text(lines) for name, lines in self.template.items()})
        if abort:
            self.taken_back()
        self.upgraded()

    def mine_now(self) -> str:
        word = self.word("u")
        self.mine.add(word)
        return word

    def taken_back(self) -> None:
        before = snapshot(self.story.project), kit.git(self.story.project, "rev-parse", "HEAD")
        assert self.story("upgrade").code in (0, 1)
        assert self.story("upgrade", "--abort").code == 0
        assert before == (snapshot(self.story.project), kit.git(self.story.project, "rev-parse", "HEAD"))

    def upgraded(self) -> None:
        done = self.story("upgrade", "--commit")
        assert done.code in (0, 1), done
        event("conflict" if done.code else "clean")
        if done.code == 1:
            assert self.story.unmerged(), done
            self.keep_both()
            assert self.story("upgrade", "--continue", "--commit").code == 0
        for name in self.there():
            assert set(self.template[name]) <= set(self.place(name).read_text().split()), name
        assert {name for name in self.template if not self.place(name).exists()} <= self.gone
        assert self.story("upgrade").code == 0

    def keep_both(self) -> None:
        """Settle each conflict by keeping both sides, as an editor's "accept both" does."""
        for path in {line.split(" ", 1)[1] for line in self.story.unmerged()}:
            place = self.story.project / path
            if place.exists():
                place.write_text(text(both(place.read_text().splitlines())))
            kit.git(self.story.project, "add", "--all", "--", path)

    @invariant()
    def nothing_that_anybody_wrote_is_lost(self) -> None:
        if hasattr(self, "story"):
            words = {word for _, data in snapshot(self.story.project).values() for word in data.decode().split()}
            assert self.mine <= words
            assert kit.git(self.story.project, "status", "--porcelain") == ""


def both(lines: list[str]) -> list[str]:
    """Return the lines of a file with conflicts, those of both sides kept and those of the base left out."""
    kept, base = [], False
    for line in lines:
        if line.startswith(MARKS):
            base = line.startswith("|||||||")
        elif not base:
            kept.append(line)
    return kept


def text(lines: list[str]) -> str:
    """Return lines as the text of a file."""
    return "".join(f"{line}\n" for line in lines)


TestUpgrades = Upgrades.TestCase
TestUpgrades.settings = settings(
    max_examples=RUNS, stateful_step_count=6, deadline=None, suppress_health_check=list(HealthCheck)
)
