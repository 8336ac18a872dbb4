"""What was asked of `mlctl new`, turned into a template, its answers and a wish."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlctl.core import cookie, layers, units
from mlctl.core.ask import ask
from mlctl.core.platform import Platform, find
from mlctl.core.settings import Settings, settings
from mlctl.core.source import EMBEDDED, Source, Untrusted, parse
from mlctl.core.template import Answers, Template, Unknown
from mlctl.new.scaffold import Wish, free
from mlctl.tools import files, yaml
from mlctl.tools.console import Console, Terminal, interactive
from mlctl.tools.errors import Invalid, printable


@dataclass(frozen=True)
class Request:
    """The command line of `mlctl new`."""

    here: Path
    directory: Path | None = None
    kind: str = ""
    platforms: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    answers: Path | None = None
    ask: bool = True
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    trust: bool = False
    hooks: bool = True
    git: bool = True
    lock: bool = True
    dry: bool = False


def prepare(request: Request, console: Console) -> tuple[Template, Answers, Wish]:
    """Return the template, the answers (asked for at a terminal) and the wish that `request` comes to."""
    target = Path(os.path.abspath(request.here / request.directory)) if request.directory else None
    if target:
        free(target, request.here)
    config = settings()
    terminal = Terminal() if request.ask and interactive() else None
    sources = [parse(one, request.here) for one in request.platforms or (config.platform or EMBEDDED,)]
    doubted = "" if request.trust else layers.untrusted(sources, config.trust)
    safe = not doubted
    platforms = [_found(*one, console) for one in zip(sources, _refs(request, len(sources)), strict=True)]
    template = _template(platforms, request, terminal)
    if _allow(template, request, safe, console):
        template = cookie.template(platforms[0], template.kind, hooks=True)
    given = {**_defaults(template, config), **_name(template, target), **_file(request), **said(request.said)}
    answers = ask(template, given, terminal, safe)
    wish = Wish(
        request.here, target, request.refs, safe, request.hooks, request.git, request.lock, request.dry,
        doubted if len(sources) > 1 else "",
    )  # fmt: skip
    return template, answers, wish


def _refs(request: Request, number: int) -> list[str]:
    """Return the ref of each platform: the n-th that was named is the n-th platform's."""
    if len(request.refs) > number:
        raise Invalid(f"there are {len(request.refs)} refs for {number} platforms", "name one `--ref` per `-p`")
    return [*request.refs, *[""] * (number - len(request.refs))]


def _found(source: Source, ref: str, console: Console) -> Platform:
    with console.busy(f"fetching {source.name}", always=False):
        platform = find(source, ref)
    _tell(platform, console)
    return platform


def _tell(platform: Platform, console: Console) -> None:
    console.detail(f"platform {platform.source.name} at {platform.version.name} (tree {platform.version.tree})")
    if platform.stale:
        console.say(f"note: {platform.source.name} can't be reached; its last copy is used ({platform.stale})")


def _template(platforms: Sequence[Platform], request: Request, terminal: Terminal | None) -> Template:
    """Return the template of the kind that was named, or chosen where there are several and somebody to ask."""
    platform = platforms[0]
    layers.composed(platforms)
    composed = platform.settings is not None
    there = list(units.catalog(platform).kinds if composed else cookie.kinds(platform))
    kind = request.kind
    if not kind and len(there) > 1 and terminal:
        kind = terminal.choice("What kind of project?", dict.fromkeys(there, ""))
    if composed:
        added, dropped, uppers = layers.split(platforms, request.added, request.dropped)
        return units.template(platform, kind, added, dropped, uppers)
    if request.added or request.dropped:
        raise Unknown("component", (*request.added, *request.dropped)[0], ())
    return cookie.template(platform, kind)


def _allow(template: Template, request: Request, safe: bool, console: Console) -> bool:
    """Tell whether hooks will run, and list them; raise `Untrusted` where they may not."""
    hooks = sorted(template.hooks if request.hooks else ())
    if hooks and not safe:
        raise Untrusted(template.platform.source, f"the hook {hooks[0]}")
    for hook in hooks:
        console.say(f"{'would run' if request.dry else 'runs'} the template's {hook}")
    return bool(hooks) and not request.dry


def _defaults(template: Template, config: Settings) -> dict[str, Any]:
    """Return the user's standing answers to questions that this template asks."""
    known = {question.name for question in template.questions if question.settable}
    return {name: value for name, value in config.answers.items() if name in known}


def _name(template: Template, target: Path | None) -> dict[str, Any]:
    return {template.naming: target.name} if template.naming and target else {}


def _file(request: Request) -> dict[str, Any]:
    if request.answers is None:
        return {}
    path = request.here / request.answers
    name, load = str(request.answers), yaml.load_json if path.suffix == ".json" else yaml.load
    return yaml.mapping(load(files.read_bounded(path, yaml.LIMIT, "the answers file"), name, texts=True), name)


def said(pairs: Iterable[str]) -> dict[str, Any]:
    """Return the answers of `KEY=VALUE` pairs; raise `Invalid` for what is none."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise Invalid(f"'{printable(pair)}' is no answer", "write it as `--set KEY=VALUE`")
        found[name] = value
    return found
