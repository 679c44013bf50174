"""The MLflow side: runs, lineage, the packaged sampler, versions. With the steps, the only room that imports MLflow."""

import os

for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "2",  # seconds; MLflow's own 10 leaves a run of half a minute bare
}.items():
    os.environ.setdefault(_name, _value)
