"""The order of the tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Flows last: Prefect leaves threads behind, which draw from the global ``random`` that Keras seeds weights by."""
    items.sort(key=lambda item: "flows" in item.path.parts)
