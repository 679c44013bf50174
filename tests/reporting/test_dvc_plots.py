"""``dvc plots show`` draws without a network: its page, ``.dvc/plots.html``, draws what DVC hands to Vega."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from dvc_render import VegaRenderer
from dvc_render.html import render_html

TEMPLATE = Path(__file__).parents[2] / ".dvc/plots.html"
ROWS = [
    {"epoch": "1", "val_loss": "3.0", "rev": "HEAD"},
    {"epoch": "2", "val_loss": "", "rev": "HEAD"},  # an epoch without a value
    {"epoch": "3", "val_loss": "1.0", "rev": "HEAD"},
    {"epoch": "1", "val_loss": "2.0", "rev": "workspace"},
    {"epoch": "2", "val_loss": "1.5", "rev": "workspace"},
    {"epoch": "3", "val_loss": "1.0", "rev": "workspace"},
]


def render(folder: Path) -> Path:
    plot = VegaRenderer(ROWS, "artifacts/curves/some.csv", x="epoch", y="val_loss", title="some", template="linear")
    return Path(render_html([plot], folder / "index.html", html_template=TEMPLATE))


def test_nothing_is_loaded(tmp_path):
    text = render(tmp_path).read_text("utf-8")
    assert "vegaEmbed('#" in text
    assert not re.search(r'(src|href)="(?!data:)', text)


@pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed: nobody saw the plots")
def test_a_browser_draws_a_line_for_each_revision(tmp_path):
    flags = f"--headless --no-sandbox --disable-gpu --no-first-run --user-data-dir={tmp_path / 'browser'}"
    flags += " --disable-background-networking --disable-component-update --disable-sync --enable-logging=stderr"
    command = ["chromium", *flags.split(), "--dump-dom", render(tmp_path).as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "CONSOLE" not in done.stderr
    lines = [points.split() for points in re.findall(r'<polyline[^>]*points="([^"]*)"', done.stdout)]
    assert [len(points) for points in lines] == [2, 3]
    assert lines[0][-1] == lines[1][-1]  # both end at the same loss
    assert ">some</text>" in done.stdout
