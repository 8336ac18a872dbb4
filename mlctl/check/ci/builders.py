"""What CI calls instead of running it itself: targets of Makefiles and justfiles, tox, nox, scripts, task tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from mlctl.check.ci.job import plain
from mlctl.core.project import Project

HOOKS = ("**/.pre-commit-config.yaml", "**/.pre-commit-config.yml", "**/prek.toml", "lefthook.yml", ".lefthook.yml")
MAKE = ("**/Makefile", "**/makefile", "**/GNUmakefile", "**/*.mk")
JUST = ("**/justfile", "**/Justfile", "**/.justfile", "**/*.just")
TABLES = ("**/pyproject.toml", "**/setup.cfg")
COMPOSE = ("**/docker-compose*.y*ml", "**/compose*.y*ml")
IMAGES = ("**/Dockerfile", "**/Dockerfile.*", "**/*.Dockerfile", "**/Containerfile")
BUILDERS = (*MAKE, *JUST, "**/tox.ini", "**/noxfile.py", "Taskfile.y*ml", "tasks.py", "tasks/*.py", "duties.py",
            "**/*.sh", "hatch.toml", "pixi.toml", "mise.toml", ".mise.toml", "mise.*.toml", ".mise/**", "package.json",
            "**/pyproject.toml")  # fmt: skip
WORDS = r"((?:[ \t]+[^\s;&|<>()`\"']+)*)"
RULE = re.compile(r"([\w.%/$(){} -]+?)\s*::?(?!=)([^=]*)$")
RECIPE = re.compile(r"@?([\w-]+)[^:=]*:(?!=)([^=]*)$")
SCRIPT = re.compile(
    r"(?<![\w/.-])(?:\./)?((?:[\w.-]+/)*[\w.-]+\.(?:sh|bash|bat|ps1)|(?!\.)(?:[\w.-]+/)+[\w.-]+\.ya?ml)\b"
)
PYTHON = re.compile(
    r"\b(?:python[\d.]*|uv run|poetry run|pipenv run)\s+(?:-u\s+)?((?:[\w.-]+/)+[\w.-]+\.py|[\w-]+\.py)\b"
)
FILED = re.compile(r"(?:-f|--file)[ =](\S+)")
ROUNDS = 3
Reader = Callable[[Project, str], Iterator[str]]


def built(project: Project) -> str:
    """Return the text of all build files and task tables, called by CI or not."""

    def read() -> str:
        every = project.everywhere(*(glob for glob in BUILDERS if not glob.endswith("pyproject.toml")))
        said = [project.shared(path) for path in every]
        return plain("\n".join([*said, *_tables(project, r"poe|pdm\.scripts|hatch|taskipy|pixi|rye|tox|duty")]))

    return project.memo("ci.built", read)


def hooks(project: Project) -> str:
    """Return the text of the commit hooks' configuration."""
    read = "\n".join
    return project.memo("ci.hooks", lambda: plain(read(project.shared(p) for p in project.everywhere(*HOOKS))))


def called(project: Project, said: str) -> str:
    """Return the text of what the commands `said` call, and of what that calls in turn, some levels deep."""
    found: dict[str, None] = {}
    fresh = [said]
    for _ in range(ROUNDS):
        text = "\n".join(fresh)
        fresh = [plain(one) for one in _called(project, text) if one]
        fresh = [one for one in dict.fromkeys(fresh) if one not in found]
        found.update(dict.fromkeys(fresh))
    return "\n".join(found)


def _called(project: Project, said: str) -> Iterator[str]:
    for pattern, read in CALLED:
        for one in dict.fromkeys(match[1] if match.re.groups else match[0] for match in pattern.finditer(said)):
            yield from read(project, one.strip())


def _make(project: Project, words: str) -> Iterator[str]:
    """Yield the recipes of the targets that `make` is called with, of the first one where it names none."""
    folder = re.search(r"(?:-C|--directory)[ =]?(\S+)", words)
    targets = [one for one in re.sub(r"(?:-C|-f|-j)\s*\S+", "", words).split() if one[:1] != "-" and "=" not in one]
    start = f"{folder[1].strip('./')}/" if folder and folder[1].strip("./") else ""
    texts = [project.shared(path) for path in project.everywhere(*MAKE) if path.startswith(start)]
    for text in texts:
        yield from _recipes(text, targets, RULE)


def _just(project: Project, words: str) -> Iterator[str]:
    for path in project.everywhere(*JUST):
        yield from _recipes(project.shared(path), [w for w in words.split() if w[:1] != "-"][:1], RECIPE)


def _recipes(text: str, targets: list[str], header: re.Pattern[str]) -> Iterator[str]:
    """Yield the recipes of targets and of what they depend on, of the first one where none is named."""
    known: dict[str, tuple[list[str], list[str]]] = {}
    names: list[str] = []
    for line in text.splitlines():
        if line[:1] in ("\t", " "):
            for name in names:
                known[name][1].append(line)
        elif line.strip() and line[0] != "#":
            rule = header.match(line.partition("#")[0].rstrip())
            names = rule[1].split() if rule else []
            for name in names:
                known.setdefault(name, ([], []))[0].extend(rule[2].split() if rule else [])
    first = next((name for name in known if name[:1] != "." and "$" not in name), "")
    todo, seen = targets or [first], set[str]()
    while todo:
        name = todo.pop()
        if name in known and name not in seen:
            seen.add(name)
            todo += known[name][0]
            yield "\n".join(known[name][1]).replace("$(MAKE)", "make")


def _package(project: Project, words: str) -> Iterator[str]:
    """Yield the script that a package manager of JavaScript is told to run."""
    name = next((one for one in words.split() if one not in ("run", "run-script") and one[:1] != "-"), "")
    for path in project.everywhere("**/package.json"):
        try:
            scripts = json.loads(project.shared(path)).get("scripts") or {}
        except (ValueError, AttributeError, RecursionError):
            continue
        yield str(scripts.get({"t": "test"}.get(name, name), "")) if isinstance(scripts, dict) else ""


def _script(project: Project, path: str) -> Iterator[str]:
    """Yield the text of a script that is called by its path."""
    name = path.rpartition("/")[2]
    if name not in ("setup.py", "manage.py"):
        found = [one for one in project.everywhere(f"**/{name}") if one == path or one.endswith(f"/{path}")]
        yield from (project.shared(one) for one in found[:5])


def _compose(project: Project, words: str) -> Iterator[str]:
    named = [one.rpartition("/")[2] for one in FILED.findall(words)]
    wanted = [f"**/{name}" for name in named] or ["**/docker-compose.y*ml", "**/compose.y*ml"]
    yield from (project.shared(path) for path in project.everywhere(*wanted))


def _image(project: Project, words: str) -> Iterator[str]:
    named = [f"**/{one.rpartition('/')[2]}" for one in FILED.findall(words)]
    yield from (project.shared(path) for path in project.everywhere(*(named or IMAGES)))


def _files(*globs: str) -> Reader:
    def read(project: Project, words: str) -> Iterator[str]:
        yield from (project.shared(path) for path in project.everywhere(*globs))

    return read


def _tasks(tables: str, *globs: str) -> Reader:
    def read(project: Project, words: str) -> Iterator[str]:
        yield from _tables(project, tables)
        yield from _files(*globs)(project, words)

    return read


def _tables(project: Project, names: str) -> Iterator[str]:
    """Yield the tables of pyproject.toml and setup.cfg that hold tasks, not those that only set a tool up."""
    for path in project.everywhere(*TABLES):
        for table in re.split(r"(?m)^(?=\[)", project.shared(path)):
            if re.match(rf"\[+(tool\.)?({names})\b", table):
                yield table


def _hooks(project: Project, words: str) -> Iterator[str]:
    """Yield what `pre-commit` runs: every hook, or the one that it names."""
    said, named = hooks(project), re.match(r"run\s+(\w[\w-]*)", words)
    start = re.search(rf"(?m)^.*\bid:\s*{re.escape(named[1])}\s*$", said) if named else None
    yield re.split(r"(?m)^\s*-\s+(?:id|repo):", said[start.end() :])[0] if start else said


CALLED: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(rf"(?<![\w./-])(?<!install )g?make\b{WORDS}"), _make),
    (re.compile(rf"(?<![\w./-])just\b{WORDS}"), _just),
    (re.compile(rf"(?<![\w./-])(?:npm|pnpm|yarn|bun)\b{WORDS}"), _package),
    (re.compile(rf"\bdocker[ -]compose\b{WORDS}"), _compose),
    (re.compile(rf"\bdocker (?:buildx )?build\b{WORDS}"), _image),
    (SCRIPT, _script),
    (PYTHON, _script),
    (re.compile(r"\btox\b"), _tasks(r"tox|testenv", "**/tox.ini")),
    (re.compile(r"\bnox\b"), _files("**/noxfile.py")),
    (re.compile(r"\b(?:invoke|inv)\b"), _files("tasks.py", "tasks/*.py")),
    (re.compile(r"(?<![\w./-])(?:go-)?task\b"), _files("Taskfile.y*ml")),
    (re.compile(r"\bmise\b"), _files("mise.toml", ".mise.toml", "mise.*.toml", ".mise/**")),
    (re.compile(r"\b(?:poe|pdm|hatch|task|pixi|rye|duty|hatch-run)\b"),
     _tasks(r"poe|pdm\.scripts|hatch|taskipy|pixi|rye|duty", "hatch.toml", "pixi.toml", "duties.py")),
    (re.compile(rf"\b(?:pre-commit|prek|lefthook)\b{WORDS}"), _hooks),
]  # fmt: skip
