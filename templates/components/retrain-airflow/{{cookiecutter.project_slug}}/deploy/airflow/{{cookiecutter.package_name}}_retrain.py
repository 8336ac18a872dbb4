# ruff: noqa: E501, RUF100 (commands stay on one line, long or short)
"""Airflow: trains {{ cookiecutter.project_slug }} anew every Monday, through the same gate (docs/runbooks/airflow.md)."""

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

# A clone of this repository on the worker, with uv on the PATH; Airflow's own packages stay out of it.
PLACE = "/opt/projects/{{ cookiecutter.project_slug }}"
HOME = os.environ.get("{{ cookiecutter.package_name | upper }}_HOME", PLACE)

with DAG(
    dag_id="{{ cookiecutter.project_slug }}-retrain",
    schedule="23 4 * * 1",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # two trainings at once would publish one over the other
    default_args={
        "retries": 1,
        "retry_delay": timedelta(minutes=10),
        "cwd": HOME,
        "append_env": True,
    },
    tags=["{{ cookiecutter.owner }}", "retraining"],
):
    stored = BashOperator(task_id="stored", bash_command='test -n "$BUNDLE_URI"')
    sync = BashOperator(task_id="sync", bash_command="git pull --ff-only && uv sync --locked")
    retrain = BashOperator(
        task_id="retrain",
        bash_command="uv run {{ cookiecutter.project_slug }} retrain --json build/retrain.json",
        retries=0,  # what the gate turned away, it turns away again
    )
    stored >> sync >> retrain
