"""Shows a report: for people by default, for machines where asked."""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mlctl.check import machine
from mlctl.check.brief import LONGEST, brief, counted, place
from mlctl.check.fix import mendable
from mlctl.check.report import Checked, Report, Verdict
from mlctl.check.request import Result
from mlctl.check.rule import SEVERITIES
from mlctl.tools import files
from mlctl.tools.console import Console
from mlctl.tools.errors import printable


def show(result: Result, how: str, statistics: bool, output: Path | None, console: Console) -> None:
    """Print the result as `how` says, or write it to `output`; talk goes to stderr."""
    for note in (*result.notes, *(f"mended {path}" for path in result.fixed)):
        console.say(note)
    text = _as(result, how, statistics)
    if output:
        _written(output, (text + "\n").encode("utf-8", "surrogateescape"))
        console.say(f"wrote {output}")
    elif text and (how != "text" or result.diff):
        console.document(text)
    elif text:
        for line in text.split("\n"):
            console.result(line)


def _written(output: Path, data: bytes) -> None:
    """Put a report where it was asked for; a device or a pipe is written to, never taken the place of."""
    special = output.exists() and not output.is_file()
    if special or output.is_relative_to("/dev") or output.is_relative_to("/proc"):
        with open(output, "ab") as there:
            there.write(data)
    else:
        files.replace(Path(os.path.realpath(output)), data)


def _as(result: Result, how: str, statistics: bool) -> str:
    if result.diff is not None:
        return result.diff.rstrip("\n")
    if statistics:
        return json.dumps(machine.statistics(result.report), indent=2) if how == "json" else _statistics(result.report)
    if how == "json":
        return json.dumps(machine.document(result.report), indent=2, ensure_ascii=False)
    if how == "sarif":
        return json.dumps(machine.sarif(result.report, result.foreign), indent=2, ensure_ascii=False)
    if how == "github":
        return "\n".join(machine.notices(result.report))
    lines = brief(result.report) if result.hook else _whole(result)
    return "\n".join(lines)


def _whole(result: Result) -> Iterator[str]:
    for number, checked in enumerate(result.report.projects):
        yield from ("",) if number else ()
        yield f"{checked.project.folder or '.'} · stage {checked.stage} · {checked.standards.origin} standards"
        yield from _project(checked)
        yield _sum(checked)
        if not checked.project.recorded:
            yield "this repository has no record: `mlctl adopt` puts it under a platform"
    others = sum(len(run.get("results") or []) for run in result.foreign if isinstance(run, dict))
    if others:
        yield f"{others} findings of other tools are in the reports; `--format sarif` merges them"


def _project(checked: Checked) -> Iterator[str]:
    """Yield the findings grouped by rule, errors first and of these what `--fix` mends, each rule's mend once."""
    for code, verdicts in _grouped(checked):
        rule, severity = verdicts[0].rule, verdicts[0].severity
        follows = [one for one in checked.verdicts if one.under == code and not one.waived]
        also = f"  (and so {', '.join(sorted({one.rule.code for one in follows}))})" if follows else ""
        yield f"{severity:>7} {code} {printable(rule.name)}{also}"
        for one in verdicts[:LONGEST]:
            yield f"          {place(one)}: {printable(one.message)}"
        if len(verdicts) > LONGEST:
            yield f"          … and {len(verdicts) - LONGEST} more"
        mended = "  (`mlctl check --fix` does it)" if any(mendable(checked, one) for one in verdicts) else ""
        yield f"        → {printable(rule.mend)}{mended}"
    for path, why in list(checked.unseen.items())[:LONGEST]:
        yield f"skipped {printable(path)}: {why}"
    if len(checked.unseen) > LONGEST:
        yield f"… and {len(checked.unseen) - LONGEST} more skipped"


def _grouped(checked: Checked) -> list[tuple[str, list[Verdict]]]:
    shown = [one for one in checked.verdicts if not one.waived and not one.under]
    mended = {v.rule.code for v in shown if mendable(checked, v)}
    order = sorted(shown, key=lambda v: (-SEVERITIES.index(v.severity), v.rule.code not in mended, v.rule.code))
    return [(key[1], list(group)) for key, group in itertools.groupby(order, key=lambda v: (v.severity, v.rule.code))]


def _sum(checked: Checked) -> str:
    """Return the last line: how many findings of which severity, rules kept, waived and waiting."""
    shown = [one for one in checked.verdicts if not one.waived]
    counts = Counter(one.severity for one in shown)
    told = [counted(counts[s], s) for s in reversed(SEVERITIES) if counts[s]] or ["nothing found"]
    waived = sum(bool(one.waived) for one in checked.verdicts)
    more = [f"{len(checked.passed)} rules kept"]
    more += [f"{waived} waived"] if waived else []
    more += [f"{len(checked.awaiting)} awaiting evidence"] if checked.awaiting else []
    more += [f"{len(checked.skipped)} switched off"] if checked.skipped else []
    return f"{', '.join(told)} · {', '.join(more)}"


def _statistics(report: Report) -> str:
    rows = machine.statistics(report)["rules"]
    lines = [f"{row['findings']:>6} {row['waived']:>6}  {row['code']} {row['name']}" for row in rows]
    return "\n".join([" found waived", *lines])
