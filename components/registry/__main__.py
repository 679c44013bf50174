"""``python -m components.registry``: make MLflow's database and experiment, and close the runs of killed trainings."""

from components.params import run_step
from components.registry.runs import close_abandoned
from components.registry.tracking import EXPERIMENT, connect, tracking_uri


def main() -> None:
    """Make them once, before anything runs in parallel."""
    experiment = connect()
    close_abandoned(experiment)
    print(f"MLflow: experiment {EXPERIMENT} at {tracking_uri()}")


if __name__ == "__main__":
    run_step(main)
