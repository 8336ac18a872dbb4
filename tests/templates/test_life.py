"""One model's life on one machine: trained, served twice, watched, trained anew, tried beside the old, taken back.

The tests are the chapters of one story, in order.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests import kit
from tests.templates.conftest import Churn

pytestmark = pytest.mark.slow
CALLERS = """\
import json, os, sys
from contextlib import ExitStack
from pathlib import Path
from grove.platform import bundle
from grove.platform.config import Workspace
from grove.platform.datasets import training
from grove.platform.demo.serve import instances, serving

shift, *folders = sys.argv[1:]
rows = training(Workspace.here().root).rows.sample(400, random_state=1)
if float(shift):
    rows = rows.assign(usage_hours=rows["usage_hours"] * float(shift), support_tickets=rows["support_tickets"] + 2)
told = []
with ExitStack() as stop:
    for place, folder in enumerate(map(Path, folders)):
        log = Path(f"build/serve{place}.log")
        running = stop.enter_context(serving(folder, log, Path(os.environ["PREDICTION_LOG_URI"])))
        running.wait()
        own = instances(bundle.load(folder).request.columns, rows.iloc[place::len(folders)])
        answer = running.post("/predict", {"instances": own})
        told.append([running.call("GET", "/version")[1]["version"], len(answer["predictions"])])
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Life:
    """A project, its store of bundles and its prediction logs."""

    project: Churn

    def run(self, *words: str, log: str = "calm") -> kit.Result:
        """Return how a verb ended, with predictions logged in the folder `log`."""
        around = self.project.environment | {"PREDICTION_LOG_URI": str(self.project.at / "build" / log)}
        return replace(self.project, environment=around).run(*words)

    def called(self, shift: str, *folders: str, log: str = "calm") -> list[list[object]]:
        """Serve each folder in a process, post rows to all; return version and number of answers of each."""
        kit.write(self.project.at, "build/callers.py", CALLERS)
        done = self.run("python", "build/callers.py", shift, *folders, log=log)
        assert done.code == 0, done.err
        found: list[list[object]] = json.loads(done.out.splitlines()[-1])
        return found

    def digest(self, folder: str = "build/champion") -> str:
        """Return the digest of a bundle."""
        return str(json.loads((self.project.at / folder / "MANIFEST.json").read_text())["digest"])


@pytest.fixture(scope="module")
def life(start: Callable[..., Churn], tmp_path_factory: pytest.TempPathFactory) -> Life:
    """A project whose first champion is published."""
    project = start("grove")
    store = str(tmp_path_factory.mktemp("store"))
    made = Life(replace(project, environment=project.environment | {"BUNDLE_URI": store}))
    for verb in ("train", "promote", "publish"):
        done = made.run("grove", verb)
        assert done.code == 0, done.err
    return made


def test_two_processes_serve_what_was_pulled_by_its_digest(life: Life) -> None:
    done = life.run("grove", "pull", "--digest", life.digest(), "--output", "build/stable")
    assert done.code == 0, done.err
    assert life.called("0", "build/stable", "build/stable") == [["1", 200], ["1", 200]]


def test_a_batch_joins_the_log_and_the_monitor_stays_calm(life: Life) -> None:
    lines = (life.project.at / "data" / "sample.csv").read_text().splitlines()
    kit.write(life.project.at, "build/batch.csv", "\n".join([lines[0], *lines[1::11], ""]))
    done = life.run("grove", "score", "--input", "build/batch.csv", "--output", "build/scored.csv")
    assert done.code == 0, done.err
    assert len((life.project.at / "build" / "scored.csv").read_text().splitlines()) == len(lines[1::11]) + 1
    done = life.run("grove", "monitor", "--json", "build/calm.json")
    assert done.code == 0, done.out + done.err


def test_the_world_changes_and_the_monitor_says_so(life: Life) -> None:
    assert [count for _, count in life.called("3", "build/stable", "build/stable", log="drift")] == [200, 200]
    done = life.run("grove", "monitor", "--json", "build/monitor.json", "--html", "build/monitor.html", log="drift")
    assert done.code == 10, done.out + done.err
    assert life.project.evidence("build/monitor.json")["verdict"] == "drift"


def test_drift_trains_anew_through_the_same_gate_and_publishes(life: Life) -> None:
    sample = life.project.at / "data" / "sample.csv"
    head, *rows = sample.read_text().splitlines()
    sample.write_text("\n".join([head, *rows[3:], ""]))
    words = ("retrain", "--if-drift", "build/monitor.json", "--json", "build/retrain.json")
    done = life.run("grove", *words)
    assert done.code == 0, done.err
    assert life.project.evidence("build/retrain.json")["outcome"] == "promoted"
    assert life.digest() != life.digest("build/stable")


def test_the_new_version_is_tried_beside_the_old(life: Life) -> None:
    done = life.run("grove", "pull", "--digest", life.digest(), "--output", "build/canary")
    assert done.code == 0, done.err
    assert life.called("0", "build/stable", "build/canary") == [["1", 200], ["2", 200]]


def test_the_old_version_comes_back_by_one_command(life: Life) -> None:
    assert life.run("grove", "rollback").code == 0
    assert life.digest() == life.digest("build/stable")
    shutil.rmtree(Path(life.project.at / "build" / "canary"))
    assert life.called("0", "build/champion") == [["1", 400]]
