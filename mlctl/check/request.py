"""From what was asked to a report: repositories found, views chosen, evidence gathered, fixes made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlctl.check import fast
from mlctl.check.brief import brief
from mlctl.check.cache import Cache
from mlctl.check.catalogue import catalogue
from mlctl.check.code import code, minor
from mlctl.check.evidence import Evidence, gathered, ran
from mlctl.check.report import Asked, Report, report, standards_of
from mlctl.check.rule import STAGES
from mlctl.check.state import house
from mlctl.core import standards
from mlctl.core.index import Index, WorkTree, top
from mlctl.core.project import BASELINE, Project, View, baseline, projects, within
from mlctl.core.record import PROJECT
from mlctl.core.template import Unknown
from mlctl.tools import files, git
from mlctl.tools.console import Console
from mlctl.tools.errors import Invalid, Unable, printable


@dataclass(frozen=True)
class Request:
    """What was asked on the command line."""

    here: Path
    paths: tuple[Path, ...] = ()
    stage: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fix: bool = False
    diff: bool = False
    staged: bool = False
    hook: bool = False
    baseline: bool = False
    write_baseline: bool = False
    against: str = ""
    reports: Path | None = None
    run: bool = False
    cached: bool = True

    @property
    def plain(self) -> bool:
        """Whether it is nothing but `check --hook`, whose answer the next one may take over."""
        more = (self.paths, self.stage, self.select, self.ignore, self.baseline, self.against, self.reports, self.run)
        return not any(more) and self.cached and self.here == Path.cwd()


@dataclass(frozen=True)
class Result:
    """A report with what belongs to showing it: `foreign` SARIF runs of other tools, a `diff` of fixes, `notes`."""

    report: Report
    hook: bool = False
    foreign: tuple[Any, ...] = ()
    diff: str | None = None
    fixed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing makes the run fail: with --diff, whether there is nothing to mend."""
        return not self.diff if self.diff is not None else self.report.clean


def act(request: Request, console: Console) -> Result:
    """Return what was found, after what was to be mended was mended; raise `MlctlError` for what can't be."""
    _sensible(request)
    where = [request.here / path for path in request.paths] or [request.here]
    found: list[Report] = []
    notes: list[str] = []
    evidence = gathered(request.here / request.reports) if request.reports else Evidence()
    seen = fast.snapshot() if request.hook and request.plain else None
    repositories = _repositories(where)
    if (request.fix or request.diff) and len(repositories) > 1:
        raise Invalid("--fix and --diff work in one repository at a time", "name folders of one repository")
    for root, folders in repositories.items():
        found.append(_of_repository(request, root, folders, evidence, console))
        notes += _unseen(root, folders, found[-1])
    whole = Report(tuple(one for part in found for one in part.projects))
    if request.hook and request.plain and whole.projects and not any(one.unseen for one in whole.projects):
        _keep(seen, whole)
    result = Result(whole, request.hook, evidence.runs, notes=tuple(notes))
    if request.write_baseline:
        return replace(result, notes=tuple(_write_baseline(whole)))
    if request.fix or request.diff:
        from mlctl.check.fix import fixed, proposed

        edits = proposed(whole)
        if request.diff:
            return replace(result, diff=edits.diff)
        done = fixed(edits)
        return replace(act(replace(request, fix=False), console), fixed=tuple(done)) if done else result
    return result


def _keep(seen: fast.Snapshot | None, whole: Report) -> None:
    """Keep the verdict for the next hook, which may find that nothing has changed."""
    said = {key: value for key, value in whole.projects[0].standards.said.items() if key != "rules"}
    folders = [checked.project.folder for checked in whole.projects]
    read = {path for one in whole.projects for path in one.project.watched}
    noted = {path for one in whole.projects for path in code(one.project, one.standards).noted}
    watched = sorted(path for path in read | noted if path.endswith(".py"))
    fast.keep(seen, 0 if whole.clean else 1, "\n".join(brief(whole)), said, folders, watched)


def _of_repository(request: Request, root: Path, folders: list[str], evidence: Evidence, console: Console) -> Report:
    view: View = Index(root) if request.staged else WorkTree(root)
    chosen = [p for p in projects(view) if any(within(p.folder, f) or within(f, p.folder) for f in folders)]
    asked = Asked(request.stage, request.select, request.ignore, baseline=request.baseline, evidence=evidence.documents)
    for project in chosen:
        _known(request, project)
    cache = _cache(root, chosen) if request.cached else Cache()
    if request.against:
        return _preview(request, chosen, asked, cache)
    each = [report([one], _evident(request, one, asked, root, console), cache) for one in chosen]
    cache.save()
    return Report(tuple(checked for one in each for checked in one.projects))


def _evident(request: Request, project: Project, asked: Asked, root: Path, console: Console) -> Asked:
    """Return what is asked of one project, with the results of its own commands where --run asks for them."""
    shown = ran(project, root, console) if request.run else {}
    return replace(asked, evidence={**(asked.evidence or {}), **shown})


def _preview(request: Request, chosen: list[Project], asked: Asked, cache: Cache) -> Report:
    """Return what the standards at another version would find beyond those in force."""
    from mlctl.core import platform, source

    now = report(chosen, asked, cache)
    known = {one.fingerprint for checked in now.projects for one in checked.verdicts}
    found = []
    for project in chosen:
        layers = project.lock.get("layers") or [{"source": "mlctl"}]
        there = [source.parse(str(layer.get("source")), request.here) for layer in layers]
        refs = [request.against, *(str(layer.get("version") or "") for layer in layers[1:])]
        said = standards.combined([platform.find(*one) for one in zip(there, refs, strict=True)])
        if said is None:
            raise Unable(f"the platform at '{printable(request.against)}' has no standards", "name another version")
        fresh = Project(project.repository, project.folder, project.nested)
        later = report([fresh], replace(asked, standards=standards.Standards(said, request.against)), Cache())
        found += [
            replace(c, verdicts=tuple(v for v in c.verdicts if v.fingerprint not in known)) for c in later.projects
        ]
    return Report(tuple(found))


def _repositories(where: list[Path]) -> dict[Path, list[str]]:
    """Return the folders asked for, relative to the top of their repository, by that top."""
    found: dict[Path, list[str]] = {}
    for path in where:
        if not path.exists():
            raise Invalid(f"'{printable(str(path))}' does not exist", "name a folder of a git repository")
        folder = path if path.is_dir() else path.parent
        root = top(folder)
        inside = str(folder.resolve().relative_to(root.resolve()))
        found.setdefault(root, []).append("" if inside == "." else inside)
    return found


def _cache(root: Path, chosen: list[Project]) -> Cache:
    """Return what is kept of this repository, valid for this mlctl and these standards."""
    place = git.answers("rev-parse", "--git-path", "mlctl", cwd=root)
    marks = sorted({f"{standards.digest(dict(standards_of(p).said))} {p.folder}" for p in chosen})
    minors = "".join(f"{minor(project)} " for project in chosen)
    return Cache(str(root / place), "|".join([house(), *marks, minors])) if place else Cache()


def _known(request: Request, project: Project) -> None:
    codes = catalogue(standards_of(project))
    for said in (*request.select, *request.ignore):
        if not any(one.startswith(said) for one in codes):
            raise Unknown("rule", said, list(codes))


def _sensible(request: Request) -> None:
    if request.fix and request.staged:
        raise Invalid("--fix changes files, --staged and --hook look at the index", "leave one of them out")
    if request.fix and request.diff:
        raise Invalid("--fix and --diff are asked for at once", "--diff shows what --fix would do: name one")
    if request.stage and request.stage not in STAGES:
        raise Unknown("stage", request.stage, STAGES)
    if request.reports and not (request.here / request.reports).is_dir():
        raise Invalid(
            f"'{printable(str(request.reports))}' is no folder", "name a folder of reports after --with-reports"
        )


def _unseen(root: Path, folders: list[str], seen: Report) -> Iterator[str]:
    """Yield a note for each folder asked for that holds a project which git does not know yet."""
    known = {checked.project.folder for checked in seen.projects if checked.project.recorded}
    for folder in folders:
        if folder not in known and (root / folder / PROJECT).is_file():
            where = printable(folder or root.name)
            yield f"note: '{where}' is a project that is not in git's index: it is checked after `git add`"


def _write_baseline(whole: Report) -> Iterator[str]:
    """Keep the findings of each project as its baseline, which only ever shrinks; yield what was done."""
    for checked in whole.projects:
        project = checked.project
        marks = {one.fingerprint for one in checked.verdicts if not one.waived and not one.rule.code.startswith("WVR")}
        if BASELINE in project.names:
            marks &= project.baseline
        if isinstance(project.repository, Index):
            path = project.repository.root / project.full(BASELINE)
            files.replace(path, baseline(marks).encode())
            yield f"{project.full(BASELINE)} holds {len(marks)} findings"
