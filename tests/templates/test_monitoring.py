"""The monitor of a real project: drift that is rehearsed, a report in a real browser, alerts in a real Prometheus."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit import chromium
from tests.templates.conftest import Churn
from tests.templates.test_project import OFFLINE, offline

pytestmark = pytest.mark.slow
ALERTS = Path(__file__).parent / "alerts"
browser = pytest.mark.skipif(chromium.chromium() is None, reason="no Chromium on this machine")
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool on this machine")


@pytest.fixture(scope="module", params=["monitoring", "monitoring-evidently"])
def watched(request: pytest.FixtureRequest, start: Callable[..., Churn]) -> Churn:
    """A champion, and a rehearsed drift that was written in every form, by either filling of the port."""
    churn: Churn = start("churn", "--with", request.param)
    for verb in ("train", "promote"):
        assert churn.run("churn", verb).code == 0
    kept = ("--json", "build/m.json", "--html", "build/m.html", "--prometheus", "build/m.prom")
    done = churn.run("churn", "monitor", "--simulate-drift", *kept)
    assert done.code == 10, done.err
    assert "error: drift in " in done.err
    return churn


@pytest.fixture(scope="module")
def page(watched: Churn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    with chromium.page(tmp_path_factory.mktemp("chromium")) as page:
        page.open((watched.at / "build" / "m.html").as_uri())
        yield page


def test_the_report_tells_why_in_json(watched: Churn) -> None:
    found = json.loads((watched.at / "build" / "m.json").read_text())
    assert (found["schema"], found["verdict"], found["rehearsal"]) == ("monitor/1", "drift", True)
    assert len(found["drifted"]) >= 5
    assert set(found["excluded"]) == {"month", "signup_date"}


@browser
def test_the_page_draws_every_column_and_complains_of_nothing(page: chromium.Page, watched: Churn) -> None:
    judged = [one for one in watched.evidence("build/m.json")["columns"] if one["p"] is not None]
    assert page.complaints() == []
    assert page.value("document.querySelector('h1').textContent") == "Drift"
    own = (
        "[...document.querySelectorAll('.grid .card')].filter(c => c.querySelectorAll('.bars path').length > 1).length"
    )
    framed = "document.querySelector('iframe')?.contentDocument.body.innerText"
    told = re.search(r"Drift is detected for [\d.]+% of columns \((\d+) out of (\d+)\)", page.value(framed) or "")
    drifted = [one for one in judged if one["status"] == "drift"]
    assert page.value(own) == len(judged) or told
    if told:
        assert [int(number) for number in told.groups()] == [len(drifted), len(judged)]


@pytest.mark.skipif(not offline(), reason="no network namespaces here")
def test_a_look_needs_no_network(watched: Churn) -> None:
    loopback = 'ip link set lo up 2>/dev/null; exec "$@"'
    alone = (*OFFLINE, "sh", "-c", loopback, "sh")
    done = watched.run("churn", "monitor", "--simulate-drift", "--html", "build/alone.html", before=alone)
    assert done.code == 10, done.err
    assert "installing" not in done.err
    assert (watched.at / "build" / "alone.html").stat().st_size > 1_000_000


@browser
def test_the_page_asks_for_nothing_but_itself(page: chromium.Page, watched: Churn) -> None:
    assert page.requests() == [(watched.at / "build" / "m.html").as_uri()]


@browser
@pytest.mark.parametrize("width", [1280, 420])
def test_the_page_fits_its_window(page: chromium.Page, width: int) -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    page.value("new Promise(done => setTimeout(done, 500))")
    assert page.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@promtool
def test_prometheus_takes_the_gauges(watched: Churn) -> None:
    text = (watched.at / "build" / "m.prom").read_bytes()
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@promtool
@pytest.mark.parametrize("name", ["monitor", "service"])
def test_prometheus_raises_the_alerts_that_are_due(churn: Churn, tmp_path: Path, name: str) -> None:
    for file in (churn.at / "deploy" / "alerts" / f"{name}.yml", ALERTS / f"{name}_test.yml"):
        shutil.copy(file, tmp_path)
    done = subprocess.run(
        ["promtool", "test", "rules", f"{name}_test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
