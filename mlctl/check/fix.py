"""Safe fixes: what changes no meaning, edited as text so that comments stay, and files that the template brings."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.check.report import Checked, Report, Verdict
from mlctl.core.index import Index
from mlctl.core.project import Project
from mlctl.tools import files
from mlctl.tools.errors import MlctlError


@dataclass(frozen=True)
class Edits:
    """New bytes by path on the disk, with the old ones."""

    root: Path
    files: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)

    @property
    def diff(self) -> str:
        """The edits as a unified diff."""
        pieces: list[str] = []
        for path, (old, new) in self.files.items():
            before, after = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (old, new))
            pieces += difflib.unified_diff(before, after, f"a/{path}" if old else "/dev/null", f"b/{path}")
        return "".join(pieces)


def proposed(report: Report) -> Edits:
    """Return what can be mended safely in the projects of one repository."""
    found: dict[str, tuple[bytes, bytes]] = {}
    root = Path()
    for checked in report.projects:
        repository = checked.project.repository
        if not isinstance(repository, Index):
            continue
        root = repository.root
        found.update(_outputs(checked))
        found.update(_waivers(checked))
        found.update(_brought(checked))
    return Edits(root, found)


def fixed(edits: Edits) -> list[str]:
    """Write the edits, each file in one step; return their paths."""
    for path, (_, new) in edits.files.items():
        files.replace(edits.root / files.confine(path), new)
    return list(edits.files)


def _open(checked: Checked) -> list[Verdict]:
    return [one for one in checked.verdicts if not one.waived]


def mendable(checked: Checked, one: Verdict) -> bool:
    """Tell whether a finding is one that a safe fix may mend: an edit, or a file that the template could bring."""
    there = checked.project
    brought = one.rule.fix == "safe" and bool(there.lock.get("layers")) and one.path not in there.repository.modes()
    return bool(one.edit) or brought


def _outputs(checked: Checked) -> dict[str, tuple[bytes, bytes]]:
    """Return the notebooks without outputs and execution counts."""
    found = {}
    for one in (one for one in _open(checked) if one.edit == "outputs"):
        old = checked.project.repository.read(one.path)
        try:
            said = json.loads(old)
            for cell in said["cells"]:
                if "outputs" in cell:
                    cell["outputs"], cell["execution_count"] = [], None
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        indent = re.search(rb"\n( +)\"", old)
        new = json.dumps(said, indent=len(indent[1]) if indent else 1, ensure_ascii=False) + "\n"
        found[one.path] = (old, new.encode("utf-8", "surrogatepass"))
    return found


def _waivers(checked: Checked) -> dict[str, tuple[bytes, bytes]]:
    """Return the waiver file without the entries that excuse nothing; all other lines stay as they are."""
    unused = {(one.path, one.line) for one in _open(checked) if one.edit == "waiver"}
    found = {}
    for path in {path for path, _ in unused}:
        old = checked.project.repository.read(path)
        kept, dropping = [], False
        for number, line in enumerate(old.decode("utf-8").splitlines(keepends=True), 1):
            dropping = (path, number) in unused or (dropping and bool(re.match(r"\s+\S|\s*$", line)))
            kept += [] if dropping else [line]
        found[path] = (old, "".join(kept).encode())
    return found


def _brought(checked: Checked) -> dict[str, tuple[bytes, bytes]]:
    """Return the files that a broken promise misses and that the project's own template renders."""
    wanted = [one for one in _open(checked) if one.rule.fix == "safe" and not one.edit]
    if not wanted or not checked.project.lock.get("layers"):
        return {}
    try:
        there = _rendered(checked.project)
    except MlctlError:
        return {}
    found = {}
    for one in wanted:
        inside = one.path.removeprefix(f"{checked.project.folder}/" if checked.project.folder else "")
        for path, data in there.items():
            new = path not in checked.project.names and not checked.project.repository.on_disk(
                checked.project.full(path)
            )
            if new and (path == inside or path.startswith(f"{inside}/")):
                found[checked.project.full(path)] = (b"", data)
    return found


def _rendered(project: Project) -> dict[str, bytes]:
    """Return the files of the project's template with its recorded answers, at the recorded version."""
    from mlctl.core import platform, source, units
    from mlctl.core.ask import ask
    from mlctl.core.render import render

    where = (project.repository.root if isinstance(project.repository, Index) else Path()) / project.folder
    layers = project.lock["layers"]
    there = [platform.find(source.parse(str(o["source"]), where), str(o.get("version") or "")) for o in layers]
    kind = str(layers[0]["kind"])
    chosen = [tuple(n for n in one.get("units") or () if n not in ("base", kind)) for one in layers]
    uppers = [units.Upper(*one) for one in zip(there[1:], chosen[1:], strict=True)]
    left_out = [name for name in units.catalog(there[0]).defaults if name not in chosen[0]]
    template = units.template(there[0], kind, chosen[0], left_out, uppers)
    known = {question.name for question in template.questions if question.settable}
    answers = ask(template, {k: v for k, v in project.lock["answers"].items() if k in known}, None, False)
    return {path: entry.data for path, entry in render(template, answers, {}).files.items()}
