"""The page of results: what every model reached, gathered from the files of the steps before. Imports no Keras."""

from components.reporting.page import page
from components.reporting.results import Result, gather
from components.reporting.table import to_csv, to_markdown, to_text

__all__ = ["Result", "gather", "page", "to_csv", "to_markdown", "to_text"]
