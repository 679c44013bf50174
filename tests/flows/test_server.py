import pytest
from prefect.client.orchestration import get_client


@pytest.mark.usefixtures("prefect_server")
def test_server_understands_its_own_client():
    """The client sends null for what it does not ask for; with FastAPI 0.151 and later the server refuses that."""
    with get_client(sync_client=True) as client:
        assert client.read_flows() is not None
        assert client.read_artifacts() is not None
