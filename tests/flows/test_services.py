import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from components.params import UserError
from flows.deploy import deploy
from flows.serve import Services
from tests.flows.conftest import lives


def test_the_end_of_one_is_told_and_ends_the_others(tmp_path: Path):
    def serve_two() -> None:
        with Services(tmp_path) as services:
            services.start("lasting", "http.server", "0", "--bind", "127.0.0.1")
            lasting.extend(each for each in psutil.Process().children() if "http.server" in each.cmdline())
            services.start("brief", "this")
            services.wait_until(lambda: False, "nobody")

    lasting: list[psutil.Process] = []
    with pytest.raises(UserError, match="brief has ended with exit code 0") as told:
        serve_two()
    assert any("Namespaces" in line for line in told.value.lines)  # its last words
    assert lasting
    assert not any(map(lives, lasting))


def test_a_taken_port_is_one_line_before_anything_starts(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "flows.serve", "--prefect-port", port, "--mlflow-port", "0"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert answer.stderr.startswith(f"--prefect-port {port}: ")
    assert len(answer.stderr.splitlines()) == 1


def test_a_server_that_is_not_there_is_one_line_of_the_deployment_step():
    address = "http://127.0.0.1:9/api"
    with temporary_settings({PREFECT_API_URL: address}), pytest.raises(UserError, match=f"{address}: .+"):
        deploy("repository", "commit")


@pytest.mark.parametrize("credentials", ["somebody:secret", "secret"])
def test_a_repository_with_credentials_is_one_line(credentials: str):
    with pytest.raises(UserError, match=r"^--repository: credentials in https://example.org/code.git") as told:
        deploy(f"https://{credentials}@example.org/code.git", "0" * 40)
    assert "secret" not in str(told.value)
