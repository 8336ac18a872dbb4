"""The report as one page: the verdict in words, then a table, then what `pictures.py` draws."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from .columns import RISE, Column
from .drift import EXPECTED, LEAST, LEVEL, MUCH
from .monitor import Report

FULL_BAR = 0.5  # PSI
TITLES = {"drift": "Drift", "stable": "No drift", "insufficient": "Too few rows to tell"}
WORDS = {"insufficient": "too few rows", "unobserved": "not told", "stable": "as before"}


def page(report: Report, pictures: str) -> str:
    """The report as HTML that needs no other file and asks for none."""
    headline = TITLES[report.verdict]
    return Template(Path(__file__).with_name("report.html").read_text(encoding="utf-8")).substitute(
        title=escape(f"{report.manifest.name}: {headline.lower()}"),
        model=escape(report.manifest.name),
        verdict=report.verdict,
        headline=headline,
        told=escape(_told(report)),
        notes="\n".join(f'<p class="note">{escape(note)}</p>' for note in _notes(report)),
        facts="\n".join(_facts(report)),
        quality="\n".join(_quality(report)),
        rows="\n".join(map(_row, report.columns)),
        pictures=pictures,
        expected=f"{EXPECTED:g}",
        level=f"{report.level:.2g}",
        much=f"{MUCH:g}",
        rise=f"{RISE:.0%}",
        least=LEAST,
        chance=f"{LEVEL:.1%}",
        judged=report.judged,
        excluded=_excluded(report),
        made=f"{report.made_at:%Y-%m-%d %H:%M}",
    )


def _told(report: Report) -> str:
    """The verdict in full sentences."""
    if report.verdict == "insufficient":
        return f"{report.sentence[:1].upper()}{report.sentence[1:]}."
    if report.verdict == "stable":
        return f"{report.judged} columns were compared with training, and none of them drifted."
    changed = [column.name for column in report.columns if column.status == "drift"]
    more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
    told = f"{len(changed)} of {report.judged} columns changed, certainly and by much"
    told += f": {', '.join(changed[:5])}{more}." if changed else "."
    late = report.quality
    if late and late.status == "drift":
        told += (
            f" Quality was lost: {late.metric} is {late.value:.3g} instead of {late.before:.3g}."
        )
    return told


def _notes(report: Report) -> Iterable[str]:
    if report.source.rehearsal:
        yield "This is a rehearsal: the rows were shifted on purpose."
    for notice in report.notices:
        yield f"{notice[:1].upper()}{notice[1:]}."


def _facts(report: Report) -> Iterable[str]:
    model, window, before = report.manifest, report.window, report.reference.training
    worth = "worth {:,.0f} independent rows"
    since, until = (f"{end:%Y-%m-%d %H:%M}" if end else "…" for end in (report.since, report.until))
    span = f"{since} to {until} UTC" if report.since or report.until else "no span of time"
    data = model.data
    dates = f"data of {data['time_min']:.10} to {data['time_max']:.10}" if data["time_min"] else ""
    for name, value, *more in (
        ("model", f"version {model.version}", f"digest {model.digest[:12]}"),
        ("window", _count(window.rows, window.entities), worth.format(window.effective)),
        ("window from", report.source.words, span),
        ("reference", _count(before.rows, before.entities), worth.format(before.effective), dates),
    ):
        small = "".join(f"<small>{escape(each)}</small>" for each in more)
        yield f"<div><dt>{name}</dt><dd>{escape(value)}{small}</dd></div>"


def _count(rows: int, entities: int) -> str:
    return f"{rows:,} rows" + (f" of {entities:,} entities" if entities < rows else "")


def _quality(report: Report) -> Iterable[str]:
    if found := report.quality:
        share = f" ({found.labelled / found.due:.0%})" if found.due else ""
        yield f"<h2>Quality, by labels that came later {chip(found.status, 'lost')}</h2>"
        yield f"<p>{escape(found.metric)}: {escape(found.sentence)}.<br>"
        yield f"Labels are due for {found.due:,} predictions, and {found.labelled:,} came{share}."
        yield "</p>"


def _row(column: Column) -> str:
    """A line of the table."""
    cells = [
        f"<td>{escape(column.name)}</td><td>{chip(column.status)}</td>",
        f"<td>{escape(column.sentence)}</td>",
        *(f'<td class="n">{cell}</td>' for cell in _figures(column)),
    ]
    return f'<tr class="{column.status}">{"".join(cells)}</tr>'


def _figures(column: Column) -> Iterable[str]:
    if column.psi is None or column.p is None:
        yield from ("", "")
    else:
        full = min(100, 100 * column.psi / FULL_BAR)
        yield f'<span class="bar"><i style="width:{full:.0f}%"></i></span>{column.psi:.2f}'
        yield "&lt; 0.0001" if column.p < 0.0001 else f"{column.p:.4f}"
    missing = column.missing or column.missing_before
    yield f"{column.missing_before:.1%} → {column.missing:.1%}" if missing else ""
    yield f"{column.unseen:.1%}" if column.unseen else ""


def chip(status: str, drift: str = "drift") -> str:
    """A status as a word in its colour."""
    return f'<span class="chip {status}">{(WORDS | {"drift": drift}).get(status, status)}</span>'


def _excluded(report: Report) -> str:
    told = [f"{name} ({why})" for name, why in report.reference.excluded.items()]
    return f"<p>Not watched: {escape(', '.join(told))}.</p>" if told else ""
