"""A generated project keeps every promise; each promise, broken by hand, is told by its own rule at its own place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from mlctl.check.catalogue import built_in
from mlctl.check.report import Asked, Checked, report
from mlctl.core import platform, source, units
from mlctl.core.ask import ask
from mlctl.core.project import Drawn, Project
from mlctl.core.record import record
from mlctl.core.render import render

Files = dict[str, str]
Mutation = Callable[[Files], None]
CI, HOOKS, RECORD = ".github/workflows/ci.yml", ".pre-commit-config.yaml", ".mlctl/project.yml"
CARD = "docs/MODEL_CARD.md"
BIG = "1,2\n" * 300_000
SPLIT = "from sklearn.model_selection import train_test_split as split\n"
SCALED = """\
from sklearn.preprocessing import StandardScaler


def f(X):
    X = StandardScaler().fit_transform(X)
    return split(X, random_state=1)
"""
SCHEDULE = ".github/workflows/retrain.yml"
RETRAIN = "on:\n  schedule: []\njobs: {a: {steps: [{run: churn train}]}}\n"
WAIVER = "- rule: {}\n  category: time\n  reason: r\n  owner: '@t'\n  until: {}\n"


@cache
def generated() -> tuple[tuple[str, str | bytes], ...]:
    """The embedded platform's default project with GitHub's CI, and what a team adds to it before production."""
    there = platform.find(source.parse("mlctl", Path.cwd()), "worktree")
    template = units.template(there, "tabular")
    answers = ask(template, {"project_name": "churn", "owner": "@team-growth", "ci": "github"}, None, False)
    rendering = render(template, answers, {})
    files: dict[str, str | bytes] = {path: entry.data for path, entry in rendering.files.items()}
    files |= record(template, answers, rendering, "mlctl").files()
    return tuple(files.items())


def project() -> Files:
    """The generated project as texts, completed: what the template brings itself by now is left as it is."""
    files = {path: data if isinstance(data, str) else data.decode("utf-8", "replace") for path, data in generated()}
    for path, text in {
        "docs/runbook.md": "# Runbook\n## Rollback\n", "uv.lock": "",
        "src/churn/drift.py": "LIMIT = 0.1\n",
        "Dockerfile": "FROM python:3.11-slim\nUSER 10001\n",
    }.items():  # fmt: skip
        files.setdefault(path, text)
    files[".python-version"] = "3.11\n"
    files[RECORD] = files[RECORD].replace("stage: explore", "stage: production\nowned: []")
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
    files[RECORD] = files[RECORD].replace("owned: []", "owned: [tests/platform/**]")
    for path in [path for path in files if path.startswith("tests/")]:
        text = re.sub("(?i)parity|skew|batch|train|offline|agree", "other", files.pop(path))
        files[re.sub("parity", "other", path)] = text


def without_health(files: Files) -> None:
    files[RECORD] = files[RECORD].replace("owned: []", "owned: ['**/platform/**']")
    for path, text in [(path, text) for path, text in files.items() if path.endswith(".py")]:
        files[path] = re.sub(r"/(healthz?|livez?|live|ping)\b", "/other", text)


NEW, DATA, WAIVERS = "src/churn/new.py", "src/churn/datasets.yml", ".mlctl/waivers.yml"
READ = put(NEW, "import pandas as pd\n\npd.read_csv('x')\n")
NUMPY = '[[package]]\nname = "numpy"\nversion = "2.1.0"\n'
SHIP = "on: push\njobs:\n  ship: {steps: [{run: kubectl apply -f x}]}\n"
OWNERLESS = both(sub(RECORD, "\nowner: '@team-growth'", ""), put("CODEOWNERS", "*\n"))
TRACKING = "src/churn/platform/tracking.py"
UNTRACKED = both(put(TRACKING, "X = 1\n"), sub(RECORD, "owned: []", f"owned: [{TRACKING}]"))
UNSCANNED = both(sub(HOOKS, "detect-secrets", "true"), sub(CI, "detect-secrets", "true"))
BARE = both(put(HOOKS, "repos: [{hooks: [{id: gitleaks}]}]"), sub(CI, "ruff", "true"))
MOVED = both(sub(DATA, "uri: data/sample.csv", "uri: s3://bucket/latest.csv"), drop("data/sample.csv"))
OTHER = both(put("uv.lock", NUMPY), add("Dockerfile", "RUN pip install numpy==1.26.0\n"))
README = put("README.md", "# Run\n```\nmake\n```\nThe data: ask @team")
NO_WAY = both(put("docs/runbook.md", "# Runbook\n"), README, sub(CARD, "rollback", "way back"), drop("docs/runbooks/"))
MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "PRJ100": (put(NEW, "def f(:\n"), f"{NEW}:1"),
    "PRJ101": (OWNERLESS, RECORD),
    "PRJ102": (sub(RECORD, "risk: limited", ""), RECORD),
    "PRJ103": (put("README.md", "# churn\n"), "README.md"),
    "PRJ104": (put("CODEOWNERS", "/docs/ @team\n"), "CODEOWNERS"),
    "PRJ106": (sub(CI, "uv run pytest", "true"), "tests"),
    "PRJ107": (both(sub(CI, "mlctl check", "true"), sub(CI, "pre-commit", "true")), CI),
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
        both(sub(RECORD, "serve: churn.platform.serve", "serve: churn.new"), put(NEW, "import pydantic\n")),
        NEW,
    ),
    "FEA102": (without_parity, "tests"),
    "FEA104": (put(NEW, SPLIT + SCALED), f"{NEW}:6"),
    "FEA106": (OTHER, "Dockerfile:3"),
    "TRN101": (drop("uv.lock"), "pyproject.toml"),
    "TRN103": (put(".python-version", "3.12\n"), "Dockerfile:1"),
    "TRN105": (put(NEW, SPLIT + "split(1)\n"), f"{NEW}:2"),
    "TRN109": (UNTRACKED, "src/churn/platform/train.py"),
    "TRN111": (sub(CI, "uv run churn demo --json build/demo.json", "uv run churn gate"), RECORD),
    "EVL102": (sub("src/churn/gate.yml", "floors:", "aims:"), "src/churn/gate.yml"),
    "EVL103": (sub("src/churn/gate.yml", "slices:", "parts:"), "gate.yml"),
    "SRV103": (without_health, RECORD),
    "SRV106": (sub("src/churn/gate.yml", "latency: {p95_ms: 100}", ""), "gate.yml"),
    "MON102": (sub(DATA, "label_delay_days", "delay"), "datasets.yml"),
    "RTR103": (put(SCHEDULE, RETRAIN), SCHEDULE),
    "PRJ111": (add(CI, "      - run: papermill a.ipynb b.ipynb\n"), RECORD),
    "DAT101": (sub(DATA, "    schema: CONTRACT\n", ""), f"{DATA}:3"),
    "FEA103": (sub("tests/test_features.py", "churn.features", "churn.data"), "src/churn/features.py"),
    "SRV102": (put(NEW, "import mlflow\n\nmlflow.sklearn.log_model(1)\n"), f"{NEW}:3"),
    "DPL101": (put("Dockerfile", "FROM python:latest\nUSER 1\n"), "Dockerfile:1"),
    "DPL103": (put(".github/workflows/d.yml", SHIP), ".github/workflows/d.yml:3"),
    "DPL105": (NO_WAY, "docs/runbook.md"),
    "MON101": (drop("src/churn/drift.py"), RECORD),
    "MON106": (drop("docs/runbook"), "docs/runbook.md"),
    "RTR101": (drop(SCHEDULE), RECORD),
    "SEC101": (UNSCANNED, HOOKS),
    "SEC102": (put(NEW, "import pickle\n\nmodel = pickle.load(1)\n"), f"{NEW}:3"),
    "SEC105": (drop(".github/renovate.json"), "pyproject.toml"),
    "SEC107": (add("Dockerfile", "RUN pip install --trusted-host x a\n"), "Dockerfile:3"),
    "SEC109": (put(NEW, "from transformers import AutoModel\n\nAutoModel.from_pretrained('a/b')\n"), f"{NEW}:3"),
    "CRD101": (drop(CARD), CARD),
    "CRD102": (sub(CARD, "# Model card: churn", "TODO"), f"{CARD}:1"),
    "TPL103": (add("src/churn/platform/serve.py", "X = 1\n"), "src/churn/platform/serve.py"),
    "TPL104": (put("deploy.yml", "a: {{ cookiecutter.x }}\n"), "deploy.yml:1"),
    "TPL105": (put("a.txt", "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n"), "a.txt:1"),
    "TPL106": (add(".mlctl/standards.yml", "more: [a]\n"), ".mlctl/standards.yml"),
    "TPL107": (put("a.py.rej", ""), "a.py.rej"),
    "WVR101": (put(WAIVERS, "- rule: SEC101\n"), f"{WAIVERS}:1"),
    "WVR102": (both(put(WAIVERS, WAIVER.format("DAT106", "2027-01-05")), READ), f"{WAIVERS}:1"),
    "WVR103": (put(WAIVERS, WAIVER.format("DAT106", "2027-02-05")), f"{WAIVERS}:1"),
    "WVR104": (both(put(WAIVERS, WAIVER.format("DAT106", "2029-02-05")), READ), f"{WAIVERS}:1"),
}


def test_a_generated_project_that_its_team_completed_keeps_every_promise() -> None:
    found = checked(project())
    assert [(one.rule.code, one.path, one.message) for one in found.verdicts] == []
    assert found.awaiting == {"EVL101": "demonstrated"}


@pytest.mark.parametrize("code", MUTATIONS)
def test_one_broken_promise_is_told_by_its_rule_at_its_place(code: str) -> None:
    files = project()
    mutate, place = MUTATIONS[code]
    mutate(files)
    found = [one for one in checked(files).verdicts if not one.waived]
    follow = {one.code for one in built_in().values() if code in one.requires} | (
        {"DPL105"} if code == "MON106" else set()
    )
    told = {one.rule.code for one in found}
    assert code in told
    assert told - {code} <= follow
    places = {f"{one.path}:{one.line}" if one.line else one.path for one in found if one.rule.code == code}
    assert place in places


def test_the_evidence_of_the_demo_is_enough() -> None:
    asked = Asked(today="2027-01-01", evidence={"demo": json.loads('{"steps": [{"train": {"baseline": 0.5}}]}')})
    assert report([Project(Drawn(project()))], asked).clean
