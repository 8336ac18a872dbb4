"""Shows what a platform offers, what is wrong with it, and what it does to the projects made from it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from mlctl.catalog.lint import Fault, Lint
from mlctl.catalog.listing import Entry, Listing, Sheet
from mlctl.catalog.pins import Pins
from mlctl.catalog.start import Started, told
from mlctl.core.platform import Platform
from mlctl.core.template import Question
from mlctl.tools.console import Console


def show_listing(found: Listing, as_json: bool, console: Console) -> None:
    """Print the units of a platform, or JSON alone."""
    if as_json:
        units = [_entry(entry) for entry in found.entries]
        _document("list", found.platform, {"about": found.about, "units": units}, console)
        return
    console.result(f"{_named(found.platform)}: {found.about}".rstrip(": "))
    name = max(len(entry.name) for entry in found.entries)
    port = max(len(entry.port) for entry in found.entries)
    role = ""
    for entry in found.entries:
        if entry.role != role:
            role = entry.role
            console.result("")
            console.result({"component": "components", "kind": "kinds"}.get(role, role))
        mark = "*" if entry.chosen else " "
        console.result(f"{mark} {entry.name:<{name}}  {entry.port:<{port}}  {entry.about}".rstrip())
    console.result("")
    console.result("* a new project has it by default; `mlctl platform show NAME` tells all about one")


def show_sheet(found: Sheet, as_json: bool, console: Console) -> None:
    """Print all about one unit, or JSON alone."""
    if as_json:
        _document("show", found.platform, _sheet(found), console)
        return
    entry = found.entry
    console.result(f"{entry.name}, a {entry.role} of {_named(found.platform)}: {entry.about}")
    for head, lines in _parts(found):
        for line in lines:
            console.result(f"  {head:<10} {line}".rstrip())
            head = ""


def show_lint(found: Lint, as_json: bool, console: Console) -> None:
    """Print what is wrong, a line each, or JSON alone."""
    if as_json:
        faults = [{"path": one.path, "line": one.line, "message": one.message} for one in found.faults]
        _document("lint", found.platform, {"units": found.units, "rules": found.rules, "faults": faults}, console)
        return
    for one in found.faults:
        console.result(_fault(one))
    told = f"{len(found.faults)} faults" if len(found.faults) != 1 else "1 fault"
    sound = f"{_named(found.platform)} is sound" if not found.faults else told
    console.say(f"{sound}: {found.units} units, {found.files} files, {found.rules} rules as data were read")


def show_start(made: Started, console: Console) -> None:
    """Print what was started and what to type next."""
    for note in made.notes:
        console.say(f"note: {note}")
    release = f", released as {made.release}" if made.release else ""
    console.result(f"started {told(made.target)} from the platform {made.origin}: {made.files} files{release}")
    console.result(f"  next cd {shlex.quote(told(made.target))} && mlctl platform test")
    console.result("       git remote add origin URL && git push --tags origin HEAD")


def show_pins(found: Pins, console: Console) -> None:
    """Print which tested versions changed."""
    for name, before, after in found.moved:
        console.result(f"  {name} {before or 'new'} -> {after or 'gone'}")
    console.result(f"{found.number} packages pinned, {len(found.moved)} changed")


def _fault(one: Fault) -> str:
    return f"{one.path}:{one.line}: {one.message}" if one.line else f"{one.path}: {one.message}"


def _named(platform: Platform) -> str:
    name = str((platform.settings or {}).get("name") or platform.source.name)
    version = platform.version.name
    return f"{name} {version} ({platform.source.name})" if name != platform.source.name else f"{name} {version}"


def _parts(found: Sheet) -> Iterator[tuple[str, list[str]]]:
    if found.entry.port:
        instead = f"; instead of it: {', '.join(found.instead)}" if found.instead else ""
        yield "fills", [f"the port {found.entry.port}{instead}"]
    yield "asks", [_asked(question) for question in found.questions if question.settable]
    yield "needs", [", ".join(found.needs)] if found.needs else []
    yield "needed by", [", ".join(found.needed_by)] if found.needed_by else []
    yield "keeps", [", ".join(found.keeps)] if found.keeps else []
    yield "packages", [f"{group or 'project'}: {', '.join(names)}" for group, names in found.groups.items()]
    rooms = [f"{number} more in the environment '{name}', which stands apart" for name, number in found.apart.items()]
    yield "costs", [f"{found.packages} pinned packages more than a project without it", *rooms]
    yield "files", list(found.files)
    yield "along with", [f"{name}: {number} files more" for name, number in found.along.items()]


def _asked(question: Question) -> str:
    default = question.default
    choices = f" [{', '.join(map(str, default))}]" if isinstance(default, list) else f" [{default}]" if default else ""
    return f"{question.name}{choices}: {question.prompt}"


def _entry(entry: Entry) -> dict[str, Any]:
    return {"name": entry.name, "role": entry.role, "port": entry.port, "default": entry.chosen, "about": entry.about}


def _sheet(found: Sheet) -> dict[str, Any]:
    asks = [
        {"name": one.name, "prompt": one.prompt, "default": one.default, "help": one.help}
        for one in found.questions
        if one.settable
    ]
    return {
        **_entry(found.entry), "asks": asks, "needs": list(found.needs), "needed_by": list(found.needed_by),
        "instead": list(found.instead), "keeps": list(found.keeps),
        "dependencies": {group: list(names) for group, names in found.groups.items()},
        "packages": found.packages, "apart": dict(found.apart), "files": list(found.files), "along": dict(found.along),
    }  # fmt: skip


def _document(command: str, platform: Platform, said: dict[str, Any], console: Console) -> None:
    version = {"version": platform.version.name, "tree": platform.version.tree}
    head = {"schema": f"mlctl.platform-{command}/1", "platform": platform.source.name, **version}
    console.document(json.dumps({**head, **said}, indent=2, ensure_ascii=False))
