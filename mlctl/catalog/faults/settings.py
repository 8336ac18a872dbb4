"""Faults of `platform.yml` and of each `unit.yml`: names that lead nowhere, questions that nobody uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.catalog.lint import Bench, Fault
from mlctl.core.platform import SETTINGS
from mlctl.core.template import Unit
from mlctl.core.tree import FOLDER
from mlctl.core.units import Catalog


def faults(bench: Bench) -> Iterator[Fault]:
    """Yield what the settings promise and nobody keeps."""
    yield from _strays(bench)
    for folder, unit in bench.units.items():
        yield from _tops(folder, unit)
        yield from _needs(bench, folder, unit)
        yield from _nowhere(bench, folder, unit)
    yield from _unfilled(bench)
    yield from _unused(bench)


def _strays(bench: Bench) -> Iterator[Fault]:
    """Yield the units that nobody can choose."""
    if not bench.there:
        return
    known = {*(["base"] if bench.there.kinds else []), *(f"kinds/{name}" for name in bench.there.kinds)}
    known |= {f"components/{name}" for name in bench.there.components}
    names = {folder.rpartition("/")[2] for folder in known} | set(bench.there.expects) | _ports(bench.there)
    for folder in bench.units:
        home, *partners = folder.split("/with/")
        if home not in known:
            yield Fault(f"{folder}/unit.yml", 0, f"{SETTINGS} does not name this unit, so nobody can choose it")
            continue
        for partner in sorted(set(partners) - names):
            yield Fault(f"{folder}/unit.yml", 0, f"it comes with '{partner}', and there is no such unit")


def _ports(there: Catalog) -> set[str]:
    return {one.provides for one in there.components.values()} - {""}


def _tops(folder: str, unit: Unit) -> Iterator[Fault]:
    """Yield what lies in a unit's folder and is never rendered."""
    tops = {path.partition("/")[0] for path in unit.tree.modes() if "/" in path}
    for top in sorted(tops - {unit.top, "with"}):
        if top.startswith("{{") or top == "hooks":
            why = "a unit runs no hooks" if top == "hooks" else f"a unit has one folder of files, here '{unit.top}'"
            yield Fault(f"{folder}/{top}", 0, f"is never rendered: {why}")


def _needs(bench: Bench, folder: str, unit: Unit) -> Iterator[Fault]:
    if not bench.there:
        return
    ports = _ports(bench.there) | set(bench.there.expects)
    for need in unit.needs:
        if need not in bench.there.components and need not in ports:
            wrong = bench.document(folder).wrong("needs", "")
            yield Fault(f"{folder}/unit.yml", wrong.line, f"it needs '{need}', which is neither a component nor a port")


def _nowhere(bench: Bench, folder: str, unit: Unit) -> Iterator[Fault]:
    """Yield the patterns and moves that meet no file."""
    files = {path for one in bench.units for path in bench.paths(one)}
    listed = [(key, one) for key in ("once", "generated") for one in getattr(unit, key)]
    listed += [("moves", new) for new in unit.moves.values()]
    for key, pattern in listed:
        if key != "generated" and not any(_meets(path, pattern) for path in files):
            line = bench.document(folder).wrong(key, "").line
            yield Fault(f"{folder}/unit.yml", line, f"'{pattern}' is no file here")
    for old in unit.moves:
        if any(_meets(path, old) for path in files):
            line = bench.document(folder).wrong("moves", "").line
            yield Fault(f"{folder}/unit.yml", line, f"'{old}' is said to have moved, and is still there")


def _meets(path: str, pattern: str) -> bool:
    """Tell whether an unrendered path is what a pattern names, however both write their variables."""
    wanted = re.escape(_bare(pattern)).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    return bool(re.fullmatch(f"{wanted}(?:/.*)?", _bare(path)))


def _bare(text: str) -> str:
    return re.sub(r"\{\{\s*(.*?)\s*\}\}", r"{{\1}}", text)


def _unfilled(bench: Bench) -> Iterator[Fault]:
    """Yield the ports that are asked for and filled by nothing."""
    if not bench.there or not bench.platform.document:
        return
    for port in bench.there.asked:
        if not bench.there.filling(port):
            line = bench.platform.document.wrong(port, "").line
            yield Fault(SETTINGS, line, f"the port '{port}' is asked for, and no component provides it")


def _unused(bench: Bench) -> Iterator[Fault]:
    """Yield the questions whose answer nothing reads."""
    if not bench.whole:
        return
    texts = [_whole(unit) for unit in bench.units.values()]
    for folder, unit in bench.units.items():
        for question in unit.questions:
            read = re.compile(rf"cookiecutter\s*(?:\.\s*|\[\s*['\"]){re.escape(question.name)}\b")
            if not any(map(read.search, texts)):
                line = bench.document(folder).wrong(question.name, "").line
                yield Fault(f"{folder}/unit.yml", line, f"nothing reads the answer to '{question.name}'")


def _whole(unit: Unit) -> str:
    """Return all that a unit says, file names included, as one text."""
    said = [path for path in unit.tree.modes() if "cookiecutter" in path]
    for path, mode in unit.tree.modes().items():
        data = unit.tree.read(path) if mode != FOLDER and not path.startswith("with/") else b""
        if b"cookiecutter" in data:
            said.append(data.decode("utf-8", "replace"))
    return "\n".join(said)
