"""The typed primitives that rules as data are made of; each returns whether it holds, and where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mlctl.check import ci
from mlctl.check.attested import Attestation
from mlctl.check.code import code
from mlctl.check.manifests import manifests
from mlctl.check.primitives_code import calls, imports, reaches, shared
from mlctl.check.result import Place, Result, globs
from mlctl.check.rule import STAGES, asked
from mlctl.core.project import Project
from mlctl.core.record import PROJECT, STANDARDS
from mlctl.core.standards import Standards

Check = Callable[[Project, Standards], Result]
Complain = Callable[[str], Exception]
LONGEST = 200


def compiled(said: Any, wrong: Complain) -> Check:
    """Return the check that `said` describes; raise what `wrong` makes of a description that is none."""
    checks = [
        _one(name, value, wrong)
        for part in (said if isinstance(said, list) else [said])
        for name, value in _items(part, wrong)
    ]
    return checks[0] if len(checks) == 1 else _all(checks)


def _items(said: Any, wrong: Complain) -> Iterator[tuple[str, Any]]:
    if not isinstance(said, Mapping) or not said:
        raise wrong("a check is a table like `file.exists: [README.md]`")
    yield from said.items()


def _one(name: str, value: Any, wrong: Complain) -> Check:
    if name == "not":
        inner = compiled(value, wrong)
        return lambda project, standards: Result(not inner(project, standards).holds)
    if name == "all":
        return compiled(value, wrong)
    if name == "any":
        inners = [compiled(one, wrong) for one in (value if isinstance(value, list) else [value])]
        return lambda project, standards: Result(any(inner(project, standards).holds for inner in inners))
    if name not in PRIMITIVES:
        raise wrong(f"there is no check '{name}'; there are {', '.join(sorted(PRIMITIVES))}")
    options = value if isinstance(value, Mapping) else {"": value}
    for key, text in options.items():
        if key in ("regex", "command", "names") and not _expression(text):
            raise wrong(f"'{text}' is no regular expression, or one that could take for ever")
    look = PRIMITIVES[name]
    return lambda project, standards: look(project, standards, options)


def _expression(text: Any) -> bool:
    """Tell whether a regular expression can be used: bounded in length, no repetition inside a repetition."""
    if not isinstance(text, str) or len(text) > LONGEST or re.search(r"[*+}]\)[*+{]", text):
        return False
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _all(checks: list[Check]) -> Check:
    def look(project: Project, standards: Standards) -> Result:
        results = [check(project, standards) for check in checks]
        return Result(all(r.holds for r in results), [place for r in results if not r.holds for place in r.places])

    return look


def _exists(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    wanted = globs(options, standards)
    return Result(
        project.has(*wanted) or (options.get("at") == "repository" and bool(project.everywhere(*wanted))),
        _added(project, wanted),
    )


def _added(project: Project, wanted: list[str]) -> list[Place]:
    """Return the places that would do if they were in the index."""
    plain = [glob for glob in wanted if not set(glob) & set("*?[")]
    there = [path for path in plain if project.unadded(path)]
    return [(path, 0, "it exists but is not added: run `git add`") for path in there[:1]]


def _absent(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    found = project.find(*globs(options, standards))
    return Result(not found, [(path, 0, "") for path in found])


def _matches(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    pattern, paths = re.compile(str(options.get("regex", "")), re.MULTILINE), _own(project, globs(options, standards))
    return Result(any(pattern.search(project.text(path)) for path in paths), [(path, 0, "") for path in paths[:1]])


def _own(project: Project, wanted: list[str]) -> list[str]:
    """Return the paths that match and are the project's own words: the snapshot of the standards is not."""
    return [path for path in project.find(*wanted) if path != STANDARDS]


def _size(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    limit = int(options.get("bytes", standards.number("blob_bytes", 1_000_000)))
    sizes = project.memo("sizes", project.repository.sizes)
    big = [path for path in project.find(*globs(options, standards)) if sizes.get(project.full(path), 0) > limit]
    return Result(not big, [(path, 0, f"{sizes[project.full(path)]:,} bytes") for path in big])


def _has(read: Callable[[str, str], Any]) -> Callable[[Project, Standards, Mapping[str, Any]], Result]:
    def look(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
        paths = project.find(*globs({"path": options.get("path", "")}, standards))
        key = str(options.get("key", ""))
        return Result(
            any(_value(read(project.text(p), p), key, options) for p in paths), [(p, 0, "") for p in paths[:1]]
        )

    return look


def _value(document: Any, key: str, options: Mapping[str, Any]) -> bool:
    for part in key.split("."):
        if not isinstance(document, Mapping) or part not in document:
            return False
        document = document[part]
    if "equals" in options:
        return bool(document == options["equals"])
    if "regex" in options:
        return bool(re.search(str(options["regex"]), str(document)))
    return document not in (None, "", [], {})


def _toml(text: str, name: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _yaml(text: str, name: str) -> Any:
    from mlctl.tools import yaml

    try:
        return yaml.load(text, name)
    except yaml.Malformed:
        return {}


def _sections(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    wanted = [str(one).lower() for one in options.get("sections", [])]
    paths = project.find(*globs({"any": options.get("any", options.get("path", ""))}, standards))
    there = "\n".join(head.lower() for path in paths for head in re.findall(r"(?m)^#+\s+(.+)$", project.text(path)))
    lacking = [one for one in wanted if one not in there]
    return Result(not lacking, [(paths[0] if paths else "README.md", 0, f"no section on {', '.join(lacking)}")])


def _ci(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    command = str(options.get("command", options.get("", "")))
    if "any" in options:
        command = "|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in globs(options, standards))
    return Result(
        ci.runs(project, command, str(options.get("on", ""))),
        [(f"/{p}", 0, "") for p in ci.files(project)[:1]],
    )


def _hook(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    names = globs(options, standards)
    return Result(any(re.search(rf"\b{re.escape(name)}\b", ci.hooks(project)) for name in names))


def _evidence(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    found: Mapping[str, Any] = project.memo("evidence", dict) or {}
    name = str(options.get("name", options.get("", "")))
    return Result(name in found and (not options.get("key") or _value(found[name], str(options["key"]), options)))


def _attest(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    """Tell whether somebody answers for it, in date: `attested` in the record; such a finding is told no further."""
    name = str(options.get("name", options.get("", "")))
    known: list[Attestation] = project.memo("attestations", list)
    there = next((one for one in known if one.code == name), None)
    if there is None:
        return Result(False)
    place = (PROJECT, there.line, "; ".join(there.faults))
    return Result(there.holds(str(project.memo("today", lambda: ""))), [place])


def _kinds(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    wanted = globs(options, standards)
    return Result(any(one.kind in wanted for one in manifests(project, code(project, standards))))


def _stage(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    at = str(project.facts.get("stage", STAGES[0]))
    return Result(at in STAGES and STAGES.index(at) >= STAGES.index(str(options.get("", STAGES[0]))))


def _declared(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    return Result(any(asked(project, name) for name in globs(options, standards)))


def _needs(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    text = "\n".join(
        project.text(path)
        for path in project.find("pyproject.toml", "requirements*.txt", "setup.py", "environment.y*ml")
    )
    return Result(
        any(re.search(rf"(?i)(?<![\w-]){re.escape(name)}(?![\w-])", text) for name in globs(options, standards))
    )


PRIMITIVES: dict[str, Callable[[Project, Standards, Mapping[str, Any]], Result]] = {
    "file.exists": _exists, "file.absent": _absent, "file.matches": _matches, "file.size_max": _size,
    "git.tracked_size": _size, "toml.has": _has(_toml), "yaml.has": _has(_yaml), "json.has": _has(_yaml),
    "md.has_sections": _sections, "ci.runs": _ci, "precommit.has_hook": _hook, "manifest.kinds": _kinds,
    "py.imports": imports, "py.reaches": reaches, "py.calls": calls, "py.shared_import": shared,
    "evidence.file": _evidence, "attest": _attest, "stage": _stage, "declares": _declared, "serving": _declared,
    "has": _needs,
}  # fmt: skip
