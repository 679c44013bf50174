"""What a flow shows in Prefect."""

from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from flows.publish import publish


@pytest.mark.usefixtures("prefect_server")
def test_a_link_to_the_record_shows_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:5000")
    flow(publish)()
    with get_client(sync_client=True) as client:
        link = client.request("GET", "/artifacts/{key}/latest", path_params={"key": "mlflow"}).raise_for_status().json()
    assert link["data"] == "[MLflow](http://127.0.0.1:5000)"
