"""Two training runs side by side: what went in, what came out, and whether that can be compared."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from . import bundle, tracking
from .config import PACKAGE, Workspace
from .errors import COMMAND, Exit, ProjectError
from .evaluate import SCORES
from .runs import Run

Value = float | None
WORDS = ("champion", "challenger", "latest")


@dataclass(frozen=True)
class Fact:
    """Something that both runs say of themselves."""

    name: str
    first: Any
    second: Any

    @property
    def same(self) -> bool:
        """Whether they say the same."""
        return bool(self.first == self.second)


@dataclass(frozen=True)
class Figure:
    """A metric of both, None where it is not known; who is better only if the rows are the same."""

    name: str
    first: Value
    second: Value
    difference: Value
    better: str | None


@dataclass(frozen=True)
class Comparison:
    """What two runs have in common and what not; `params` holds only what differs."""

    runs: tuple[str, str]
    same_holdout: bool
    metric: str
    facts: tuple[Fact, ...]
    params: tuple[Fact, ...]
    metrics: tuple[Figure, ...]
    slices: tuple[Figure, ...]

    def document(self) -> dict[str, Any]:
        """The comparison as JSON holds it."""
        return {"schema": "compare/1"} | asdict(self)


def compare(workspace: Workspace, first: str, second: str) -> Comparison:
    """The comparison of two runs, each named by its id or by one of WORDS."""
    one, other = find(workspace, first), find(workspace, second)
    said = _facts(other)
    facts = [Fact(name, value, said.get(name)) for name, value in _facts(one).items()]
    names = sorted({*one.params, *other.params})
    params = [Fact(name, one.params.get(name), other.params.get(name)) for name in names]
    rows = one.metrics.get("holdout_sha256")
    same = rows is not None and rows == other.metrics.get("holdout_sha256")
    return Comparison(
        runs=(one.id, other.id),
        same_holdout=same,
        metric=str(one.metrics["metric"]),
        facts=tuple(facts),
        params=tuple(fact for fact in params if not fact.same),
        metrics=tuple(_metrics(one, other, same)),
        slices=tuple(_slices(one, other, same)),
    )


def find(workspace: Workspace, word: str) -> Run:
    """The run of an id, of the champion, of the challenger, or the latest."""
    if word == "latest":
        return tracking.find(workspace, PACKAGE, None)
    if word not in WORDS:
        return tracking.find(workspace, PACKAGE, word)
    folder = workspace.champion if word == "champion" else workspace.challenger
    run = bundle.read(folder, verify=False).run_id
    if run is None:
        hint = f"run `{COMMAND} train` again, or name two runs by their ids"
        raise ProjectError(f"the {word} does not say which run made it", hint, Exit.CANNOT)
    return tracking.find(workspace, PACKAGE, run)


def _facts(run: Run) -> dict[str, Any]:
    manifest, data = run.manifest, run.manifest["data"]
    libraries: dict[str, Any] = manifest["versions"]
    return {
        "model": run.metrics["chosen"],
        "threshold": manifest["threshold"] if manifest["task"] == "binary" else None,
        "digest": manifest["digest"],
        "created at": manifest["created_at"],
        "data": data["name"],
        "data sha256": data["sha256"],
        "rows": data["rows"],
        "code sha256": manifest["source_sha256"],
        "git commit": manifest["git_commit"],
        "git dirty": manifest["git_dirty"],
        "lock sha256": manifest["lock_sha256"],
        "python": manifest["python"],
    } | libraries


def _metrics(one: Run, other: Run, same: bool) -> Iterator[Figure]:
    first, second = one.metrics["metrics"], other.metrics["metrics"]
    for name in dict.fromkeys([*first, *second]):
        yield _figure(name, name, first.get(name), second.get(name), same)


def _slices(one: Run, other: Run, same: bool) -> Iterator[Figure]:
    metric = one.metrics["metric"]
    if metric != other.metrics["metric"]:
        return
    first, second = (
        {f"{part['column']} = {part['name']}": part["value"] for part in run.metrics["slices"]}
        for run in (one, other)
    )
    for name in dict.fromkeys([*first, *second]):
        yield _figure(name, metric, first.get(name), second.get(name), same)


def _figure(name: str, metric: str, first: Value, second: Value, same: bool) -> Figure:
    if first is None or second is None:
        return Figure(name, first, second, None, None)
    gain = (second - first) * (1 if metric in SCORES else -1)
    better = "second" if gain > 0 else "first"
    return Figure(name, first, second, second - first, better if same and gain else None)
