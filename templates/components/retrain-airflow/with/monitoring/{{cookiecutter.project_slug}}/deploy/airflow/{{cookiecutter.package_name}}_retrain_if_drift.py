# ruff: noqa: E501, RUF100 (commands stay on one line, long or short)
"""Airflow: trains {{ cookiecutter.project_slug }} anew on other days where the monitor finds drift (docs/runbooks/airflow.md)."""

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PLACE = "/opt/projects/{{ cookiecutter.project_slug }}"
HOME = os.environ.get("{{ cookiecutter.package_name | upper }}_HOME", PLACE)

with DAG(
    dag_id="{{ cookiecutter.project_slug }}-retrain-if-drift",
    schedule="23 4 * * 0,2-6",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 1,
        "retry_delay": timedelta(minutes=10),
        "cwd": HOME,
        "append_env": True,
    },
    tags=["{{ cookiecutter.owner }}", "retraining"],
):
    stored = BashOperator(
        task_id="stored",
        bash_command='test -n "$BUNDLE_URI" && test -n "$PREDICTION_LOG_URI"',
    )
    sync = BashOperator(task_id="sync", bash_command="git pull --ff-only && uv sync --locked")
    pull = BashOperator(
        task_id="pull",
        bash_command="uv run {{ cookiecutter.project_slug }} pull",
    )
    # 10 says that there is drift, which is an answer and no failure
    monitor = BashOperator(
        task_id="monitor",
        bash_command="uv run {{ cookiecutter.project_slug }} monitor --json build/monitor.json || test $? -eq 10",
    )
    retrain = BashOperator(
        task_id="retrain",
        bash_command="uv run {{ cookiecutter.project_slug }} retrain --if-drift build/monitor.json --json build/retrain.json",
        retries=0,
    )
    stored >> sync >> pull >> monitor >> retrain
