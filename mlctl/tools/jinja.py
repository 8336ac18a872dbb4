"""Jinja2, sandboxed: templates come from memory, values are plain, plain substitutions skip the compiler."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import SecurityError, TemplateError, UndefinedError
from jinja2.loaders import BaseLoader
from jinja2.sandbox import SandboxedEnvironment

from mlctl.tools.errors import Invalid, Unable, printable

STOCK = ("jinja2.ext.", "cookiecutter.extensions.")
SETTINGS: dict[str, type] = {
    **dict.fromkeys(("block_start_string", "block_end_string", "variable_start_string", "variable_end_string"), str),
    **dict.fromkeys(("comment_start_string", "comment_end_string", "line_statement_prefix"), str),
    **dict.fromkeys(("line_comment_prefix", "newline_sequence"), str),
    **dict.fromkeys(("trim_blocks", "lstrip_blocks", "keep_trailing_newline", "autoescape"), bool),
}
_TOKENS = ("now", "jsonify", "slugify", "random_ascii_string", "uuid4")
_NEEDS_COMPILER = re.compile(r"\{[%#]")
_EXPRESSION = re.compile(r"\{\{(?![-+])((?:[^{}'\"]|'[^'\\{}]*'|\"[^\"\\{}]*\")*?)(?<![-+])\}\}")
_NEWLINE = re.compile(r"\r\n|\r|\n")


class BrokenTemplate(Invalid):
    """A template that can't be rendered: `name` and `line` say where."""

    def __init__(self, name: str, line: int, why: str) -> None:
        super().__init__(
            f"{printable(name)}:{line}: {printable(why)}", "correct the template, or give the answer that it asks for"
        )


class NotTrusted(Unable):
    """A template that would run code of its own, from a source that may not."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the template wants to run code of its own: {printable(what)}",
            "read it, then trust it once with `--trust`, or leave its hooks out with `--no-hooks`",
        )


class _Memory(BaseLoader):
    """Finds templates by name through a function; refuses names that climb."""

    def __init__(self, find: Callable[[str], str | None]) -> None:
        self.find = find

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source = None if ".." in template.split("/") else self.find(template)
        if source is None:
            raise TemplateNotFound(template)
        return source, template, lambda: True


class Renderer:
    """Renders texts with one context, exactly as Jinja2 would."""

    def __init__(
        self,
        context: Mapping[str, Any],
        find: Callable[[str], str | None] = lambda name: None,
        extensions: list[str] | None = None,
        settings: Mapping[str, Any] | None = None,
        sources: str = "",
        trusted: bool = False,
    ) -> None:
        """`sources` is text that may name a stock extension: only then they are loaded, which is slow."""
        wanted = [str(name) for name in extensions or []]
        foreign = [name for name in wanted if not name.startswith(STOCK)]
        if foreign and not trusted:
            raise NotTrusted(f"the extension {foreign[0]}")
        self.context = context
        self.plain = not settings and not wanted
        self.environment = self._environment(_Memory(find), wanted, dict(settings or {}), sources)
        self._expressions: dict[str, Callable[[], str] | None] = {}

    def _environment(
        self, loader: BaseLoader, wanted: list[str], settings: dict[str, Any], sources: str
    ) -> SandboxedEnvironment:
        for name, value in settings.items():
            if type(value) is not SETTINGS.get(name):
                raise NotTrusted(f"the setting {name} of _jinja2_env_vars")
        stock = any(token in sources for token in _TOKENS) or bool(wanted)
        if stock:
            from mlctl.tools.cookiecutter import EXTENSIONS

            wanted = [*EXTENSIONS, *wanted]
        try:
            return SandboxedEnvironment(
                **{"keep_trailing_newline": True, **settings},
                undefined=StrictUndefined,
                loader=loader,
                extensions=wanted,
            )
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            raise Unable(
                f"an extension of the template can't be loaded: {printable(str(error))}",
                "install the package that holds it beside mlctl",
            ) from error

    def text(self, source: str, name: str) -> str:
        """Return the rendering of `source`; errors name it `name` and raise `BrokenTemplate`."""
        if "{" not in source and self.plain:
            return _NEWLINE.sub("\n", source) if "\r" in source else source
        try:
            with contextlib.suppress(TemplateError):  # the compiler of the whole text names the line
                fast = self._substituted(source)
                if fast is not None:
                    return fast
            template = self.environment.from_string(source)
            template.name = template.filename = name
            return str(template.render(**self.context))
        except RecursionError as error:
            raise BrokenTemplate(name, 1, "the template calls itself without end") from error
        except TemplateError as error:
            raise _broken(error, name, source) from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, AssertionError) as error:
            raise BrokenTemplate(name, 1, f"{type(error).__name__}: {error}") from error

    def _substituted(self, source: str) -> str | None:
        """Return the rendering of a text with plain `{{ }}` only, without compiling it as a whole; else nothing."""
        if not self.plain or _NEEDS_COMPILER.search(source):
            return None
        if "{{" not in source:
            return _NEWLINE.sub("\n", source)
        pieces: list[str] = []
        at = 0
        for found in _EXPRESSION.finditer(source):
            if "{{" in source[at : found.start()]:
                return None
            value = self._expression(found[1])
            if value is None:
                return None
            pieces += [_NEWLINE.sub("\n", source[at : found.start()]), value]
            at = found.end()
        rest = source[at:]
        return None if "{{" in rest else "".join((*pieces, _NEWLINE.sub("\n", rest)))

    def _expression(self, code: str) -> str | None:
        """Return the value of one `{{ code }}`; nothing where only the compiler of the whole text may judge."""
        if code not in self._expressions:
            simple = re.fullmatch(r"\s*cookiecutter\.([A-Za-z]\w*)\s*", code)
            if simple and isinstance(self.context.get("cookiecutter"), dict):
                return self._attribute(simple[1])
            self._expressions[code] = self._compiled(code)
        render = self._expressions[code]
        return render() if render else None

    def _attribute(self, name: str) -> str | None:
        """Return `cookiecutter.name` where it is a plain value that no method of dict hides."""
        values = self.context["cookiecutter"]
        if name in values and not hasattr(values, name) and isinstance(values[name], (str, int, bool)):
            return str(values[name])
        return None

    def _compiled(self, code: str) -> Callable[[], str] | None:
        """Return a function that renders `{{ code }}`; nothing for what may change the context or is no expression."""
        if not re.fullmatch(r"[\w\s.|'\",()\[\]:+~*/<>=!-]*", code):
            return None
        try:
            template = self.environment.from_string("{{" + code + "}}")
        except TemplateSyntaxError:
            return None
        return lambda: str(template.render(**self.context))


def _broken(error: TemplateError, name: str, source: str) -> Invalid | Unable:
    """Translate Jinja2's error to one that names the file and line."""
    line = getattr(error, "lineno", None)
    at = error.__traceback__
    while line is None and at is not None:
        if at.tb_frame.f_code.co_filename in (name, "<template>"):
            line = at.tb_lineno
        at = at.tb_next
    where = getattr(error, "name", None) or name
    if isinstance(error, SecurityError):
        return Unable(
            f"{printable(name)}:{line or 1}: the template tries what a template may not: {printable(str(error))}",
            "use a template that needs no such access",
        )
    if isinstance(error, TemplateNotFound):
        return BrokenTemplate(name, line or 1, f"there is no template '{error.name}' to include")
    if isinstance(error, UndefinedError):
        line = line or _line_of_undefined(str(error), source)
    return BrokenTemplate(str(where), line or 1, str(error.message or error))


def _line_of_undefined(message: str, source: str) -> int:
    name = re.search(r"'([^']*)'\s*$|attribute '([^']*)'|^'([^']*)' is undefined", message)
    word = next((g for g in name.groups() if g), "") if name else ""
    at = source.find(word) if word else -1
    return source.count("\n", 0, at) + 1 if at >= 0 else 1
