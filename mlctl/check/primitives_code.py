"""The primitives that look into Python code: what it imports, reaches and calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mlctl.check.code import code
from mlctl.check.facts import LOGS
from mlctl.check.look import last
from mlctl.check.result import Place, Result, globs
from mlctl.core.project import Project
from mlctl.core.standards import Standards


def imports(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    """Tell whether the product's code imports one of the modules."""
    files = code(project, standards)
    return Result(bool(files.importing(globs(options, standards), files.product)))


def reaches(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    """Tell whether what an entry point imports, imports a module, names something or keeps predictions."""
    files, wanted = code(project, standards), globs({"any": options.get("imports", [])}, standards)
    start = files.graph.file(project.entry(str(options.get("from", ""))).partition(":")[0])
    names = re.compile(str(options["names"])) if "names" in options else None
    for path in files.graph.reach(start) if start else ():
        facts = files.facts(path)
        said = (path, *facts.defined, *facts.calls)
        kept = options.get("logging") is True and bool(facts.logging or LOGS.search(path.rpartition("/")[2]))
        named = names is not None and any(map(names.search, said))
        if kept or named or any(n == w or n.startswith(f"{w}.") for n in facts.modules for w in wanted):
            return Result(True)
    return Result(False, [(start, 0, "")] if start else [])


def calls(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    """Tell whether a function is called, or where it is with or without a keyword."""
    from mlctl.check.source import Source, keyword, spread

    name, wanted, unwanted = str(options.get("name", "")), options.get("with_kw", []), options.get("without_kw", [])
    places: list[Place] = []
    files = code(project, standards)
    for path in (p for p in files.naming([last(name)], files.product) if name in files.facts(p).calls):
        for called, node in Source(path, project.read(path)).calls:
            lacks = unwanted and not keyword(node, *unwanted) and not spread(node)
            if called == name and (lacks or (wanted and keyword(node, *wanted)) or not (wanted or unwanted)):
                places.append((path, node.lineno, ""))
    return Result(not places, places) if wanted or unwanted else Result(bool(places))


def shared(project: Project, standards: Standards, options: Mapping[str, Any]) -> Result:
    """Tell whether training and serving import one feature module."""
    from mlctl.check.rules.features import verdict

    said = verdict(project, standards)
    return Result(not said, [(said[0], 0, said[1])] if said else [])
