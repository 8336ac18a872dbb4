"""A generated project keeps every promise; each promise, broken by hand, is told by its own rule at its own place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mlctl.check.catalogue import catalogue
from mlctl.check.report import Asked, Checked, report
from mlctl.check.rules.monitoring import NAMED
from mlctl.core import platform, source, units
from mlctl.core.ask import ask
from mlctl.core.project import Drawn, Project
from mlctl.core.record import Place, record
from mlctl.core.render import render
from mlctl.core.standards import embedded

RULES = catalogue(embedded())
Files = dict[str, str]
Mutation = Callable[[Files], None]
CI, HOOKS, RECORD = ".github/workflows/ci.yml", ".pre-commit-config.yaml", ".mlctl/project.yml"
SERVE, LOCK, CARD = "src/churn/platform/serve.py", ".mlctl/lock.json", "docs/MODEL_CARD.md"
SCHEDULE, DOCKER, POD = ".github/workflows/retrain.yml", "deploy/Dockerfile", "deploy/base/server/deployment.yaml"
BIG = "1,2\n" * 300_000
SPLIT = "from sklearn.model_selection import train_test_split as split\n"
SCALED = """\
from sklearn.preprocessing import StandardScaler


def f(X):
    X = StandardScaler().fit_transform(X)
    return split(X, random_state=1)
"""
RETRAIN = "on:\n  schedule: []\npermissions: {}\njobs: {a: {steps: [{run: churn train}]}}\n"
WAIVER = "- rule: {}\n  category: time\n  reason: r\n  owner: '@t'\n  until: {}\n"


@cache
def generated() -> tuple[tuple[str, str | bytes], ...]:
    """The embedded platform's default project with GitHub's CI."""
    there = platform.find(source.parse("mlctl", Path.cwd()), "worktree")
    template = units.template(there, "tabular")
    answers = ask(template, {"project_name": "churn", "owner": "@team-growth", "ci": "github"}, None, False)
    rendering = render(template, answers, {})
    files: dict[str, str | bytes] = {path: entry.data for path, entry in rendering.files.items()}
    files |= record(template, answers, rendering, [Place("mlctl")]).files()
    return tuple(files.items())


def project() -> Files:
    """The generated project as texts, with a lock, at the stage where all of its promises count."""
    files = {path: data if isinstance(data, str) else data.decode("utf-8", "replace") for path, data in generated()}
    files |= {"uv.lock": "", ".python-version": "3.11\n"}
    files[RECORD] = files[RECORD].replace("stage: explore", "stage: production\nowned: [nothing]")
    return files


def checked(files: Files) -> Checked:
    return report([Project(Drawn(files))], Asked(today="2027-01-01")).projects[0]


def sub(path: str, old: str, new: str) -> Mutation:
    def mutate(files: Files) -> None:
        assert old in files[path], f"{old!r} is not in {path}"
        files[path] = files[path].replace(old, new)

    return mutate


def drop(*starts: str) -> Mutation:
    def mutate(files: Files) -> None:
        gone = [path for path in files if path.startswith(starts)]
        assert gone
        for path in gone:
            del files[path]

    return mutate


def put(path: str, text: str) -> Mutation:
    return lambda files: files.__setitem__(path, text)


def add(path: str, text: str) -> Mutation:
    return lambda files: files.__setitem__(path, files[path] + text)


def both(*mutations: Mutation) -> Mutation:
    def mutate(files: Files) -> None:
        for one in mutations:
            one(files)

    return mutate


def without_parity(files: Files) -> None:
    files[RECORD] = files[RECORD].replace("owned: [", "owned: [tests/platform/**, ")
    for path in [path for path in files if path.startswith("tests/")]:
        text = re.sub("(?i)parity|skew|batch|train|offline|agree", "other", files.pop(path))
        files[re.sub("parity", "other", path)] = text


def without_seeds(files: Files) -> None:
    files[RECORD] = files[RECORD].replace("owned: [", "owned: ['**/platform/**', ")
    for path, text in [(path, text) for path, text in files.items() if path.startswith("src/")]:
        files[path] = re.sub("seed|random_state|default_rng|RandomState|Generator", "other", text)


def without_log(files: Files) -> None:
    files[RECORD] = files[RECORD].replace("owned: [", "owned: ['**/platform/**', ")
    del files["src/churn/platform/predlog.py"]
    for path, text in [(path, text) for path, text in files.items() if path.startswith("src/")]:
        files[path] = text.replace("predlog", "other")


def without_health(files: Files) -> None:
    files[RECORD] = files[RECORD].replace("owned: [", "owned: ['**/platform/**', ")
    for path, text in [(path, text) for path, text in files.items() if path.endswith(".py")]:
        files[path] = re.sub(r"/(healthz?|livez?|live|ping)\b", "/other", text)


def without_monitor(files: Files) -> None:
    files[RECORD] = re.sub(
        r"owned: \[|  monitor: .*\n", lambda m: "owned: ['**/platform/**', " if "[" in m[0] else "", files[RECORD]
    )
    for path in [path for path in files if NAMED.search(path) and not path.startswith(("tests/", "docs/"))]:
        del files[path]


def without_a_way_back(files: Files) -> None:
    for path in [path for path in files if path.endswith(".md")]:
        files[path] = re.sub("(?i)roll(ed|ing|s)?[ -]?back", "way", files[path])


NEW, DATA, WAIVERS = "src/churn/new.py", "src/churn/datasets.yml", ".mlctl/waivers.yml"
READ = put(NEW, "import pandas as pd\n\npd.read_csv('x')\n")
NUMPY = '[[package]]\nname = "numpy"\nversion = "2.1.0"\n'
SHIP = "on: push\npermissions: {}\njobs:\n  ship: {steps: [{run: kubectl apply -f x}]}\n"
OWNERLESS = both(sub(RECORD, "\nowner: '@team-growth'", ""), put("CODEOWNERS", "*\n"))
BARE = both(put(HOOKS, "repos: [{hooks: [{id: detect-secrets}]}]"), sub(CI, "ruff", "true"))
ELSEWHERE = sub(DATA, "uri: data/sample.csv", "uri: s3://bucket/latest.csv")
MOVED = both(ELSEWHERE, drop("data/sample.csv"), sub(CARD, "`data/sample.csv`", "the latest rows"))
OTHER = both(put("uv.lock", NUMPY), add(DOCKER, "RUN pip install numpy==1.26.0\n"))
TRACKING = "src/churn/platform/tracking.py"
UNTRACKED = both(put(TRACKING, "X = 1\n"), sub(RECORD, "owned: [", f"owned: [{TRACKING}, "))
UNTRIED = both(
    sub(RECORD, "owned: [", "owned: [tests/platform/**, "),
    drop("tests/test_model.py", "tests/platform/test_threshold.py"),
)
UNSCANNED = both(sub(HOOKS, "detect-secrets", "true"), sub(CI, "detect-secrets", "true"))
PINNED = (
    "[[package]]\nname = 'churn'\nversion = '1'\nsource = { editable = '.' }\n[package.metadata]\nrequires-dist = []\n"
)
KEPT = "    uri: data/sample.csv\n    pii: false\n    retention: P2Y\n    schema: CONTRACT\n"
SCALED_AWAY = """\
import joblib
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler


def f(X, y):
    X = StandardScaler().fit_transform(X)
    model = Ridge().fit(X, y)
    joblib.dump(model, "a")
"""
BLIND = "from .features import derive\n\n\ndef log_prediction() -> None: ...\n"
APART = both(
    sub(DATA, "training: sample", "training: sample\nholdout: last"),
    add(
        DATA,
        KEPT.replace(
            "    uri: data/sample.csv\n", "  last:\n    uri: s3://b/last.csv\n    sha256: 0f\n    label_delay_days: 3\n"
        ),
    ),
    put(NEW, "\nX = 's3://b/last.csv'  # mlctl: ignore[DAT110] until=2027-02-01 owner=@t -- here it is meant\n"),
)
ATTESTED = "attested:\n  {}: {{see: 'https://a.example', owner: '@t', until: {}}}\n"
LATE = both(sub(RECORD, "stage: production", "stage: regulated"), add(RECORD, ATTESTED.format("EVL104", "2026-12-31")))
UNCHECKED = both(
    sub(RECORD, "owned: [", "owned: [src/churn/platform/datasets.py, "),
    sub("src/churn/platform/datasets.py", "check(CONTRACT, rows)", "columns(CONTRACT)"),
)
MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "PRJ100": (put(NEW, "def f(:\n"), f"{NEW}:1"),
    "PRJ101": (OWNERLESS, RECORD),
    "PRJ102": (sub(RECORD, "risk: limited", ""), RECORD),
    "PRJ103": (put("README.md", "# churn\n"), "README.md"),
    "PRJ104": (put("CODEOWNERS", "/docs/ @team\n"), "CODEOWNERS"),
    "PRJ106": (sub(CI, "uv run pytest", "true"), "tests"),
    "PRJ107": (sub(CI, "mlctl check", "true"), CI),
    "PRJ108": (BARE, "pyproject.toml"),
    "PRJ110": (put(NEW, "X = '/home/ada/x'\n"), f"{NEW}:1"),
    "DAT103": (sub(DATA, "    retention: P2Y\n", ""), f"{DATA}:3"),
    "DAT105": (put("data/raw.csv", BIG), "data/raw.csv"),
    "DAT106": (READ, f"{NEW}:3"),
    "DAT108": (put("weights.txt", BIG), "weights.txt"),
    "DAT109": (MOVED, f"{DATA}:3"),
    "DAT110": (put(NEW, "X = 's3://churn-prod/a.csv'\n"), f"{NEW}:1"),
    "DAT112": (put("a.ipynb", '{"cells": [{"outputs": [1]}]}'), "a.ipynb:1"),
    "FEA101": (
        both(
            sub(RECORD, "serve: churn.platform.serve", "serve: churn.new"),
            put(NEW, "import pydantic\n\nlog_prediction = print\n"),
        ),
        NEW,
    ),
    "FEA102": (without_parity, "tests"),
    "FEA104": (put(NEW, SPLIT + SCALED), f"{NEW}:6"),
    "FEA106": (OTHER, "uv.lock:2"),
    "TRN101": (drop("uv.lock"), "pyproject.toml"),
    "TRN103": (put(".python-version", "3.12\n"), f"{DOCKER}»FROM"),
    "TRN105": (put(NEW, SPLIT + "split(1)\n"), f"{NEW}:2"),
    "TRN109": (UNTRACKED, "src/churn/platform/train.py"),
    "TRN111": (sub(CI, "uv run churn demo --json build/demo.json", "uv run churn gate"), RECORD),
    "EVL102": (sub("src/churn/gate.yml", "floors:", "aims:"), "src/churn/gate.yml"),
    "EVL103": (sub("src/churn/gate.yml", "slices:", "parts:"), "gate.yml"),
    "SRV103": (without_health, RECORD),
    "SRV106": (sub("src/churn/gate.yml", "latency: {p95_ms: 100}", ""), "gate.yml"),
    "MON102": (sub(DATA, "label_delay_days", "delay"), "datasets.yml"),
    "RTR103": (put(SCHEDULE, RETRAIN), f"{SCHEDULE}»a:"),
    "PRJ111": (add(CI, "      - run: papermill a.ipynb b.ipynb\n"), RECORD),
    "DAT101": (sub(DATA, "    schema: CONTRACT\n", ""), f"{DATA}:3"),
    "FEA103": (sub("tests/test_features.py", "churn.features", "churn.data"), "src/churn/features.py"),
    "SRV102": (put(NEW, "import mlflow\n\nmlflow.sklearn.log_model(1)\n"), f"{NEW}:3"),
    "DPL101": (put(DOCKER, "FROM python:latest\nUSER 1\n"), f"{DOCKER}:1"),
    "DPL103": (put(".github/workflows/d.yml", SHIP), ".github/workflows/d.yml»ship:"),
    "DPL105": (without_a_way_back, "docs/runbook.md"),
    "MON101": (without_monitor, RECORD),
    "MON106": (drop("docs/runbooks/"), "docs/runbook.md"),
    "RTR101": (drop(SCHEDULE), RECORD),
    "SEC101": (UNSCANNED, HOOKS),
    "SEC102": (put(NEW, "import pickle\n\nmodel = pickle.load(1)\n"), f"{NEW}:3"),
    "SEC105": (drop(".github/renovate.json"), "pyproject.toml"),
    "SEC107": (add(DOCKER, "RUN pip install --trusted-host x a\n"), f"{DOCKER}»--trusted-host"),
    "SEC109": (put(NEW, "from transformers import AutoModel\n\nAutoModel.from_pretrained('a/b')\n"), f"{NEW}:3"),
    "CRD101": (drop(CARD), CARD),
    "CRD102": (sub(CARD, "# Model card: churn", "TODO"), f"{CARD}:1"),
    "TPL103": (add("src/churn/platform/gate.py", "X = 1\n"), "src/churn/platform/gate.py"),
    "TPL104": (put("deploy.yml", "a: {{ cookiecutter.x }}\n"), "deploy.yml:1"),
    "TPL105": (put("a.txt", "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n"), "a.txt:1"),
    "TPL106": (add(".mlctl/standards.yml", "more: [a]\n"), ".mlctl/standards.yml"),
    "TPL107": (put("a.py.rej", ""), "a.py.rej"),
    "DAT102": (UNCHECKED, f"{DATA}»sample:"),
    "EVL104": (LATE, f"{RECORD}»EVL104"),
    "EVL108": (APART, f"{NEW}:2"),
    "FEA105": (put(NEW, SCALED_AWAY), f"{NEW}:7"),
    "TRN102": (put("uv.lock", PINNED.replace("'", '"')), "pyproject.toml»numpy"),
    "TRN104": (without_seeds, "src/churn/platform/train.py"),
    "TRN110": (UNTRIED, "src/churn/model.py"),
    "SRV101": (both(sub(RECORD, "serve: churn.platform.serve", "serve: churn.new"), put(NEW, BLIND)), NEW),
    "SRV104": (without_log, RECORD),
    "DPL102": (sub(POD, "memory: 1Gi", "ephemeral-storage: 1Gi"), f"{POD}»name: service"),
    "DPL104": (drop("deploy/overlays/prod-canary"), RECORD),
    "DPL106": (add("CODEOWNERS", "/deploy/ @platform\n"), "CODEOWNERS»/deploy/"),
    "MON103": (drop("deploy/alerts/service.yml"), RECORD),
    "SEC104": (sub(CI, "pip-audit", "true"), "pyproject.toml"),
    "SEC106": (sub(CI, "permissions:\n  contents: read", "permissions: write-all"), f"{CI}»permissions:"),
    "CRD103": (sub(CARD, "@team-growth answers", "@somebody answers"), f"{CARD}»@somebody"),
    "TPL101": (drop(RECORD), RECORD),
    "TPL102": (sub(LOCK, '"version": "worktree"', '"version": "v0.0.0"'), LOCK),
    "WVR105": (add(RECORD, ATTESTED.format("MON101", "2027-01-05")), f"{RECORD}»MON101"),
    "WVR101": (put(WAIVERS, "- rule: SEC101\n"), f"{WAIVERS}:1"),
    "WVR102": (both(put(WAIVERS, WAIVER.format("DAT106", "2027-01-05")), READ), f"{WAIVERS}:1"),
    "WVR103": (put(WAIVERS, WAIVER.format("DAT106", "2027-02-05")), f"{WAIVERS}:1"),
    "WVR104": (both(put(WAIVERS, WAIVER.format("DAT106", "2029-02-05")), READ), f"{WAIVERS}:1"),
}


def test_a_generated_project_keeps_every_promise() -> None:
    found = checked(project())
    assert [(one.rule.code, one.path, one.message) for one in found.verdicts] == []
    assert found.awaiting == {"EVL101": "demonstrated"}


@pytest.mark.parametrize("code", MUTATIONS)
def test_one_broken_promise_is_told_by_its_rule_at_its_place(code: str) -> None:
    files = project()
    mutate, place = MUTATIONS[code]
    mutate(files)
    found = [one for one in checked(files).verdicts if not one.waived]
    follow = {one.code for one in RULES.values() if code in one.requires} | ({"WVR105"} if code == "EVL104" else set())
    told = {one.rule.code for one in found}
    assert code in told
    assert told - {code} <= follow
    path, _, text = place.partition("»")
    if text:
        place = f"{path}:{next(n for n, line in enumerate(files[path].splitlines(), 1) if text in line)}"
    places = {f"{one.path}:{one.line}" if one.line else one.path for one in found if one.rule.code == code}
    assert place in places


def test_every_rule_is_broken_once() -> None:
    assert RULES.keys() - MUTATIONS.keys() == {"EVL101"}, "only what a run shows is broken elsewhere"


@pytest.mark.parametrize("shown", [{"rows": 3}, {"roc_auc": {"value": 0.4, "baseline": 0.5}}])
def test_a_run_that_shows_too_little_is_told(shown: dict[str, Any]) -> None:
    asked = Asked(today="2027-01-01", evidence={"demo": shown})
    found = report([Project(Drawn(project()))], asked).projects[0].verdicts
    assert [(one.rule.code, one.path) for one in found] == [("EVL101", RECORD)]


def test_the_evidence_of_the_demo_is_enough() -> None:
    asked = Asked(today="2027-01-01", evidence={"demo": json.loads('{"steps": [{"train": {"baseline": 0.5}}]}')})
    assert report([Project(Drawn(project()))], asked).clean
