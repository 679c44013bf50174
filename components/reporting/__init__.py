"""The page of results: what every model reached, gathered from the files of the steps before. Imports no Keras."""

from components.reporting.formats import to_csv, to_markdown, to_text
from components.reporting.page import page
from components.reporting.results import Result, Yardstick, gather

__all__ = ["Result", "Yardstick", "gather", "page", "to_csv", "to_markdown", "to_text"]
