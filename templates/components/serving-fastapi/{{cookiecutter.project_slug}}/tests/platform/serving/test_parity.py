"""The same rows through every way in: the numbers agree to 1e-9."""

from pathlib import Path

import numpy as np
import pandas as pd

from {{ cookiecutter.package_name }}.platform import bundle
from {{ cookiecutter.package_name }}.platform.demo.serve import SKEW, Service, instances
from {{ cookiecutter.package_name }}.platform.request import Parser, frame
from {{ cookiecutter.package_name }}.platform.schema import Request, typed


def test_the_frame_of_a_request_is_the_frame_of_training(
    rows: pd.DataFrame, request_schema: Request
) -> None:
    columns = request_schema.columns
    parsed = Parser(columns).rows(instances(columns, rows))
    expected = typed(rows, columns).reset_index(drop=True)
    pd.testing.assert_frame_equal(frame(columns, parsed), expected, check_exact=True)


def test_http_and_process_agree(
    rows: pd.DataFrame, request_schema: Request, service: Service, champion: Path
) -> None:
    here = bundle.load(champion).predict(rows).select_dtypes("number").to_numpy()
    body = {"instances": instances(request_schema.columns, rows)}
    np.testing.assert_allclose(service.predictions(body), here, rtol=0, atol=SKEW)
    there = service.inference(request_schema.columns, body)
    np.testing.assert_allclose(there, here, rtol=0, atol=SKEW)


def test_a_row_alone_is_scored_as_in_company(
    rows: pd.DataFrame, request_schema: Request, service: Service
) -> None:
    body = instances(request_schema.columns, rows.head(20))
    together = service.predictions({"instances": body})
    alone = [service.predictions({"instances": [row]})[0] for row in body]
    np.testing.assert_allclose(alone, together, rtol=0, atol=SKEW)
