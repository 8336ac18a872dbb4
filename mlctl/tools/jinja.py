"""Jinja2, sandboxed: templates come from memory, values are plain, plain substitutions skip the compiler."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.loaders import BaseLoader
from jinja2.sandbox import SandboxedEnvironment

from mlctl.tools.errors import Invalid, MlctlError, Unable, printable

STOCK = frozenset(
    [f"jinja2.ext.{name}" for name in ("debug", "do", "i18n", "loopcontrols")]
    + [f"jinja2.ext.{name}Extension" for name in ("Debug", "ExprStmt", "Internationalization", "LoopControl")]
    + [f"cookiecutter.extensions.{name}Extension" for name in ("Jsonify", "RandomString", "Slugify", "Time", "UUID")]
)
SETTINGS: dict[str, type] = {
    **dict.fromkeys(("block_start_string", "block_end_string", "variable_start_string", "variable_end_string"), str),
    **dict.fromkeys(("comment_start_string", "comment_end_string", "line_statement_prefix"), str),
    **dict.fromkeys(("line_comment_prefix", "newline_sequence"), str),
    **dict.fromkeys(("trim_blocks", "lstrip_blocks", "autoescape"), bool),
}
_NAMELESS, _SHAPE = "<template>", "<shape>"
_PLAIN = (str, int, bool, float, type(None))
_STOCK_NAME = re.compile(r"\{%[-+]?\s*now\b|jsonify|slugify|random_ascii_string|uuid4")
_INSIDE = r"""(?:[^{}'"\\]|'[^'{}\\]*'|"[^"{}\\]*")*?"""
_TAG = re.compile(rf"(\{{(?<!\{{\{{)(?:\{{{_INSIDE}\}}\}}|%{_INSIDE}%\}}|#.*?#\}}))", re.DOTALL)
_OPENS = re.compile(r"\{[{%#]")
_WHOLE = re.compile(r"\{%[-+]?\s*(?:raw|autoescape)\b|\{#-#\}")
_TEXTS = "mlctl_texts"
_SHAPES = 500
_ATTRIBUTE = re.compile(r"\s*cookiecutter\.([A-Za-z]\w*)\s*", re.ASCII)
_ANSWER = re.compile(r"^'collections\.OrderedDict object' has no attribute '(\w+)'$")
_NEWLINE = re.compile(r"\r\n|\r")


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
            "read it, then trust it once with `--trust`",
        )


class _Memory(BaseLoader):
    """Finds templates by name through a function; refuses names that climb."""

    def __init__(self, renderer: Renderer, find: Callable[[str], str | None]) -> None:
        self.renderer = renderer
        self.find = find

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        names = [name for name in template.split("/") if name not in ("", ".")]
        source = None if ".." in names else self.find("/".join(names))
        if source is None:
            raise TemplateNotFound(template)
        self.renderer.stock(source)
        return source, template, lambda: True


class Renderer:
    """Renders texts with one context, exactly as Jinja2 would."""

    def __init__(
        self,
        context: Mapping[str, Any],
        find: Callable[[str], str | None] = lambda name: None,
        extensions: list[str] | None = None,
        settings: Mapping[str, Any] | None = None,
        trusted: bool = False,
    ) -> None:
        """`find` returns the text of a template by its name; extensions of others and odd settings need trust."""
        self.context = context
        self.plain = not settings and not extensions
        self.stocked = not self.plain
        self.environment = _environment(_Memory(self, find), extensions or [], settings or {}, trusted)
        self._expressions: dict[str, Callable[[], str] | None] = {}
        self._shapes: dict[tuple[str, ...], Template | None] = {}
        self._met: set[tuple[str, ...]] = set()

    def stock(self, source: str) -> None:
        """Load cookiecutter's own extensions if `source` names one: it takes longer than most templates."""
        if not self.stocked and _STOCK_NAME.search(source):
            for name in _extensions():
                self.environment.add_extension(name)
            self.stocked = True

    def text(self, source: str, name: str) -> str:
        """Return the rendering of `source`; errors name it `name` and raise `BrokenTemplate`."""
        if "\r" in source:
            source = _NEWLINE.sub("\n", source)
        if self.plain and "{" not in source:
            return source
        pieces = _pieces(source) if self.plain else []
        tags = tuple(pieces[1::2])
        done: list[str] = []
        try:
            if pieces and all(map(_bare, tags)) and all(self._expression(tag[2:-2]) for tag in tags):
                for at, piece in enumerate(pieces):
                    done.append(self._expressions[piece[2:-2]]() if at % 2 else piece)  # type: ignore[misc]
                return "".join(done)
            shape = self._shape(tags) if pieces else None
            if shape:
                return shape.render({**self.context, _TEXTS: _stripped(pieces)})
            return self._template(source, name).render(**self.context)
        except (MlctlError, MemoryError):
            raise
        except Exception as error:
            raise _broken(error, name, pieces, len(done)) from error

    def _shape(self, tags: tuple[str, ...]) -> Template | None:
        """Return a template of `tags` around texts that are given to it, each tag on a line of its own.

        So texts of one shape are compiled once, when the shape is met again. Nothing for a shape that is new, and
        where only the compiler of the whole text may judge.
        """
        if tags not in self._met:
            self._met.add(tags)
            return None
        if tags not in self._shapes:
            if len(self._shapes) == _SHAPES:
                self._shapes.clear()
            texts = [f"{{{{ {_TEXTS}[{at}]\n}}}}" for at in range(len(tags) + 1)]
            try:
                self._shapes[tags] = self._template("".join(map("".join, zip(texts, (*tags, ""), strict=True))), _SHAPE)
            except TemplateSyntaxError:
                self._shapes[tags] = None
        return self._shapes[tags]

    def _expression(self, code: str) -> Callable[[], str] | None:
        """Return what renders `{{ code }}`; nothing where only the compiler of the whole text may judge."""
        if code not in self._expressions:
            plain = _ATTRIBUTE.fullmatch(code)
            values = self.context.get("cookiecutter")
            if plain and isinstance(values, dict) and not hasattr(values, plain[1]):
                self._expressions[code] = lambda: self._value(values, plain[1], code)
            else:
                self._expressions[code] = self._compiled(code)
        return self._expressions[code]

    def _value(self, values: dict[str, Any], name: str, code: str) -> str:
        value = values.get(name, values)
        return str(value) if type(value) in _PLAIN else self._template("{{" + code + "}}").render(**self.context)

    def _compiled(self, code: str) -> Callable[[], str] | None:
        try:
            template = self._template("{{" + code + "}}")
        except TemplateSyntaxError:
            return None
        context = template.new_context(dict(self.context))  # an expression changes no name: one context will do
        return lambda: "".join(template.root_render_func(context))

    def _template(self, source: str, name: str = _NAMELESS) -> Template:
        self.stock(source)
        template = self.environment.from_string(source)
        template.filename = name
        return template


def _extensions() -> tuple[str, ...]:
    from mlctl.tools.cookiecutter import EXTENSIONS

    return EXTENSIONS


def _environment(
    loader: BaseLoader, extensions: list[str], settings: Mapping[str, Any], trusted: bool
) -> SandboxedEnvironment:
    for name in extensions:
        if name not in STOCK and not trusted:
            raise NotTrusted(f"the extension {name}")
    for name, value in settings.items():
        if type(value) is not SETTINGS.get(name) and not trusted:
            raise NotTrusted(f"the setting {name} of _jinja2_env_vars")
    try:
        return SandboxedEnvironment(
            **{"keep_trailing_newline": True, **settings},
            undefined=StrictUndefined,
            loader=loader,
            extensions=[*_extensions(), *extensions] if extensions or settings else (),
        )
    except (ImportError, AttributeError, AssertionError, TypeError, ValueError) as error:
        raise Unable(
            f"the template's extensions or settings of Jinja2 can't be loaded: {printable(str(error))}",
            "install the package that they come from beside mlctl, or correct the template",
        ) from error


def _pieces(source: str) -> list[str]:
    """Return text, tag, text, … of a text; nothing where a regular expression can't tell them apart as Jinja2 does."""
    pieces = _TAG.split(source)
    return [] if _WHOLE.search(source) or any(map(_OPENS.search, pieces[::2])) else pieces


def _bare(tag: str) -> bool:
    return tag.startswith("{{") and tag[2] not in "-+" and tag[-3] not in "-+"


def _stripped(pieces: list[str]) -> list[str]:
    """Return the texts between the tags, without the space that a tag with a `-` takes away."""
    texts = pieces[::2]
    for at, tag in enumerate(pieces[1::2]):
        if tag[2] == "-":
            texts[at] = texts[at].rstrip()
        if tag[-3] == "-":
            texts[at + 1] = texts[at + 1].lstrip()
    return texts


def _broken(error: Exception, name: str, pieces: list[str], met: int) -> Invalid | Unable:
    """Translate an error to one that names file and line; it was met at one of `pieces`, or in a shape of them."""
    place, line = _place(error)
    if place == _SHAPE:
        starts = accumulate((tag.count("\n") + 1 for tag in pieces[1::2]), initial=2)
        met, line = max((2 * at + 1, line - start + 1) for at, start in enumerate(starts) if start <= max(line, 2))
    if place in (None, _SHAPE, _NAMELESS):
        place, line = name, line + sum(piece.count("\n") for piece in pieces[:met])
    if isinstance(error, SecurityError):
        return Unable(
            f"{printable(str(place))}:{line}: the template tries what a template may not: {printable(str(error))}",
            "use a template that needs no such access",
        )
    if isinstance(error, RecursionError):
        why = "the template calls itself without end"
    elif isinstance(error, TemplateNotFound):
        why = f"there is no template '{error.name}' to include"
    elif isinstance(error, TemplateError):
        why = _ANSWER.sub(r"'cookiecutter.\1' is no answer", str(error.message or error))
    else:
        why = f"{type(error).__name__}: {error}"
    return BrokenTemplate(str(place), line, why)


def _place(error: Exception) -> tuple[str | None, int]:
    """Return the template and the line where an error was met; Jinja2 marks its own frames."""
    if isinstance(error, TemplateSyntaxError):
        return error.name, error.lineno
    found: tuple[str | None, int] = (None, 1)
    at = error.__traceback__
    while at is not None:
        if "__jinja_exception__" in at.tb_frame.f_globals:
            found = at.tb_frame.f_code.co_filename, at.tb_lineno
        at = at.tb_next
    return found
