"""What is shown of a report: one page that fetches nothing, gauges, and alerts on these gauges."""

import importlib.util
import json
import re
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from {{ cookiecutter.package_name }}.platform import gauges
from {{ cookiecutter.package_name }}.platform.config import PACKAGE
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.look import keep
from {{ cookiecutter.package_name }}.platform.monitor import Report, monitor
from {{ cookiecutter.package_name }}.platform.pictures import pictures
from {{ cookiecutter.package_name }}.platform.quality import Quality
from {{ cookiecutter.package_name }}.platform.report import page
from {{ cookiecutter.package_name }}.platform.window import Source

ROOT = Path(__file__).parents[3]
ALERTS = sorted((ROOT / "deploy" / "alerts").glob("*.yml"))
EVIL = "</script><script>alert(1)</script>"
LATE = Quality("roc_auc", "drift", "0.6 now", 500, 400, 0.8, 0.6, 0.02, 0.02, 0.0)
# of PromQL: functions, operators and what stands where no metric can
WORDS = {
    "absent", "and", "by", "group_left", "histogram_quantile", "increase", "on", "or", "rate",
    "sum", "max", "min", "time", "unless", "without",
}  # fmt: skip


@pytest.fixture(scope="module")
def report(champion: Path, world: Callable[..., pd.DataFrame]) -> Report:
    rows = world(300, 5).assign(region=EVIL)
    found = rows[["fee", "tickets", "plan", "region", "auto_pay"]].add_prefix("feature.")
    scores = rows[["prediction", "probability_no", "probability_yes"]].add_prefix("output.")
    whole = found.join(scores)
    return replace(monitor(champion, Source("these rows", lambda *_: whole)), quality=LATE)


@pytest.fixture(scope="module")
def text(report: Report) -> str:
    return page(report, pictures(report))


def test_the_page_says_the_verdict_and_fetches_nothing(text: str) -> None:
    own = re.sub(r"<script>.*?</script>|srcdoc=\"[^\"]*\"", "", text, flags=re.DOTALL)
    assert "<h1>Drift</h1>" in own
    assert "1 of 6 columns changed, certainly and by much: region. Quality was lost" in own
    assert "default-src 'none'" in own
    assert not re.search(r"(src|href)\s*=|url\(|@import", own)


def test_what_somebody_sent_never_becomes_markup(text: str) -> None:
    assert EVIL not in text
    assert "alert(1)" in text  # told all the same


def test_files_are_written_where_they_are_wanted(report: Report, tmp_path: Path) -> None:
    told = [tmp_path / "new" / name for name in ("m.json", "m.html", "m.prom")]
    keep(report, *told)
    document = json.loads(told[0].read_text())
    assert (document["schema"], document["verdict"]) == ("monitor/1", "drift")
    assert document["drifted"] == ["region", "roc_auc"]
    assert told[1].stat().st_size < 8_000_000
    assert 'model_drift{model="toy"} 1.0' in told[2].read_text()
    assert {path.name for path in told[2].parent.iterdir()} == {"m.json", "m.html", "m.prom"}


def test_a_file_that_nobody_would_read_is_refused(report: Report, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"does not end in \.prom"):
        gauges.write(report, tmp_path / "m.txt")


def test_a_look_that_fails_leaves_the_gauges_of_the_last(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    looks, stop, asked = iter([report]), threading.Event(), threading.Event()

    def look() -> Report:
        found = next(looks, None)
        if found is None:
            asked.set()
            raise ProjectError("no log", "mend it")
        return found

    thread = threading.Thread(target=gauges.serve, args=(look, 0, 0.001, stop))
    thread.start()
    assert asked.wait(10)
    url = re.search(r"http\S+", capsys.readouterr().err)
    assert url
    with urllib.request.urlopen(url[0], timeout=10) as answer:
        assert 'model_drift{model="toy"} 1.0' in answer.read().decode()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def exported(report: Report) -> set[str]:
    """The names of all samples that the monitor and, if there is one, the service export."""
    registry = CollectorRegistry()
    registry.register(gauges.Latest(report))
    texts = [generate_latest(registry).decode()]
    if importlib.util.find_spec(f"{PACKAGE}.platform.metrics"):
        metrics: Any = importlib.import_module(f"{PACKAGE}.platform.metrics")
        service = metrics.Metrics({"name": "toy"})
        service.latency.labels("/predict").observe(0.1)
        texts.append(service.text().decode())
    families = [each for text in texts for each in text_string_to_metric_families(text)]
    samples = {sample.name for family in families for sample in family.samples}
    return samples | {f"{f.name}_total" for f in families if f.type == "counter"}


def metrics(expression: str) -> set[str]:
    """The metrics that a PromQL expression asks for."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", expression)
    bare = re.sub(r"\b(by|on|without|group_left|group_right|ignoring)\s*\([^)]*\)", " ", bare)
    return set(re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*", bare)) - WORDS


def rules(path: Path) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def test_the_parser_of_expressions_finds_every_metric() -> None:
    expression = 'sum by (job) (rate(a_total{b="c"}[5m])) / on (job) d_bucket > 2 * 3 and e == 1'
    assert metrics(expression) == {"a_total", "d_bucket", "e"}


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_every_alert_asks_for_what_is_exported(path: Path, report: Report) -> None:
    known = exported(report)
    for rule in rules(path):
        asked = metrics(rule["expr"])
        assert asked, rule["alert"]
        assert asked <= known, f"{rule['alert']}: {asked - known}"


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_every_alert_says_what_to_do(path: Path) -> None:
    for rule in rules(path):
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        headings = re.findall(r"^#+ (.+)$", (ROOT / file).read_text(), flags=re.MULTILINE)
        assert anchor in {heading.lower().replace(" ", "-") for heading in headings}
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}


def test_the_gauges_are_the_ones_that_are_promised(report: Report) -> None:
    families = gauges.Latest(report).collect()
    assert sorted(family.name for family in families) == sorted(gauges.NAMES)
