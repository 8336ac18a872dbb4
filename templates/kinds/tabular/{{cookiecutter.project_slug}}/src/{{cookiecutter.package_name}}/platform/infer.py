"""What each column is: decisions, told as column, figure, what was done, and the line for it."""

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from .privacy import personal, words
from .profile import FIRST, LAST, Facts, sentinel

Kind = Literal["int", "Int64", "float", "str", "bool", "boolean", "date", "datetime"]
Role = Literal["feature", "target", "time", "entity", "group", "out"]

ROW = {
    "id", "uuid", "guid", "index", "idx", "rownames", "rowname", "rowid", "unnamed", "row",
    "record", "no", "nr", "num", "number", "serial", "obs", "key", "sno", "observation",
}  # fmt: skip
WHO = {
    "subject", "subj", "patient", "customer", "client", "user", "person", "individual", "pid",
    "household", "respondent", "participant", "employee", "uid", "animal",
}  # fmt: skip
CODE = {
    "code", "zip", "zipcode", "postal", "postcode", "type", "class", "category", "region",
    "sector", "cluster", "segment", "status", "kind", "fips", "sic", "naics", "id",
}  # fmt: skip
CLOCK = {
    "time", "year", "yr", "day", "week", "month", "quarter", "period", "trend", "date", "hour",
    "age", "t",
}  # fmt: skip
BORN = {"birth", "born", "dob", "birthday", "birthdate"}
MOST_CODES, FEW_CODES, LEAST = 50, 20, 20


@dataclass(frozen=True)
class Told:
    """One decision."""

    column: str
    figure: str
    done: str
    line: str = ""


@dataclass
class Column:
    """A column of the drafts; `why` says why it is left out."""

    name: str
    facts: Facts
    kind: Kind = "str"
    role: Role = "feature"
    check: str = ""
    format: str = ""
    pii: bool = False
    why: str = ""
    told: list[Told] = field(default_factory=list)

    @property
    def nullable(self) -> bool:
        """Whether values may be missing."""
        return self.facts.missing > 0

    @property
    def alias(self) -> str | None:
        """The header, where it is not the name."""
        return self.facts.header if self.facts.header != self.name else None

    def tell(self, figure: str, done: str, line: str = "") -> None:
        """Add a decision."""
        self.told.append(Told(self.facts.header, figure, done, line))

    def take(self, role: Role) -> None:
        """Give the column a part, whatever spoke for leaving it out."""
        self.role, self.why = role, ""
        self.told = [one for one in self.told if not one.done.startswith("left out")]

    def leave(self, why: str, figure: str) -> None:
        """Leave the column out of the drafts."""
        self.role, self.why = "out", why
        line = f"contracts.py: take the # from its line, or `--keep {quoted(self.facts.header)}`"
        self.tell(figure, f"left out: {why}", line)


def quoted(header: str) -> str:
    """A header as a shell takes it."""
    return header if re.fullmatch(r"[\w.-]+", header) else f"'{header}'"


def names(headers: Iterable[str]) -> dict[str, str]:
    """A name in Python for each header: the header itself, where it is one."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for place, header in enumerate(headers, 1):
        name = header
        if not header.isidentifier() or _reserved(header):
            name = re.sub(r"\W+", "_", header.lower()).strip("_") or f"column_{place}"
            name = f"n_{name}" if name[0].isdigit() else name
            name = f"{name}_" if _reserved(name) else name
        base, number = name, 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        found[header] = name
    return found


def _reserved(name: str) -> bool:
    """Whether a call such as `rows.assign(name=…)` cannot say the name."""
    return keyword.iskeyword(name) or name == "self"


def infer(facts: Facts, name: str) -> Column:
    """What a column is, on its own: its type, or why it is left out."""
    column = Column(name, facts)
    share = f"{facts.distinct} different values in {len(facts.known)} rows"
    if facts.nested:
        column.leave("lists are no cells", "nested values")
        return column
    if facts.known.empty:
        column.leave("nothing in it", f"{facts.missing} of {facts.missing} rows are empty")
        return column
    if column.alias:
        column.tell(name, "an odd header: it has this name in code", 'contracts.py: `"alias"`')
    why = personal(facts)
    column.pii = bool(why)
    _type(column)
    if facts.fixed:
        column.leave("the same in every row", f"only {str(facts.counts.index[0])[:20]!r}")
    elif column.kind == "str" and not repeats(column):
        as_words(column)
    elif column.kind in ("int", "Int64") and _counts_rows(column):
        column.leave("an identifier: it counts rows", share)
    if why and column.role != "out":
        column.tell(
            why, "guessed to be personal: never logged", "contracts.py: `pii`, once you know"
        )
    if column.nullable and column.role != "out":
        figure = f"{facts.missing / len(facts.values):.1%} missing"
        column.tell(figure, "may be missing", "contracts.py: `nullable`")
    return column


def _type(column: Column) -> None:
    facts, gaps = column.facts, column.nullable
    if facts.truth:
        column.kind = "boolean" if gaps else "bool"
        return
    moments = facts.moments
    if moments:
        _date(column, *moments)
    elif facts.numbers is not None and not facts.coded:
        _number(column)
    else:
        column.kind = "str"
        odd = facts.odd if facts.undated.empty else facts.undated
        if facts.coded:
            done = "codes: words, and no numbers"
            column.tell("digits with a leading 0", done, _line(column, "int"))
        elif len(odd):
            place = f"row {int(odd.index[0]) + 1}: {_shown(column, odd.iloc[0])}"
            what = "numbers" if facts.undated.empty else f"dates from {FIRST} to {LAST}"
            figure = f"{len(odd)} of {len(facts.known)} are no {what}, such as {place}"
            column.tell(figure, "mixed: read as words", "`--missing WORD`, or mend the file")


def _date(column: Column, form: str, moments: pd.Series) -> None:
    days = bool((moments == moments.dt.normalize()).all())
    column.kind, column.format = ("date" if days else "datetime"), form
    if not form:
        return
    done = f"a date, written {form}"
    if form[:8] == "%m/%d/%Y" or form[:8] == "%m/%d/%y":
        day_first = form.replace("%m/%d", "%d/%m")
        other = pd.to_datetime(column.facts.texts, format=day_first, errors="coerce")
        if other.notna().all():
            done += ", though the day may as well stand first"
    column.tell("dates as text", done, 'contracts.py: `"format"`')


def _number(column: Column) -> None:
    facts, found = column.facts, set(words(column.facts.header))
    numbers = facts.numbers
    assert numbers is not None
    column.kind = "float"
    if facts.whole:
        column.kind = "Int64" if column.nullable else "int"
        plain = facts.texts.str.fullmatch(r"[+-]?\d+").all()
        few = 2 < facts.distinct <= (MOST_CODES if found & CODE else FEW_CODES)
        gaps = few and numbers.max() - numbers.min() > 3 * facts.distinct and facts.distinct <= 12
        gaps = gaps and not ({0, 1, 2} <= set(numbers) and (numbers == 0).mean() > 0.5)  # a count
        if few and plain and (found & CODE or gaps):
            column.kind = "str"
            figure = f"{facts.distinct} whole numbers, {_listed(facts)}"
            column.tell(figure, "codes: a category and no number", _line(column, "int"))
            return
        if few and facts.distinct <= 10:
            figure = f"{facts.distinct} whole numbers, {_listed(facts)}"
            column.tell(figure, "a number and no category", _line(column, "str"))
    elif numbers.abs().max() >= 2**53 and (numbers % 1 == 0).all():
        column.kind = "str"
        return
    if found & {"date", "datetime", "timestamp"}:
        figure = f"{numbers.min():.10g} to {numbers.max():.10g}"
        column.tell(figure, "a number and no date", "write it as YYYY-MM-DD in the file")
    if numbers.min() >= 0:
        column.check = "pa.Check.ge(0)"
    found_code = sentinel(facts)
    if found_code and not column.pii:
        code, share = found_code
        figure, line = (
            f"{code:g} in {share:.0%} of rows",
            f'datasets.yml: `csv: {{missing: ["{code:g}"]}}`',
        )
        column.tell(figure, "kept as a number, though it may stand for none", line)


def _line(column: Column, kind: str) -> str:
    return f'contracts.py: "{column.name}": pa.Column({kind}, …)'


def _listed(facts: Facts) -> str:
    assert facts.numbers is not None
    known = sorted(facts.numbers.unique())
    return ", ".join(f"{number:g}" for number in known[:5]) + (", …" if len(known) > 5 else "")


def _shown(column: Column, value: object) -> str:
    return "…" if column.pii else repr(str(value)[:30])


def as_words(column: Column) -> None:
    """Take a column for categories, or leave it out as text."""
    facts = column.facts
    share = f"{facts.distinct} different values in {len(facts.known)} rows"
    spaces, length = facts.texts.str.count(r"\s").mean(), facts.texts.str.len().mean()
    many = len(facts.known) >= LEAST and facts.share > 0.5
    if (many and spaces >= 1) or (length > 40 and spaces >= 4 and facts.distinct > 20):
        column.pii = True  # nobody knows what people write
        column.leave("free text", f"{share}, {length:.0f} letters each")
    elif many and facts.share >= 0.95:
        column.leave("an identifier", share)
    elif many:
        column.leave("too many words for a category", share)
    elif column.pii and facts.distinct > 50:
        column.leave("it looks personal", share)
    else:
        more = "contracts.py: `pa.Check.isin([...])` closes it"
        column.tell(f"{facts.distinct} categories", "open: a new one is taken, and counted", more)


def _counts_rows(column: Column) -> bool:
    """Whether whole numbers are the rows' own: different in each, and called or running so."""
    facts, found = column.facts, set(words(column.facts.header))
    if len(facts.known) < LEAST or facts.share < 0.99 or found & CLOCK or facts.numbers is None:
        return False
    numbers = facts.numbers
    running = numbers.max() - numbers.min() == len(numbers) - 1 and facts.distinct == len(numbers)
    return bool(running or found & ROW or column.pii)


def who(columns: Iterable[Column]) -> list[Column]:
    """The columns that say whom a row is about, where rows repeat; the best first."""
    found = [column for column in columns if column.role == "feature" and repeats(column)]
    return sorted(found, key=lambda column: -column.facts.distinct)


def repeats(column: Column) -> bool:
    """Whether a column is called as somebody is, and says the same in several rows."""
    facts, told = column.facts, words(column.facts.header)
    if column.kind not in ("str", "int", "Int64") or not told or facts.missing:
        return False
    named = told[-1] in WHO or told[-1] in ("id", "uuid", "guid")
    least = 8 if set(told) & WHO else 21
    return named and facts.distinct >= least and facts.share <= 0.9


def when(columns: Iterable[Column]) -> list[Column]:
    """The columns that may say when a row was known: whole, and nobody's birthday."""
    dates = [c for c in columns if c.kind in ("date", "datetime") and c.role == "feature"]
    return [c for c in dates if not c.nullable and not set(words(c.facts.header)) & BORN]
