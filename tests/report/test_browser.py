"""The page in a real browser: it opens, searches, sorts, pages, unfolds and reports no error."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.lib.files import sha256
from scripts.lib.runtimes.default_config import default_config
from scripts.lib.runtimes.files import write_runtime_files
from scripts.lib.runtimes.runtime import RUNTIMES, TRITON
from scripts.lib.shape import BATCH_LADDER, Shape
from scripts.report import html
from scripts.report.sections import CAPTIONS
from tests.report.planted_catalogue import A100
from tests.report.test_pages import SVG, page_arguments
from tests.statistics.study import SOURCES

pytestmark = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="chromium is not installed"
)
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--virtual-time-budget=20000", "--dump-dom",
)  # fmt: skip
# Waits for what the page does on its own time, then leaves what it saw in the page's title.
PROBE = """<script>
window.addEventListener("error", (event) => {{ document.title = "error " + event.message; }});
const later = () => new Promise((on) => setTimeout(on, 20));
const until = async (holds) => {{ while (!holds()) await later(); }};
const type = (field, text) => {{ field.value = text; field.dispatchEvent(new Event("input")); }};
const rows = (box) => [...box.querySelectorAll("tbody tr")];
const topicOf = (id) => document.getElementById(id).closest("details");
(async () => {{ {steps} }})().catch((error) => {{ document.title = "error " + error; }});
</script></body>"""


@pytest.fixture(scope="module")
def page(
    inputs: dict[str, Path], summary_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("page")
    figures = [folder / f"{name}.svg" for name in CAPTIONS]
    for path in figures:
        path.write_text(SVG.format(path.stem))
    arguments = [*page_arguments(inputs, summary_path), "--figures", *map(str, figures)]
    assert html.main([*arguments, "--out", str(folder / "report.html")]) == 0
    return folder / "report.html"


def seen(page: Path, folder: Path, steps: str, width: int = 1400) -> str:
    """The page's title after the steps, which set it."""
    probed = folder / "probed.html"
    probed.write_text(page.read_text().replace("</body>", PROBE.format(steps=steps)))
    options = [*OPTIONS, f"--window-size={width},900", f"--user-data-dir={folder}/profile"]
    dom = subprocess.run(
        ["chromium", *options, str(probed)], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    (title,) = re.findall(r"<title>(.*?)</title>", dom)
    return str(title)


def test_a_table_is_searched_and_sorted(page: Path, tmp_path: Path) -> None:
    steps = """
      topicOf("transfer").open = topicOf("cells").open = true;
      const box = document.querySelector("#transfer .scroll");
      type(box.previousElementSibling, "random 128");
      await until(() => rows(box).every((row) => /random/.test(row.textContent)));
      const button = document.querySelectorAll("#cells th button")[5];
      const first = () => document.querySelector("#cells tbody tr").cells[5].textContent;
      button.click();
      await until(() => first() === "1");
      button.click();
      await until(() => first() !== "1");
      document.title = `seen ${rows(box).length} first ${first()}`;"""
    assert seen(page, tmp_path, steps) == f"seen {len(SOURCES)} first 1,024"


def test_a_long_table_is_unfolded_and_turned(page: Path, tmp_path: Path) -> None:
    steps = """
      const body = document.querySelector("tbody[data-pack]");
      body.closest("details").open = true;
      await until(() => body.rows.length !== 10);
      const pager = body.closest(".scroll").nextElementSibling;
      const before = body.rows[0].textContent;
      const all = Number(body.dataset.rows);
      let turned = true;
      if (all > 25) {
        pager.lastElementChild.click();
        await until(() => body.rows[0].textContent !== before);
        turned = pager.textContent.includes(`26–${Math.min(50, all)} of ${all}`);
      }
      document.title = `turned ${turned}`;"""
    assert seen(page, tmp_path, steps) == "turned true"


def test_everything_is_searched_at_once(page: Path, tmp_path: Path) -> None:
    steps = """
      type(document.getElementById("everywhere"), "H100 win");
      await until(() => document.getElementById("hits").textContent);
      const topics = [...document.querySelectorAll("main > details")];
      const left = topics.filter((topic) => !topic.hidden).length;
      const gone = topicOf("words").hidden;
      type(document.getElementById("everywhere"), "");
      await until(() => topics.every((topic) => !topic.hidden));
      document.title = `some ${left > 0 && left < topics.length} words gone ${gone}`;"""
    assert seen(page, tmp_path, steps) == "some true words gone true"


def test_figures_are_drawn_when_their_topic_is_opened(page: Path, tmp_path: Path) -> None:
    steps = """
      const images = [...document.querySelectorAll("img[data-pack]")];
      const before = images.filter((image) => image.src).length;
      topicOf("figures").open = true;
      await until(() => images.every((image) => image.complete && image.src));
      images[0].click();
      document.title = `${before} ${images.length} ${document.getElementById("zoom").open}`;"""
    assert seen(page, tmp_path, steps) == f"0 {len(CAPTIONS)} true"


def test_every_link_leads_somewhere_and_a_phone_needs_no_sideways_scrolling(
    page: Path, tmp_path: Path
) -> None:
    steps = """
      const links = [...document.querySelectorAll('a[href^="#"]')];
      const dead = links.filter((link) => !document.getElementById(link.hash.slice(1)));
      const wide = document.documentElement.scrollWidth > window.innerWidth;
      document.title = `links ${links.length > 3} dead ${dead.length} wide ${wide}`;"""
    assert seen(page, tmp_path, steps, width=500) == "links true dead 0 wide false"


PICK = """
      const form = document.getElementById("picker");
      form.closest("details").open = true;
      await until(() => form.querySelector("pre").textContent);
      const pick = (name, value) => {
        form[name].value = value;
        form[name].dispatchEvent(new Event("change"));
      };
"""


def test_a_picked_file_is_the_text_that_the_command_writes(page: Path, tmp_path: Path) -> None:
    shape = Shape(128, 352, 4096, 8, "bf16")
    configs = {tokens: default_config(shape, tokens) for tokens in BATCH_LADDER}
    for runtime in RUNTIMES:
        (path,) = write_runtime_files(tmp_path, shape, A100, configs, TRITON, [runtime]).values()
        assert path is not None
        # What the download holds is read back as the browser has it.
        steps = f"""{PICK}
      pick("device", "{A100}"); pick("model", "GLM-4.5-Air"); pick("tensor_parallel", "4");
      pick("runtime", "{runtime}");
      let saved, name;
      URL.createObjectURL = (blob) => {{ saved = blob; return "about:blank#"; }};
      HTMLAnchorElement.prototype.click = function () {{ name = this.download; }};
      form.download.click();
      const hash = await crypto.subtle.digest("SHA-256", await saved.arrayBuffer());
      const bytes = new Uint8Array(hash);
      const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
      document.title = `${{name}} ${{hex}}`;"""
        assert seen(page, tmp_path, steps) == f"{path.name} {sha256(path)}"


def test_choices_offer_what_is_there_and_say_what_ships(page: Path, tmp_path: Path) -> None:
    steps = f"""{PICK}
      pick("device", "NVIDIA_H100_80GB_HBM3"); pick("runtime", "vllm");
      const models = [...form.model.options].map((one) => one.value).join();
      const said = form.querySelector("output").textContent.includes("ships");
      pick("runtime", "sglang");
      const ratio = form.querySelector("output").textContent.includes("0.900 (0.800–1.000)");
      document.title = `${{models}} ${{said}} ${{ratio}}`;"""
    assert seen(page, tmp_path, steps) == "Mixtral-8x7B true true"


def test_the_catalogue_is_found_by_the_search_of_everything(page: Path, tmp_path: Path) -> None:
    steps = """
      type(document.getElementById("everywhere"), "GLM-4.5-Air A100 sglang");
      await until(() => document.getElementById("hits").textContent);
      const topic = topicOf("catalogue");
      document.title = `${topic.hidden} ${topic.dataset.hits}`;"""
    assert seen(page, tmp_path, steps) == "false 2 rows"
