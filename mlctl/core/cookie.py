"""A plain cookiecutter template as a `Template`: cookiecutter.json, nested templates, hooks."""

from __future__ import annotations

import posixpath
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from mlctl.core.code import prompted
from mlctl.core.platform import Platform
from mlctl.core.template import Question, Template, Unit, Unknown
from mlctl.core.tree import FOLDER, Part, followed
from mlctl.tools import yaml
from mlctl.tools.cookiecutter import is_hook
from mlctl.tools.errors import Invalid, Unable, printable

FILE = "cookiecutter.json"


class NoTemplate(Unable):
    """A source that holds neither a platform nor a cookiecutter template."""

    def __init__(self, platform: Platform, folder: str, why: str) -> None:
        where = f"'{printable(platform.source.name)}'" + (f" in '{printable(folder)}'" if folder else "")
        super().__init__(f"{where} is no platform and no template: {why}", "give one that holds a cookiecutter.json")


def kinds(platform: Platform) -> dict[str, str]:
    """Return the templates of a source as `{kind: folder}`; the first is the default."""
    modes = platform.tree.modes()
    if FILE in modes:
        return _nested(platform, "") or {"": ""}
    found = sorted(path.rpartition("/")[0] for path in modes if path.endswith("/" + FILE) and path.count("/") <= 2)
    return {folder: folder for folder in found}


def template(platform: Platform, kind: str, hooks: bool = False) -> Template:
    """Return the template `kind` of the source, nested ones followed; raise `NoTemplate` or `Unknown`.

    If `hooks` may run, a `pre_prompt` hook makes the template first, on a copy.
    """
    there = kinds(platform)
    if not there:
        raise NoTemplate(platform, "", f"there is no {FILE}")
    if kind and kind not in there:
        raise Unknown("kind", kind, [k for k in there if k])
    chosen = kind or next(iter(there))
    folder = there[chosen]
    for _ in range(10):
        deeper = _nested(platform, folder) if folder else {}
        if not deeper:
            part = platform.part(folder)
            return _template(platform, prompted(part) if hooks else part, folder, chosen)
        folder = next(iter(deeper.values()))
    raise NoTemplate(platform, folder, "its nested templates have no end")


def _nested(platform: Platform, folder: str) -> dict[str, str]:
    """Return the nested templates that the cookiecutter.json in `folder` offers, as `{name: folder}`."""
    settings = _settings(platform, platform.part(folder), folder)
    found: dict[str, str] = {}
    many = settings.get("templates")
    if isinstance(many, dict):
        for name, entry in many.items():
            found[str(name)] = entry.get("path", "") if isinstance(entry, dict) else ""
    elif isinstance(settings.get("template"), list):
        for entry in settings["template"]:
            match = re.search(r"\((.+)\)", str(entry))
            found[str(entry).partition("(")[0].strip()] = match[1] if match else ""
    inside = {name: _inside(platform, folder, path) for name, path in found.items()}
    if folder in inside.values():
        raise NoTemplate(platform, folder, "its nested templates have no end")
    return inside


def _inside(platform: Platform, folder: str, path: str) -> str:
    aim = posixpath.normpath(posixpath.join(folder, path)) if isinstance(path, str) and path else ".."
    if aim == ".." or aim.startswith(("../", "/")):
        raise Unable(
            f"the nested template '{printable(str(path))}' of '{printable(platform.source.name)}' lies outside it",
            "use a template whose nested templates lie inside it",
        )
    return "" if aim == "." else aim


def _settings(platform: Platform, part: Part, folder: str) -> dict[str, Any]:
    path = f"{folder}/{FILE}" if folder else FILE
    if FILE not in part.modes():
        raise NoTemplate(platform, folder, f"there is no {FILE}")
    found = yaml.load_json(part.file(FILE), path)
    if not isinstance(found, dict):
        raise yaml.Malformed(path, 1, "must be an object of variables")
    for name, value in found.items():
        if isinstance(value, list) and not value and not name.startswith("_"):
            raise yaml.Malformed(path, 1, f"the choice '{name}' offers nothing")
    return found


def _template(platform: Platform, part: Part, folder: str, kind: str) -> Template:
    settings = _settings(platform, part, folder)
    prompts = settings.pop("__prompts__", {})
    extensions = tuple(map(str, _private(settings, "_extensions", (list,)) or ()))
    environment = _private(settings, "_jinja2_env_vars", (dict,)) or {}
    unit = Unit(
        name=platform.source.name, tree=part, top=_top(platform, part, folder, environment),
        copied=tuple(map(str, _private(settings, "_copy_without_render", (list, str)) or ())),
        newline=_private(settings, "_new_lines", (str,)) or "",
        hooks={path: hook for path in part.modes() if (hook := is_hook(path))},
    )  # fmt: skip
    if unit.newline not in ("", "\n", "\r", "\r\n"):
        raise Invalid(f"{FILE}: '_new_lines' is no line end", 'write it as "\\\\n", "\\\\r\\\\n" or "\\\\r"')
    questions = tuple(_question(name, raw, prompts) for name, raw in settings.items())
    return Template(
        platform, kind, questions, lambda answers: (unit,), extensions=extensions, environment=environment,
        hooks=tuple(unit.hooks), folder=folder,
    )  # fmt: skip


def _private(settings: dict[str, Any], name: str, types: tuple[type, ...]) -> Any:
    """Return the private setting `name`, nothing if it is not there; raise `Invalid` where its type is another."""
    value = settings.get(name)
    if value is not None and not isinstance(value, types):
        raise Invalid(f"{FILE}: '{name}' has the wrong type", "correct the template")
    return value


def _top(platform: Platform, part: Part, folder: str, environment: Mapping[str, Any]) -> str:
    """Return the folder that is rendered: the one named by a variable, in the template's own delimiters."""
    start = str(environment.get("variable_start_string", "{{"))
    end = str(environment.get("variable_end_string", "}}"))
    names = sorted({path.partition("/")[0] for path in part.modes()})
    tops = [n for n in names if "cookiecutter" in n and start in n and end in n and _is_folder(part, n)]
    if not tops:
        raise NoTemplate(platform, folder, "no folder is named by a variable of cookiecutter")
    return tops[0]


def _is_folder(part: Part, name: str) -> bool:
    """Tell whether a name at the top of a template is a folder, or a link to one."""
    modes, end = part.whole.modes(), followed(part.whole, f"{part.folder}/{name}" if part.folder else name)
    return modes.get(end) == FOLDER or any(path.startswith(f"{end}/") for path in modes)


def _question(name: str, raw: Any, prompts: Any) -> Question:
    told = prompts.get(name) if isinstance(prompts, dict) else None
    labels = OrderedDict(told) if isinstance(told, dict) else {}
    prompt = str(labels.pop("__prompt__", "")) if labels else str(told or "")
    shown = not name.startswith("_")
    return Question(name, raw, prompt, labels={str(k): str(v) for k, v in labels.items()}, asked=shown, settable=shown)
