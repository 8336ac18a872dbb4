"""Random edits of people, releases and components, in any order: nothing that anybody wrote is lost, nothing dropped.

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
from tests.kit import TOP
from tests.upgrade.kit import Story, snapshot

LIVES = int(os.environ.get("MLCTL_LIVES", "6"))
BASE, COMPONENTS, BOTH = "base", ("one", "two"), "components/one/with/two"
FILES = {
    BASE: ("a.txt", "b/c.txt", "d.md"),
    "components/one": ("b/one.txt", "one/e.txt"),
    "components/two": ("two.txt",),
    BOTH: ("one/two.txt",),
}
SETTINGS = {
    "platform.yml": "name: words\nnaming: name\nkinds: [plain]\ncomponents: [one, two]\n",
    "base/unit.yml": "about: all\nquestions:\n  name: {prompt: Name?, default: demo}\n"
    "derived:\n  project_slug: '{{ cookiecutter.name }}'\n",
    **{f"{unit}/unit.yml": "about: it\n" for unit in ("kinds/plain", *FILES) if unit != BASE},
}
START = 8
MARKS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
AT = st.integers(0, 5)  # few places, so that people and platform often meet
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
        self.units = {unit: {name: [self.word("t") for _ in range(START)] for name in FILES[unit]} for unit in FILES}
        self.inside: set[str] = set()
        self.story = Story(self.folder / "platform", self.folder / "work" / "demo", mlctl)
        self.release(SETTINGS)
        made = mlctl("new", "demo", "-p", str(self.story.template), "-y", "-s", "name=demo")
        assert made.code == 0, made
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
        return [name for name in sorted(self.given()) if self.place(name).exists()]

    def given(self) -> dict[str, list[str]]:
        """The files that the platform gives this project, the components in it being what they are."""
        needs = {BASE: set(), BOTH: {"one", "two"}, **{f"components/{name}": {name} for name in COMPONENTS}}
        return {name: lines for unit in FILES if needs[unit] <= self.inside for name, lines in self.units[unit].items()}

    def release(self, more: dict[str, str] | None = None) -> None:
        """Publish what the units hold by now."""
        files = {f"{unit}/{TOP}/{name}": text(lines) for unit in FILES for name, lines in self.units[unit].items()}
        kit.release(self.story.template, f"v{self.releases}", {**files, **(more or {})})

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
        if (self.story.project / aim).exists():
            return
        (self.story.project / aim).parent.mkdir(parents=True, exist_ok=True)
        self.place(name).rename(self.story.project / aim)
        self.renamed[name] = aim

    @rule(changes=st.lists(st.tuples(st.sampled_from(CHANGES), AT, AT), min_size=1, max_size=4), abort=st.booleans())
    def a_release_comes(self, changes: list[tuple[str, int, int]], abort: bool) -> None:
        for change, which, at in changes:
            unit = self.units[sorted(FILES)[at % len(FILES)]]
            lines = unit[sorted(unit)[which % len(unit)]]
            if change == "file":
                unit[f"n{self.number}.txt"] = [self.word("t") for _ in range(3)]
            elif change == "add":
                lines.insert(at % (len(lines) + 1), self.word("t"))
            elif len(lines) > 2:
                del lines[at % len(lines)]
        self.releases += 1
        self.release()
        if abort:
            self.taken_back("upgrade")
        self.upgraded("upgrade")

    @rule(component=st.sampled_from(COMPONENTS), abort=st.booleans())
    def a_component_comes_or_goes(self, component: str, abort: bool) -> None:
        verb = "remove" if component in self.inside else "add"
        if abort:
            self.taken_back(verb, component)
        before = self.given()
        untouched = {name for name in before if self.untouched(name)}
        self.inside ^= {component}
        self.upgraded(verb, component)
        for name in before.keys() - self.given().keys():
            assert name not in untouched or not self.place(name).exists(), f"{name} of {component} stayed"
            self.gone.discard(name)
            self.renamed.pop(name, None)

    def untouched(self, name: str) -> bool:
        """Tell whether a file of the platform is as it was given."""
        return self.place(name) == self.story.project / name and self.place(name).exists() and (
            self.place(name).read_text() == text(self.given()[name])
        )  # fmt: skip

    def mine_now(self) -> str:
        word = self.word("u")
        self.mine.add(word)
        return word

    def taken_back(self, *command: str) -> None:
        before = snapshot(self.story.project), kit.git(self.story.project, "rev-parse", "HEAD")
        done = self.story(*command)
        assert done.code in (0, 1), done
        undone = self.story("upgrade", "--abort")
        assert undone.code == (3 if done.out.startswith("up to date") else 0), (done, undone)
        assert before == (snapshot(self.story.project), kit.git(self.story.project, "rev-parse", "HEAD"))

    def upgraded(self, *command: str) -> None:
        done = self.story(*command, "--commit")
        assert done.code in (0, 1), done
        event(f"{command[0]}: {'conflict' if done.code else 'clean'}")
        if done.code == 1:
            assert self.story.unmerged(), done
            self.keep_both()
            assert self.story("upgrade", "--continue", "--commit").code == 0
        for name in self.there():
            assert set(self.given()[name]) <= set(self.place(name).read_text().split()), name
        assert {name for name in self.given() if not self.place(name).exists()} <= self.gone
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
    max_examples=LIVES, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
)
