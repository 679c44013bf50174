"""Put every model's results on one table and one page.

    python -m components.report            # writes reports/index.html, reports/table.md and reports/table.csv
    python -m components.report --table    # prints the table

``table.csv`` holds what is the same in every run. The page and the Markdown also show what this machine needed. All
three are in MLflow too, as a run named ``report``.
"""

import argparse
from pathlib import Path

from components.files import atomic_file
from components.params import load, run_step
from components.reporting import gather, page, to_csv, to_markdown, to_text

__all__ = ["main"]

REPORTS = Path("reports")


def main() -> None:
    """Write the report, or print its table."""
    parser = argparse.ArgumentParser(prog="python -m components.report", description="One table for all models.")
    parser.add_argument("--table", action="store_true", help="print the table and write nothing")
    options = parser.parse_args()
    params = load()
    results = gather(params)
    if options.table:
        print(to_text(results))
        return
    files = {"index.html": page(results, params), "table.md": to_markdown(results), "table.csv": to_csv(results)}
    for name, text in files.items():
        with atomic_file(REPORTS / name) as draft:
            draft.write_text(text, encoding="utf-8")

    from components.registry.reports import record_report

    record_report(REPORTS)
    print(f"wrote {REPORTS / 'index.html'}, table.md and table.csv: {len(results)} models")


if __name__ == "__main__":
    run_step(main)
