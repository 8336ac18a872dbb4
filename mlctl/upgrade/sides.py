"""The three sides of a merge, path by path: what the template gave, what the team made of it, what it gives now."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.core.record import FOLDER
from mlctl.core.tree import EXECUTABLE, FILE, LINK, blob_id
from mlctl.tools.errors import printable
from mlctl.tools.files import Entry, within
from mlctl.upgrade import moves
from mlctl.upgrade.base import Base
from mlctl.upgrade.ends import Ends
from mlctl.upgrade.foreign import CRUFT
from mlctl.upgrade.layout import Layout
from mlctl.upgrade.offer import Offer
from mlctl.upgrade.plan import Action, Change
from mlctl.upgrade.preflight import Occupied
from mlctl.upgrade.project import Project
from mlctl.upgrade.renames import by_team, met

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml")
SECRET = "it holds a secret, which no record does: give it again by `--set`"
Blob = tuple[str, bytes]  # mode and bytes, as git would store them


@dataclass(frozen=True)
class Triple:
    """One path of the merge; `at` is where the team's file lies at HEAD, "" where there is none."""

    path: str
    base: Blob | None
    ours: tuple[str, str] | None
    theirs: Blob | None
    at: str = ""


@dataclass
class Sides:
    """What goes into the merge, and what was decided before it."""

    triples: dict[str, Triple] = field(default_factory=dict)
    carried: dict[str, str] = field(default_factory=dict)
    told: list[Change] = field(default_factory=list)
    seeds: dict[str, Entry] = field(default_factory=dict)

    def tell(self, path: str, action: Action, why: str = "", from_path: str = "") -> None:
        """Note what happens to a path."""
        self.told.append(Change(path, action, from_path, why))


@dataclass(frozen=True)
class Matter:
    """All that the sides are made from."""

    project: Project
    base: Base
    offer: Offer
    ends: Ends
    restore: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


def sides(matter: Matter) -> Sides:
    """Return the sides of the merge, policies applied."""
    return _Making(matter).run()


class _Making:
    """Goes through the old and the new rendering; `old` and `new` are the paths that policies leave in the merge."""

    def __init__(self, matter: Matter) -> None:
        self.matter = matter
        self.out = Sides()
        self.head = matter.project.entries
        self.folders = {parent for path in self.head for parent in moves.parents(path)}
        self.files = matter.offer.rendering.files
        self.manifest = matter.base.manifest
        self.restore = matter.restore
        self.layout = Layout(matter.project.root)
        given = matter.offer.rendering
        self.policies = [
            (glob, why) for globs, why in ((given.once, "given once"), (given.generated, "generated")) for glob in globs
        ] + [(glob, "skipped by the project") for glob in matter.project.intent.skip]
        if CRUFT in self.head:
            self.policies.append((CRUFT, "cruft's record of this project"))

    def run(self) -> Sides:
        new = {path for path in self.files if not self._kept(path)}
        old = {p for p in self.manifest if not self._policy(p) and not within(p, FOLDER) and not self._filtered(p)}
        self.matter.base.load(p for p in old if self.head.get(p) != self._given(p) and not self._unchanged(p))
        template = self._template_moves(old, new)
        user = self._user_moves(old, new, template)
        for path in sorted(old):
            self._old(path, new, template, user)
        for path in sorted(new - old - set(template.values())):
            self._new(path, {*user.values()})
        self._along(old, new, template)
        self._beside()
        return self.out

    def _kept(self, path: str) -> bool:
        """Tell whether a policy keeps a rendered path out of the merge; note it where the template changed it."""
        if within(path, FOLDER):
            return True
        why = self._policy(path) or ("a git filter stands before it" if self._filtered(path) else "")
        new = path not in self.head and path not in self.manifest
        if not why or (new and why in ("given once", "generated", SECRET)):
            return False
        if not self._unchanged(path):
            self.out.tell(path, Action.KEPT, why)
        return True

    def _policy(self, path: str) -> str:
        told = next((why for glob, why in self.policies if path == glob or matches(path, glob)), "")
        if not told and self._locked(path):
            return "you locked it for yourself: lock it again"
        return told or (SECRET if path in self.matter.offer.veiled else "")

    def _locked(self, path: str) -> bool:
        """Tell whether the team made a lock where the template gives one too: a merge of two would be neither."""
        lock = path.rpartition("/")[2] in LOCKS and path in self.files and path in self.head
        return lock and (path not in self.manifest or self.head[path] != self._given(path))

    def _filtered(self, path: str) -> bool:
        return self.matter.ends.filtered(path)

    def _given(self, path: str) -> tuple[str, str]:
        return self.manifest[path][:2]

    def _unchanged(self, path: str) -> bool:
        """Tell whether the template gives for a path what it gave last time."""
        return path in self.files and path in self.manifest and self._same_as_before(path, path)

    def _template_moves(self, old: set[str], new: set[str]) -> dict[str, str]:
        gone, came = old - new - self.files.keys(), new - self.manifest.keys()
        if not gone or not came:
            return {}
        base, declared = self.matter.base, self.matter.offer.rendering.moves
        base.load(gone)
        sources = self.matter.offer.rendering.sources
        return moves.by_template(
            gone, came, base.sources, sources, declared, base.read, lambda path: self.files[path].data
        )

    def _user_moves(self, old: set[str], new: set[str], template: Mapping[str, str]) -> dict[str, str]:
        """Return where the user moved files that the template still gives, then those that it removes."""
        gone = [p for p in old if p not in self.head and p not in self.restore]
        if not gone:
            return {}
        project, base = self.matter.project, self.matter.base
        found = met(project, base, gone, template)
        mine = [p for p in self.head if p not in self.manifest and p not in self.files and not within(p, FOLDER)]
        names = {posixpath.basename(path) for path in mine}
        quiet = {p for p in gone if p in new and self._unchanged(p) and posixpath.basename(p) not in names}
        given = [p for p in gone if p not in found and (p in template or p in new)]
        found |= by_team(project, base, given, mine, quiet)
        removed = [p for p in gone if p not in template and p not in self.files]
        return found | by_team(project, base, removed, [p for p in mine if p not in found.values()], ())

    def _old(self, path: str, new: set[str], template: Mapping[str, str], user: Mapping[str, str]) -> None:
        """Decide about a path that the template gave last time."""
        now = path if path in new else template.get(path, "")
        at = path if path in self.head else user.get(path, "")
        if not at:
            return self._deleted(path, now)
        if not now and (at != path or path in self.files):
            if at != path:
                why = f"you moved it here from '{printable(path)}', which the template removed"
                self.out.tell(at, Action.KEPT, why)
            return None  # a file that the user moved away is never deleted
        place = now if now and at == path else at
        if not now and self._dropped(path, at):
            self.out.tell(path, Action.KEPT, "you edited it; its component is removed")
            return None
        if now and self._same_as_before(path, now) and place == at:
            return None
        if place != at and (place in self.head or self._barred(place, at)):
            why = f"this place is yours: what the template moved here stays in '{printable(at)}'"
            self.out.tell(now, Action.KEPT, why)
            place = at
        base = self._base(path, at)
        if base is None:
            self.out.tell(path, Action.LOST, "what the template gave can't be made again; yours is kept")
            return None
        theirs = self._theirs(now) if now else None
        self._put(Triple(place, base, self.head[at], theirs, at))
        return None

    def _dropped(self, path: str, at: str) -> bool:
        """Tell whether a file that the team edited is of a unit that is removed."""
        owner = self.matter.base.sources.get(path, "").partition(":")[0] if self.matter.left else ""
        return bool(owner) and owner not in self.matter.left and self.head[at] != self._given(path)

    def _deleted(self, path: str, now: str) -> None:
        """Keep a file deleted that the user deleted, told where the template changes it; restore it where asked."""
        if not now:
            return
        if now in self.restore or path in self.restore:
            self._put(Triple(now, None, self.head.get(now), self._theirs(now), now if now in self.head else ""))
        elif now in self.head:
            self._new(now, set())
        elif not (now == path and self._unchanged(path)):
            self.out.tell(now, Action.KEPT_DELETED, "you deleted it; `--restore` brings it back")

    def _new(self, path: str, taken: set[str]) -> None:
        """Offer a path for the first time."""
        if path in taken:
            return
        there = self.head.get(path)
        self._put(Triple(path, None, there, self._theirs(path), path if there else ""))

    def _along(self, old: set[str], new: set[str], template: Mapping[str, str]) -> None:
        """Carry the user's own files along with the folders that the template moved as a whole."""
        moved = moves.folders(template, old, new)
        for path in self.head if moved else ():
            aim = moves.along(path, moved)
            if path in self.manifest or path in self.files or aim == path or within(path, FOLDER):
                continue
            if aim not in self.head and aim not in self.files and not self._barred(aim, path):
                self.out.carried[path] = aim
                self.out.tell(aim, Action.MOVED, "its folder was moved by the template", path)

    def _barred(self, place: str, at: str) -> bool:
        """Tell whether `place`, where the file `at` would go, is below a file of the team or a folder of its files."""
        inside = [path for path in self.head if path.startswith(f"{place}/")] if place in self.folders else []
        lying = [path for path in (*moves.parents(place), *inside) if path in self.head and path != at]
        return any(self.head[path] != self.manifest.get(path, ("", "", 0))[:2] for path in lying)

    def _beside(self) -> None:
        """Let git keep a file of the team beside what takes its name; raise for what it can't keep so."""
        came = {path for path, triple in self.out.triples.items() if triple.theirs}
        above = {parent for path in came for parent in moves.parents(path)}
        known = {*self.out.triples, *self.out.carried, *(triple.at for triple in self.out.triples.values())}
        for path in (*self.matter.project.modules, *sorted(self.head.keys() - known)):
            if path not in above and came.isdisjoint((path, *moves.parents(path))):
                continue
            if path not in self.head or self.head[path][0] == LINK:
                raise Occupied("link" if path in self.head else "submodule", path)
            self._put(Triple(path, None, self.head[path], None, path))

    def _same_as_before(self, path: str, now: str) -> bool:
        entry = self.files[now]
        return self._given(path) == (EXECUTABLE if entry.executable else FILE, blob_id(entry.data))

    def _base(self, path: str, at: str) -> Blob | None:
        mode, name, _ = self.manifest[path]
        if self.head[at][1] == name:
            return mode, self.matter.project.read([name])[name]
        data = self.matter.base.read(path)
        return None if data is None else (mode, self.matter.ends.stored(path, data))

    def _theirs(self, path: str) -> Blob:
        entry = self.files[path]
        return EXECUTABLE if entry.executable else FILE, self.matter.ends.stored(path, entry.data)

    def _put(self, triple: Triple) -> None:
        self.out.triples[triple.path] = self._laid_out(triple)

    def _laid_out(self, triple: Triple) -> Triple:
        """Follow the line ends and the formatter of a file that the user converted."""
        if not (triple.ours and triple.base and triple.theirs) or triple.ours[0] == LINK:
            return triple
        ours = self.matter.project.read([triple.ours[1]])[triple.ours[1]]
        base, theirs = self.layout.followed(triple.path, triple.base[1], ours, triple.theirs[1])
        return Triple(triple.path, (triple.base[0], base), triple.ours, (triple.theirs[0], theirs), triple.at)


def matches(path: str, glob: str) -> bool:
    """Tell whether a glob, as cruft's `skip` has it, covers `path`: a file, a folder or a pattern from the root."""
    glob = glob.strip("/").removeprefix("./")
    if within(path, glob):
        return True
    return "*" in glob and any(
        fnmatch.fnmatchcase(part, glob) or fnmatch.fnmatchcase(part, glob.replace("**/", ""))
        for part in (path, *moves.parents(path))
    )
