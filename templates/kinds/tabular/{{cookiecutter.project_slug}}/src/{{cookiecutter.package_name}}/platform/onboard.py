"""`data init`: a plan for a file becomes the team's files, proven before the first is written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from . import config, datasets, draft_card, draft_tests, drafts, keep, schema, synthesize, table
from .config import PACKAGE
from .errors import COMMAND, Exit, ProjectError
from .infer import Told
from .intake import Asked, Plan, plan

SAMPLE, CARD = "data/sample.csv", "docs/DATA_CARD.md"
FILE = "name a CSV or Parquet file, or its URL"
MODELS: dict[str, type[config.Settings]] = {
    "params": config.Params,
    "gate": config.Gate,
    "datasets": config.Datasets,
}


@dataclass(frozen=True)
class Outcome:
    """What `data init` found, drafted and did."""

    plan: Plan
    fates: list[keep.Fate]
    notes: list[str]


def init(root: Path, uri: str, asked: Asked, force: bool = False, dry_run: bool = False) -> Outcome:
    """Draft the team's files for a data file; with `dry_run` nothing is written."""
    with table.fetched(_place(uri), root, FILE) as path:
        found = plan(path, asked)
        texts = written(found, root, _recorded(uri, root), _name(uri))
        _prove(found, texts)
    fates = keep.settle(root, texts, force)
    if not dry_run:
        keep.write(root, fates, texts)
    return Outcome(found, fates, list(_notes(root, uri, found, fates)))


def _place(uri: str) -> str:
    return uri if "://" in uri else str(Path(uri).expanduser().absolute())


def _recorded(uri: str, root: Path) -> str:
    """A uri as datasets.yml keeps it: relative to the project's root where the file lies inside."""
    if "://" in uri:
        return uri
    place = Path(_place(uri)).resolve()
    inside = place.is_relative_to(root.resolve())
    return place.relative_to(root.resolve()).as_posix() if inside else place.as_posix()


def _name(uri: str) -> str:
    stem = uri.rstrip("/").rpartition("/")[2].partition(".")[0].lower()
    name = re.sub(r"\W+", "_", stem).strip("_")
    return f"{name}_data" if name in ("", "sample") or name[0].isdigit() else name


def written(found: Plan, root: Path, uri: str, name: str) -> dict[str, str]:
    """The text of every draft by its path in the project."""
    target, columns = found.target, found.columns
    personal = [c.facts.header for c in columns if c.pii]
    csv = found.csv.model_dump(exclude_defaults=True, mode="json")
    settings = {"uri": uri, "sha256": found.survey.sha256, "csv": csv}
    home = f"src/{PACKAGE}"
    classes = target.classes if target.task != "regression" else ()
    return {
        f"{home}/contracts.py": drafts.contract(columns, classes),
        f"{home}/features.py": drafts.features(found.parts),
        f"{home}/params.yml": drafts.params(found.params),
        f"{home}/gate.yml": drafts.gate(found.gate),
        f"{home}/datasets.yml": drafts.datasets(name, settings, personal),
        SAMPLE: synthesize.text(synthesize.sample(columns, target)),
        CARD: draft_card.card(
            name, _owner(root), found.survey.rows, columns, target.column.facts.header
        ),
        **draft_tests.texts(PACKAGE),
    }


def _owner(root: Path) -> str:
    """Whom the project's card names as the owner of the data."""
    card = root / CARD
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    return text.partition("\n## Owner\n")[2].strip() or "Say who answers for the data."


def _prove(found: Plan, texts: dict[str, str]) -> None:
    """Read the drafts as the project will, and hold all rows, made up or not, against them."""
    home, space, params = f"src/{PACKAGE}", dict[str, Any](), found.params
    exec(compile(texts[f"{home}/contracts.py"], "contracts.py", "exec"), space)
    columns = datasets.columns(space["CONTRACT"])
    for name, model in MODELS.items():
        model.model_validate(yaml.safe_load(texts[f"{home}/{name}.yml"]))
    sample = found.survey.sample.replace(list(found.csv.missing), float("nan"))
    rows = schema.typed(table.unsigned(sample, columns, found.csv), columns)
    made = synthesize.sample(found.columns, found.target).astype(object)
    for each in (rows, schema.typed(made, columns)):
        datasets.check(space["CONTRACT"], each)
    exec(compile(texts[f"{home}/features.py"], "features.py", "exec"), space)
    inputs = [c.name for c in columns if c.name not in (params["target"], *params["exclude"])]
    if schema.plain(space["derive"](rows[inputs].head(50))).empty:
        sentence = f"nothing is left to predict {found.target.column.facts.header} from"
        raise ProjectError(sentence, "`--keep COLUMN` keeps one that was left out", Exit.CANNOT)


def _notes(root: Path, uri: str, found: Plan, fates: list[keep.Fate]) -> Iterator[str]:
    place = _recorded(uri, root)
    if "://" not in place and not place.startswith("/"):
        yield f"{place} lies in the project: keep it out of git (`echo /{place} >> .gitignore`)"
    states = {fate.path.rpartition("/")[2]: fate.state for fate in fates}
    if states["features.py"] in ("kept", "yours"):
        text = (root / "src" / PACKAGE / "features.py").read_text(encoding="utf-8")
        used = set(re.findall(r"\[\s*[\"']([^\"']+)[\"']\s*\]", text))
        gone = sorted(used - {c.name for c in found.columns if c.role != "out"})
        if gone:
            names = ", ".join(gone[:6])
            yield f"features.py is yours and was kept; the contract has no column {names}"
    if (root / "docs" / "MODEL_CARD.md").is_file():
        yield "docs/MODEL_CARD.md is for people to write: say what this model is for"
    kept = [fate.path for fate in fates if fate.state == "kept"]
    if kept:
        yield f"kept as you edited them: {', '.join(kept)}; `--force` takes the drafts instead"


def rows_of(found: Plan) -> list[Told]:
    """All decisions, of columns first; those that say the same of many columns told once."""
    told = [one for column in found.columns for one in column.told]
    groups: dict[str, list[Told]] = {}
    for one in told:
        groups.setdefault(one.done, []).append(one)
    return [_grouped(group) for group in groups.values()] + found.told


def _grouped(group: list[Told]) -> Told:
    """Several decisions of one kind as one: the line is the first's, as an example."""
    names, figures = ([getattr(one, part) for one in group] for part in ("column", "figure"))
    return Told(_some(names), _some(list(dict.fromkeys(figures))), group[0].done, group[0].line)


def _some(words: list[str], most: int = 4) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return "; ".join(words[:most]) + more


def head(found: Plan) -> str:
    """One line on the file and how it was read."""
    csv, survey = found.csv, found.survey
    ways = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    how = (
        "Parquet"
        if survey.parquet
        else f"CSV by {ways.get(csv.delimiter, repr(csv.delimiter))}, {csv.encoding}"
    )
    how += f", decimal {csv.decimal!r}" if csv.decimal != "." else ""
    how += f", missing: {', '.join(map(repr, csv.missing))}" if csv.missing else ""
    looked = (
        ""
        if survey.whole
        else f" ({len(survey.sample)} drawn by chance were looked at closely, all were read)"
    )
    return f"{survey.path.name}: {survey.rows} rows{looked}, {len(found.columns)} columns, {how}"


def profiled(path: Path, delimiter: str | None, encoding: str | None) -> pd.DataFrame:
    """A line for each column of a file, as `data profile` shows it."""
    from . import profile
    from .privacy import personal
    from .survey import survey

    found = survey(path, delimiter, encoding)
    facts, _ = profile.columns(found.sample, found.csv)
    rows = []
    for header, one in facts.items():
        row, why = dict(profile.figures(one)), personal(one)
        row["values"] = f"({why})" if why else row["values"]
        rows.append({"column": header, **row})
    frame = pd.DataFrame(rows)
    frame.attrs["title"] = f"{path.name}: {found.rows} rows" + (
        "" if found.whole else f", {len(found.sample)} looked at"
    )
    return frame


def next_command() -> str:
    """What to run after the drafts."""
    return f"{COMMAND} demo"
