"""The report: a page that needs nothing beside it, and a table of the same bytes in every run."""

import base64
import json
import re
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components import pictures, report
from components.costs import record_costs
from components.files import sha256, write_json
from components.params import UserError
from tests.workplace import CONDITIONAL, make_workplace

VOID = {"meta", "link", "img", "br", "hr", "input"}
CURVES = """\
epoch,step,learning_rate,loss,val_loss,grad_norm_first,grad_norm_last
1,10,0.01,3.0,3.1,0.2,1.0
2,20,0.01,2.0,,0.1,0.9
"""
METRICS = {
    "denoiser": {"parameters": 10, "frechet_distance": {"mean": 2.5, "standard_error": 0.1}},
    "vae": {"parameters": 9, "elbo_nats": {"mean": -1.5}, "frechet_distance": {"mean": 12.0, "standard_error": 0.1}},
    "conditional": {"parameters": 11, "frechet_distance": {"mean": 5.0, "standard_error": 0.1}},
    "lstm": {"parameters": 8, "bits_per_character": {"mean": 2.0, "standard_error": 0.1}},
}
BASELINES = {
    "training images": {"frechet_distance": {"mean": 1.0, "standard_error": 0.1}},
    "noise": {"frechet_distance": {"mean": 99.0, "standard_error": 0.1}},
}
ILL = {
    "name": "over_fitting",
    "severity": "error",
    "sentence": "it learned <by heart>.",
    "evidence": {"best": 85.1},
    "cures": ["training.epochs: fewer"],
}
TOLD = {"name": "informative_loss", "severity": "note", "evidence": {"rank_correlation_loss": -0.25}}
DIAGNOSES = {"denoiser": [TOLD, ILL], "vae": [], "conditional": [], "lstm": [TOLD]}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch) -> Path:
    """Results of four models, as the steps before leave them."""
    params = make_workplace(tmp_path, CONDITIONAL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    write_json(Path("artifacts/metrics/baselines/squares.json"), BASELINES)
    write_json(
        Path("artifacts/metrics/reference/squares.json"), {"accuracy": 0.975, "examples": 10, "weights": "ab" * 32}
    )
    image = pictures.grid(np.arange(64, dtype=np.uint8).reshape(4, 4, 4, 1) % 17, levels=17)
    for name, config in params.models.items():
        Path("artifacts/curves").mkdir(parents=True, exist_ok=True)
        Path(f"artifacts/curves/{name}.csv").write_text(CURVES)
        if params.datasets[config.dataset].kind == "image":
            for path in ("evaluation/{}/samples.png", "evaluation/{}/walk.png", "progress/{}/epoch-0002.png"):
                pictures.save(image, Path("artifacts", path.format(name)))
        else:
            for path in ("evaluation/{}/samples.txt", "progress/{}/epoch-0002.txt"):
                target = Path("artifacts", path.format(name))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("if a < b && c: <script>alert('no')</script>\n")
        write_json(Path(f"artifacts/metrics/{name}.json"), METRICS[name])
        write_json(Path(f"artifacts/evaluation/{name}/diagnosis.json"), DIAGNOSES[name])
        write_json(Path(f"artifacts/registry/{name}.json"), {"weights": f"hash of {name}"})
        weights = Path(f"artifacts/models/{name}/model.safetensors")
        weights.parent.mkdir(parents=True)
        weights.write_text(name)
        record_costs(name, sha256(weights), "training", {"seconds": 12.3})
    return tmp_path


def run(monkeypatch, *options: str) -> None:
    monkeypatch.setattr(sys, "argv", ["report", *options])
    report.main()


class Page(HTMLParser):
    """Elements of a page, and whether every one is closed."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID and not (self.open and "svg" in self.open):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if "svg" in self.open and tag != "svg":
            return
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_beside_it(workplace, monkeypatch):
    run(monkeypatch)
    text = Path("reports/index.html").read_text("utf-8")
    page = Page(text)
    assert page.open == []
    tags = [tag for tag, _ in page.elements]
    assert not {"iframe", "object", "embed"} & set(tags)
    assert [attributes for tag, attributes in page.elements if tag == "script"] == [{}]
    for tag, attributes in page.elements:
        loaded = [
            attributes.get(name) for name in ("src", "srcset", "poster", "data", *(["href"] if tag != "a" else []))
        ]
        assert all(address is None or address.startswith("data:") for address in loaded)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    assert not re.search(r"url\(|@import", style.group(1))


def test_every_picture_is_a_picture(workplace, monkeypatch):
    run(monkeypatch)
    found = [
        attributes["src"] or ""
        for tag, attributes in Page(Path("reports/index.html").read_text()).elements
        if tag == "img"
    ]
    assert (
        len(found) == 3 * 4 + 2
    )  # a glance, samples, walk and one of the series of three models; the test images, twice
    for address in found:
        with Image.open(BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,")))) as image:
            image.verify()


def test_links_within_the_page_lead_somewhere(workplace, monkeypatch):
    run(monkeypatch)
    elements = Page(Path("reports/index.html").read_text()).elements
    targets = {attributes.get("id") for _, attributes in elements}
    links = {str(attributes["href"]) for tag, attributes in elements if tag == "a"}
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= targets
    assert {f"#model-{name}" for name in ("denoiser", "vae", "lstm")} <= links


def test_text_is_shown_and_never_obeyed(workplace, monkeypatch):
    run(monkeypatch)
    text = Path("reports/index.html").read_text("utf-8")
    assert "if a &lt; b &amp;&amp; c: &lt;script&gt;" in text
    assert "it learned &lt;by heart&gt;." in text
    assert text.count("<script") == 1


def test_findings_stand_together_near_the_top_and_with_their_model(workplace, monkeypatch):
    run(monkeypatch)
    text = Path("reports/index.html").read_text("utf-8")
    together, of_model = (
        text.split('<section id="findings">')[1].split("</section>")[0],
        text.split('id="model-denoiser"')[1],
    )
    assert "1 × error, 2 × note" in together
    clean = together.split("Nothing beyond notes")[1].split("</p>")[0]
    assert re.findall(r"#model-(\w+)", clean) == ["vae", "lstm", "conditional"]
    assert together.count("it learned") == 1
    section = of_model.split("</section>")[0]
    assert section.index("it learned") < section.index("informative loss")
    assert "<code>training.epochs: fewer</code>" in section
    assert "85.1" in section
    assert "loss: rank correlation −0.25" in section


@pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed: nobody saw the page")
def test_a_browser_shows_every_picture_sorts_and_fits_a_phone(workplace, monkeypatch, tmp_path):
    run(monkeypatch)
    seen, complaints = look(Path("reports/index.html"), tmp_path)
    assert seen["pictures"] == [14, 14]
    assert seen["overflow"] == 0
    assert seen["orders"] == [
        ["denoiser", "vae", "conditional"],  # as in params.yaml
        ["denoiser", "conditional", "vae"],  # the best first, by number and not by its letters
        ["vae", "conditional", "denoiser"],
        ["conditional", "denoiser", "vae"],  # by name
    ]
    assert seen["pinned"] == ["training images", "noise"]
    assert seen["sorted"] == [None, "ascending", "descending", None]
    assert complaints == []


@pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed: nobody would hear")
def test_a_complaint_of_the_browser_is_heard(tmp_path):
    (tmp_path / "page.html").write_text("<body><script>console.error('heard')</script></body>")
    _, complaints = look(tmp_path / "page.html", tmp_path)
    assert any("heard" in line for line in complaints)


LOOK = """<script>addEventListener("load", () => {
  const table = document.querySelector("table.results"), orders = [], states = [];
  const look = () => {
    orders.push([...table?.querySelectorAll("tbody.models a") ?? []].map(link => link.textContent));
    states.push(table?.querySelector("th.number").getAttribute("aria-sort") ?? null);
  };
  const press = index => { table?.querySelectorAll("thead button")[index].click(); look(); };
  look(); press(1); press(1); press(0);
  document.body.setAttribute("data-seen", JSON.stringify({
    pictures: [[...document.images].filter(image => image.naturalWidth > 0).length, document.images.length],
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    orders, sorted: states,
    pinned: [...table?.querySelectorAll("tbody.baselines th") ?? []].map(cell => cell.firstChild.textContent)}));
})</script>"""


def look(page: Path, folder: Path) -> tuple[dict, list[str]]:
    """What a page shows in a narrow window after a few clicks, and what its console complains of."""
    copy = folder / "copy.html"
    copy.write_text(page.read_text("utf-8").replace("</body>", LOOK + "</body>"), "utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += f" --disable-component-update --disable-sync --user-data-dir={folder / 'browser'} --window-size=500,900"
    command = ["chromium", *flags.split(), "--enable-logging=stderr", "--dump-dom", copy.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = re.search(r'data-seen="([^"]*)"', done.stdout)
    assert found
    return json.loads(unescape(found.group(1))), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_csv_is_the_same_whatever_the_run_cost(workplace, monkeypatch):
    run(monkeypatch)
    first, markdown = Path("reports/table.csv").read_bytes(), Path("reports/table.md").read_text()
    record_costs("vae", sha256(Path("artifacts/models/vae/model.safetensors")), "training", {"seconds": 777.0})
    run(monkeypatch)
    assert Path("reports/table.csv").read_bytes() == first
    assert "| 777" in Path("reports/table.md").read_text()
    assert "| 777" not in markdown


def test_a_cost_of_other_weights_is_not_shown(workplace, monkeypatch, capsys):
    Path("artifacts/models/vae/model.safetensors").write_text("trained again elsewhere")
    run(monkeypatch, "--table")
    costs = capsys.readouterr().out.split("Seconds here")[1].split("\n\n")[0]
    assert "12.3" in costs
    assert "vae" not in costs


def test_the_table_can_be_printed_without_writing_a_report(workplace, monkeypatch, capsys):
    run(monkeypatch, "--table")
    assert "≥ −1.5" in capsys.readouterr().out
    assert not Path("reports").exists()


def test_a_model_without_results_is_named_with_the_command_that_makes_them(workplace, monkeypatch):
    Path("artifacts/metrics/vae.json").unlink()
    Path("artifacts/curves/lstm.csv").unlink()
    with pytest.raises(UserError) as caught:
        run(monkeypatch)
    assert len(caught.value.lines) == 2
    assert caught.value.lines[0].startswith("params.yaml: models.vae: artifacts/metrics/vae.json is missing")
    assert "`dvc repro train@lstm`" in caught.value.lines[1]
    assert not Path("reports").exists()
