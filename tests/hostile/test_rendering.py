"""Templates that mean harm, or are merely broken: refused in two lines, in time, nothing left and nothing touched."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import kit

TOP = "{{cookiecutter.name}}"
SECONDS, MEMORY = 10, 600_000_000
YES, WRONG, UNABLE = 0, 2, 3
CANARY = "import os\nopen(os.environ['HOME'] + '/canary', 'w').write('ran')\n"


@dataclass(frozen=True)
class Row:
    """A template and how `mlctl new` answers it: with `code`, in a sentence that holds `says`."""

    name: str
    says: str
    code: int = UNABLE
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    settings: Any = field(default_factory=dict)
    make: Callable[[Path], object] = lambda folder: None
    options: tuple[str, ...] = ()

    def lay(self, folder: Path) -> Path:
        """Write the template."""
        kit.write(folder, f"{TOP}/README.md", "# {{ cookiecutter.name }}\n")
        raw = self.settings
        kit.write(folder, "cookiecutter.json", json.dumps({"name": "it", **raw}) if isinstance(raw, dict) else raw)
        for path, text in self.files.items():
            kit.write(folder, path, text)
        self.make(folder)
        return folder


def named(what: str, value: str, says: str, code: int = UNABLE) -> list[Row]:
    """Return rows in which a file, a folder and the project itself are named by `value`."""
    settings = {"evil": value}
    return [
        Row(f"a file named {what}", says, code, {f"{TOP}/{{{{cookiecutter.evil}}}}": "x"}, settings),
        Row(f"a folder named {what}", says, code, {f"{TOP}/{{{{cookiecutter.evil}}}}/a": "x"}, settings),
        Row(f"a folder, copied as it is, named {what}", says, code, {f"{TOP}/{{{{cookiecutter.evil}}}}/a": "x"},
            {**settings, "_copy_without_render": ["*evil*"]}),
        Row(f"a project named {what}", says, code, settings={"name": value}),
    ]  # fmt: skip


def text(what: str, source: str, says: str, code: int = UNABLE, **more: str) -> list[Row]:
    """Return rows in which a file, a name, a default, a choice and an inner default hold `source`."""
    rows = [
        Row(f"a file with {what}", says, code, {f"{TOP}/a.txt": f"1\n2 {source}\n", **more}),
        Row(f"a default with {what}", says, code, settings={"evil": source}),
        Row(f"a choice with {what}", says, code, settings={"evil": [source, "b"]}),
        Row(f"a dictionary with {what}", says, code, settings={"evil": {"a": {"b": source}}}),
        Row(f"a computed variable with {what}", says, code, settings={"__evil": source}),
    ]
    return rows + ([] if "/" in source or more else [Row(f"a name with {what}", says, code, {f"{TOP}/{source}": "x"})])


def link(path: str, aim: str) -> Callable[[Path], object]:
    return lambda folder: os.symlink(aim, kit.write(folder, f"{TOP}/{path}.txt", "").with_suffix(""))


def nested(depth: int) -> str:
    return '{"name": ' + "[" * depth + "]" * depth + "}"


PATHS = [
    *named("to climb", "../x", "unsafe path"),
    *named("to climb from below", "a/../../x", "unsafe path"),
    *named("by an absolute path", "/tmp/mlctl-evil", "unsafe path"),
    *named("by two dots", "..", "unsafe path"),
    *named("with a backslash", "..\\x", "holds a backslash"),
    *named("with a line end", "a\nb", "control character"),
    *named("with an escape code", "a\x1b[31mb", "control character"),
    *named("with a NUL", "a\0b", "control character"),
    *named("as git's own", ".git", "form of '.git'"),
    *named("below git's own", ".git/hooks/pre-commit", "form of '.git'"),
    *named("as git's own in capitals", ".GIT", "form of '.git'"),
    *named("as git's own with a dot", ".git.", "form of '.git'"),
    *named("as git's own with a space", ".git ", "form of '.git'"),
    *named("as git's own on Windows", "GIT~1", "form of '.git'"),
    *named("as git's own as a stream", ".git::$INDEX_ALLOCATION", "form of '.git'"),
    *named("as git's own with what nobody sees", ".g\u200cit", "form of '.git'"),
    *named("as git's own in wide letters", "\uff0egit", "form of '.git'"),
    *named("as a device", "CON", "device name"),
    *named("as a device with an ending", "aux.txt", "device name"),
    *named("with a dot at the end", "a.", "ends in a dot"),
    *named("with a space at the end", "a ", "ends in a dot or a space"),
    *named("too long", "a" * 256, "longer than 255 bytes"),
    *named("too long in bytes", "ä" * 128, "longer than 255 bytes"),
    *named("by a path too long", "/".join(["a" * 200] * 21), "unsafe path"),
    *named("with half a character", "\ud800", "half a character", WRONG),
    *named("like an option", "-rf", "", YES),
    *named("like a long option", "--help", "", YES),
    *named("by what must be quoted", "$(touch x);'\"&|<>*?`", "", YES),
    Row("a folder named to nothing", "empty name", files={f"{TOP}/{{{{cookiecutter.evil}}}}/a": ""},
        settings={"evil": ""}),
    Row("a project named to nothing", "unsafe path", settings={"name": ""}),
    Row("a folder of git in the template", "form of '.git'", files={f"{TOP}/.git/hooks/pre-commit": "#!/bin/sh\n"}),
    Row("a file of git in the template", "form of '.git'", files={f"{TOP}/.git": "gitdir: /tmp\n"}),
    Row("a folder of git that is copied", "form of '.git'", files={f"{TOP}/raw/.git/config": ""},
        settings={"_copy_without_render": ["raw"]}),
    Row("names that fold onto one another", "folds onto", files={f"{TOP}/readme.md": ""}),
    Row("folders that fold onto one another", "folds onto", files={f"{TOP}/src/a": "", f"{TOP}/SRC/b": ""}),
    Row("names that look the same", "folds onto", files={f"{TOP}/\u00e9": "", f"{TOP}/e\u0301": ""}),
    Row("two paths that render to one", "rendered twice",
        files={f"{TOP}/a": "", f"{TOP}/{{{{cookiecutter.a}}}}": ""}, settings={"a": "a"}),
    Row("two folders that render to one", "there already",
        files={f"{TOP}/a/x": "", f"{TOP}/{{{{cookiecutter.a}}}}/y": ""}, settings={"a": "a"}),
    Row("a link to a file of the machine", "leaves the template", make=link("a", "/etc/passwd")),
    Row("a link that climbs", "leaves the template", make=link("a", "../../../../../../../../etc/passwd")),
    Row("a link beside the template", "leaves the template", make=link("a", "../../canary.txt")),
    Row("a chain of links that leaves", "leaves the template",
        make=lambda f: (link("a", "b")(f), link("b", "c")(f), link("c", "/etc/passwd")(f))),
    Row("a link to itself", "has no end", make=link("a", "a")),
    Row("links in a ring", "has no end", make=lambda f: (link("a", "b")(f), link("b", "a")(f))),
    Row("a link to a folder of the machine", "leaves the template", make=link("a", "/etc")),
    Row("a link to a folder of the machine, copied", "leaves the template", make=link("raw/a", "/etc"),
        settings={"_copy_without_render": ["raw"]}),
    Row("a folder that holds itself, copied", "leads back to itself", make=link("raw/a", "../raw"),
        settings={"_copy_without_render": ["raw"]}),
    Row("a link into nothing", "leads to no file", make=link("a", "absent")),
    Row("a top folder that is a link", "no folder is named",
        make=lambda f: (os.rename(f / TOP, f / "real"), os.symlink("/etc", f / TOP), os.rename(f / TOP, f / "x"))),
    Row("a pipe", "no regular file", make=lambda f: os.mkfifo(f / TOP / "pipe")),
    Row("a name that is not UTF-8", "is not UTF-8",
        make=lambda f: open(os.fsencode(f / TOP) + b"/\xff.txt", "wb").close()),
    Row("a file of 2 GB", "larger than",
        make=lambda f: os.truncate(kit.write(f, f"{TOP}/big.bin", b"\0"), 2_000_000_000)),
    Row("files of 90 MB in all", "larger than",
        make=lambda f: [kit.write(f, f"{TOP}/{n}.txt", b"a" * 30_000_000) for n in range(3)]),
    Row("300 folders in one another", "deeper than", files={f"{TOP}/{'a/' * 300}b": ""}),
    Row("a program that changes its user", "", YES, make=lambda f: os.chmod(kit.write(f, f"{TOP}/a", "x"), 0o6755)),
    Row("a file in the place of a folder", "", YES, files={f"{TOP}/a/b": "", f"{TOP}/{{{{cookiecutter.a}}}}": ""},
        settings={"a": "a"}),
]  # fmt: skip

CODE = [
    *text("a class", "{{ ''.__class__.__mro__ }}", "may not"),
    *text("all classes", "{{ ().__class__.__bases__[0].__subclasses__() }}", "may not"),
    *text("the globals of a global", "{{ cycler.__init__.__globals__ }}", "may not"),
    *text("the globals of a function", "{{ lipsum.__globals__['os'].popen('id').read() }}", "may not"),
    *text("an attribute by filter", "{{ ''|attr('__class__') }}", "may not"),
    *text("an attribute by name", "{{ ''['__class__'] }}", "may not"),
    *text("an attribute in a format", "{{ '{0.__class__}'.format('') }}", "may not"),
    *text("an attribute in a stored format", "{% set f = '{0.__class__}'.format %}{{ f('') }}", "may not"),
    *text("an attribute in a mapped format", "{{ '{a.__class__}'.format_map({'a': 1}) }}", "may not"),
    *text("a method's own", "{{ cookiecutter.update.__self__ }}", "may not"),
    *text("a generator's frame", "{{ ([1]|map('string')).gi_frame.f_globals }}", "may not"),
    *text("the template itself", "{{ self._TemplateReference__context }}", "may not"),
    *text("a module", "{% import 'os' as os %}{{ os.popen('id') }}", "no template 'os'", WRONG),
    Row("an include of the machine's", "no template '/etc/passwd'", WRONG, {f"{TOP}/a": "{% include '/etc/passwd' %}"}),
    Row("an include that climbs", "no template '../x'", WRONG, {f"{TOP}/a": "{% include '../x' %}"}),
    Row("an include that climbs from below", "no template", WRONG, {f"{TOP}/a": "{% include 'b/../../../x' %}"}),
    Row("an include of the settings", "no template", WRONG, {f"{TOP}/a": "{% include 'cookiecutter.json' %}"}),
    Row("an include through a link", "leaves the template", files={f"{TOP}/a": "{% include 'b.bin' %}"},
        make=link("b.bin", "/etc/passwd")),
    Row("a hook", "hooks/pre_gen_project.py", files={"hooks/pre_gen_project.py": CANARY}),
    Row("a hook before all", "hooks/pre_prompt.py", files={"hooks/pre_prompt.py": CANARY}),
    Row("a hook that is left out", "", YES, {"hooks/post_gen_project.py": CANARY}, options=("--no-hooks",)),
    Row("a module as an extension", "the extension os", settings={"_extensions": ["os"]}),
    Row("an extension of its own", "the extension local.Evil", files={"local.py": CANARY},
        settings={"_extensions": ["local.Evil"]}),
    Row("what an extension's module holds", "the extension", settings={"_extensions": ["jinja2.ext.import_string"]}),
    Row("what cookiecutter's module holds", "the extension",
        settings={"_extensions": ["cookiecutter.extensions.uuid"]}),
    Row("an extension that is no name", "the extension", settings={"_extensions": [{"a": 1}]}),
    Row("an extension by its setting", "the setting extensions", settings={"_jinja2_env_vars": {"extensions": ["os"]}}),
    Row("an undefined type by its setting", "the setting undefined", settings={"_jinja2_env_vars": {"undefined": "x"}}),
    Row("a setting of the wrong type", "the setting trim_blocks",
        settings={"_jinja2_env_vars": {"trim_blocks": "yes"}}),
    Row("empty delimiters", "", WRONG, settings={"_jinja2_env_vars": {"block_start_string": ""}}),
    Row("a trusted hook that fails", "hooks/post_gen_project.py failed", options=("--trust",),
        files={"hooks/post_gen_project.py": "open('left', 'w')\nraise SystemExit(3)\n"}),
    Row("a trusted hook that is no program", "hooks/pre_gen_project failed", options=("--trust",),
        files={"hooks/pre_gen_project": "echo\n"}),
    Row("a trusted hook that is broken", "hooks/pre_gen_project.sh:2", WRONG, options=("--trust",),
        files={"hooks/pre_gen_project.sh": "#!/bin/sh\n{{ absent }}\n"}),
    Row("a trusted extension that is not there", "can't be loaded", settings={"_extensions": ["absent.X"]},
        options=("--trust",)),
    Row("a trusted extension that fails", "can't be loaded", files={"own.py": "raise ValueError('no')\n"},
        settings={"_extensions": ["own.X"]}, options=("--trust",)),
]  # fmt: skip

MUCH = [
    *text("loops in loops", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
          "needs more"),
    *text("a text without end", "{{ 'a' * 10**10 }}", "needs more"),
    *text("a list without end", "{{ ([0] * 10**10)|length }}", "needs more"),
    *text("a padded text", "{{ 'a'.ljust(10**10) }}", "needs more"),
    *text("a centred text", "{{ 'a'|center(10**10) }}", "needs more"),
    *text("a formatted number", "{{ '%3000000000d' % 1 }}", ""),
    *text("a number without end", "{{ 10 ** (10 ** 9) }}", "needs more"),
    *text("a doubled text",
          "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}", ""),
    *text("a replaced text", "{{ ('a' * 10**6).replace('a', 'b' * 10**6) }}", "needs more"),
    *text("many words", "{{ lipsum(n=10**7) }}", "needs more"),
    *text("a range too big", "{{ range(10**9)|list }}", "Range too big", WRONG),
    *text("a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself", WRONG),
    *text("parentheses in parentheses", "{{ " + "(" * 9000 + ")" * 9000 + " }}", "", WRONG),
    *text("minuses in a row", "{{ " + "-" * 20000 + "1 }}", "", WRONG),
    Row("an include of itself", "calls itself", WRONG, {f"{TOP}/a.txt": "{% include 'a.txt' %}"}),
    Row("a thousand files that take long", "needs more",
        files={f"{TOP}/{n}.txt": "{% for a in range(99999) %}{{ a }}{% endfor %}" * 9 for n in range(100)}),
]  # fmt: skip

BROKEN = [
    *text("a syntax error", "{% if %}", ":", WRONG),
    *text("an open block", "{% if 1 %}", ":", WRONG),
    *text("a tag that there is not", "{% evil %}", "evil", WRONG),
    *text("an unknown variable", "{{ cookiecutter.absent }}", "absent", WRONG),
    *text("a division by nothing", "{{ 1 / 0 }}", "ZeroDivisionError", WRONG),
    *text("a filter that there is not", "{{ 1|evil }}", "evil", WRONG),
    Row("an error in line 3", "a.txt:3:", WRONG,
        {f"{TOP}/a.txt": "1\n{% if 1 %}2{% endif %}\n{{ cookiecutter.absent }}\n"}),
    Row("an error in an included file", "b.txt:2:", WRONG,
        {f"{TOP}/a.txt": "\n\n\n{% include 'b.txt' %}", "templates/b.txt": "\n{{ absent }}"}),
    Row("a text that is not UTF-8", "a.txt:1: is not UTF-8", WRONG,
        {f"{TOP}/a.txt": "hello {{ cookiecutter.name }} world".encode("utf-16")}),
    Row("a binary file with braces", "", YES, {f"{TOP}/a.png": b"\x89PNG\r\n\x1a\n{{ evil"}),
    Row("an answer with braces", "", YES, {f"{TOP}/a.txt": "{{ cookiecutter.word }}"}, {"word": "w"},
        options=("-s", "word={{ ''.__class__ }}")),
    Row("an answer with braces for a name", "", YES, {f"{TOP}/{{{{cookiecutter.word}}}}": ""}, {"word": "w"},
        options=("-s", "word={{ 1 }}")),
]  # fmt: skip

SETTINGS = [
    Row("settings that are no JSON", "cookiecutter.json:1", WRONG, settings="{name"),
    Row("settings that are empty", "cookiecutter.json:1", WRONG, settings=""),
    Row("settings that are a list", "must be an object", WRONG, settings="[1]"),
    Row("settings that are no number", "is not JSON", WRONG, settings="NaN"),
    Row("settings that are not UTF-8", "is not UTF-8", WRONG, settings=b'{"name": "\xff"}'),
    Row("settings with a mark of their bytes", "", YES, settings=b'\xef\xbb\xbf{"name": "it"}'),
    Row("settings with a key twice", "cookiecutter.json:2: the key 'name'", WRONG,
        settings='{"name": "a",\n"name": "b"}'),
    Row("settings 5,000 deep", "cookiecutter.json:1", WRONG, settings=nested(5_000)),
    Row("settings 100,000 deep", "cookiecutter.json:1", WRONG, settings=nested(100_000)),
    Row("settings of 50 MB", "larger than", WRONG, settings='{"name": "' + "a" * 50_000_000 + '"}'),
    Row("a number of 5,000 digits", "cookiecutter.json:1", WRONG, settings='{"name": ' + "9" * 5_000 + "}"),
    Row("settings with odd keys", "", YES, settings={"__class__": "a", "self": "b", "a-b": "c", "items": "d", "": "e"}),
    Row("a key that is a class", "may not",
        settings={"__class__": "a", "evil": "{{ cookiecutter.__class__.__mro__ }}"}),
    Row("defaults in a ring", "is no answer", WRONG,
        settings={"a": "{{ cookiecutter.b }}", "b": "{{ cookiecutter.a }}"}),
    Row("a choice of nothing", "offers nothing", WRONG, settings={"a": []}),
    Row("a nested template elsewhere", "lies outside", settings={"templates": {"a": {"path": "../../etc"}}}),
    Row("a nested template at an absolute path", "lies outside", settings={"templates": {"a": {"path": "/etc"}}}),
    Row("a nested template that is the outer one", "no end", settings={"templates": {"a": {"path": "."}}}),
    Row("a nested template that is none", "no platform and no template", settings={"templates": {"a": {"path": "b"}}}),
    Row("nested templates of the wrong type", "", settings={"templates": {"a": {"path": 1}, "b": "c"}}),
    Row("an old nested template elsewhere", "lies outside", settings={"template": ["a (../..)"]}),
    Row("an old nested template without a path", "lies outside", settings={"template": ["a"]}),
    Row("paths to copy of the wrong type", "wrong type", WRONG, settings={"_copy_without_render": {"a": 1}}),
    Row("a line end that is none", "no line end", WRONG, settings={"_new_lines": "LF"}),
    Row("extensions of the wrong type", "wrong type", WRONG, settings={"_extensions": "os"}),
    Row("settings of Jinja2 of the wrong type", "wrong type", WRONG, settings={"_jinja2_env_vars": ["a"]}),
    Row("prompts of the wrong type", "", YES, settings={"__prompts__": ["a"]}),
    Row("half a character in an answer", "half a character", WRONG, settings={"word": "\ud800"}),
    Row("half a character in a file", "not UTF-8", WRONG, {f"{TOP}/a.txt": "{{ '\\ud800' }}"}),
    Row("settings that are a link", "leaves the template",
        make=lambda f: (os.unlink(f / "cookiecutter.json"), os.symlink("/etc/passwd", f / "cookiecutter.json"))),
    Row("settings that are a pipe", "no regular file",
        make=lambda f: (os.unlink(f / "cookiecutter.json"), os.mkfifo(f / "cookiecutter.json"))),
    Row("settings that are a folder", "no file",
        make=lambda f: (os.unlink(f / "cookiecutter.json"), os.mkdir(f / "cookiecutter.json"))),
]  # fmt: skip

SLOW = [pytest.param(row, marks=pytest.mark.slow) for row in MUCH if row.name.startswith(("a file", "a default", "an"))]
ROWS = [*PATHS, *CODE, *SLOW, *BROKEN, *SETTINGS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_template_means_no_harm(row: Row, tmp_path: Path, mlctl: kit.Mlctl) -> None:
    template = row.lay(tmp_path / "template")
    kit.write(tmp_path, "canary.txt", "a secret of the user")
    outside, start = _outside(tmp_path), time.monotonic()
    done = mlctl("new", "-p", str(template), "-y", "--no-git", *row.options)
    assert time.monotonic() - start < SECONDS
    assert done.memory < MEMORY
    assert (done.code, row.says in done.err) == (row.code, True), done.err
    assert _outside(tmp_path) == outside
    assert not list(mlctl.temporary.iterdir())
    if row.code:
        assert _two_lines(done.err, *row.options)
        assert not list(mlctl.here.iterdir())


def test_a_project_cannot_take_the_place_of_a_link(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    (tmp_path / "elsewhere").mkdir()
    (mlctl.here / "it").symlink_to(tmp_path / "elsewhere")
    done = mlctl("new", "-p", str(Row("", "").lay(tmp_path / "template")), "-y", "--no-git")
    assert done.code == UNABLE
    assert _two_lines(done.err)
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.slow
def test_a_hundred_thousand_files_are_too_many(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    template = Row("", "").lay(tmp_path / "template")
    for number in range(100_001):
        os.close(os.open(template / TOP / f"{number}", os.O_CREAT | os.O_WRONLY))
    start = time.monotonic()
    done = mlctl("new", "-p", str(template), "-y", "--no-git")
    assert (done.code, time.monotonic() - start < SECONDS) == (UNABLE, True)
    assert _two_lines(done.err)


def _outside(root: Path) -> dict[str, tuple[int, int, int]]:
    """Return all that a run may not change: the template, the user's file, what a canary would write."""
    paths = [path for top in ("template", "canary.txt", "home") for path in (root / top, *(root / top).rglob("*"))]
    seen = [(os.fsencode(path).hex(), path.lstat()) for path in paths if path.name not in ("home", "tmp")]
    return {path: (found.st_mode, found.st_size, found.st_mtime_ns) for path, found in seen}


def _two_lines(err: str, *options: str) -> bool:
    lines = err.splitlines()
    told = [line for line in lines[:-2] if not line.startswith(("runs the template's ", "note: "))]
    errors = lines[-2].startswith("error: ") and lines[-1].startswith(" hint: ")
    return errors and not told and all(line.isprintable() for line in lines)
