"""When and where: DVC's graph as Prefect flows. The only rooms that import prefect."""

import os

for _name, _value in {
    "DO_NOT_TRACK": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # Prefect's own 20 are too few on a busy machine
}.items():
    os.environ.setdefault(_name, _value)
