"""The site of small results, as files."""

import contextlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.small_results import PROTOCOL, build, copied
from typer.testing import CliRunner

from clustrace.cli.site import app
from clustrace.config.experiment import load_experiment
from clustrace.errors import StorageError
from clustrace.provenance.ledger import read_ledger
from clustrace.report.site.writing import write_site

LEDGER = f"results/{PROTOCOL}/ledger/mini.csv"


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.ids = [], set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids.add(given.get("id"))
        self.links += [given[name] for name in ("href", "src") if given.get(name)]


def links_of(path):
    parser = _Links()
    parser.feed(path.read_text())
    return parser


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    root = tmp_path_factory.mktemp("results")
    build(root)
    return root


def built(root, protocol=PROTOCOL):
    with contextlib.chdir(root):
        written = write_site(load_experiment(".", {"protocol": protocol}))
    return root / written.index.parent, written


@pytest.fixture(scope="module")
def site(results):
    return built(results)[0]


@pytest.fixture
def copy(results, tmp_path):
    root = copied(results, tmp_path / "copy")
    (root / "Snakefile").touch()
    shutil.rmtree(root / "results/site", ignore_errors=True)
    return root


def data(site, name):
    text = (site / f"data/{name}.js").read_text()
    found = re.fullmatch(r'clustrace\.put\("([^"]+)",(.*)\);\n', text, re.DOTALL)
    assert found and found[1] == name
    return json.loads(found[2])


def test_every_link_leads_somewhere(site):
    pages = {path: links_of(path) for path in site.rglob("*.html")}
    assert len(pages) > 8
    for path, found in pages.items():
        for link in found.links:
            if re.match(r"(https?|data):", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.is_file(), (path, link)
            # Addresses of numbers are opened by a script.
            if anchor and anchor.count(".") != 4:
                assert anchor in links_of(target).ids, (path, link)


def test_nothing_is_loaded_from_elsewhere(site):
    for path in site.rglob("*.html"):
        for tag in re.findall(r"<(?:script|link|img)[^>]*>", path.read_text()):
            assert "http" not in tag, (path, tag)
    styles = (site / "static/site.css").read_text()
    assert not re.search(r"url\(\W*(https?:)?//", styles)


def test_every_row_of_the_ledger_can_be_asked_for(site, results):
    rows = read_ledger(results / LEDGER)
    index = data(site, "index")
    assert sorted(n["address"] for n in index["numbers"]) == [row.address for row in rows]
    assert [n["kind"] for n in index["numbers"][:8]] == ["cell"] * 8
    for row in rows:
        number = data(site, f"numbers/{row.paper}.{row.table}.{row.row}")[row.address]
        assert number["row"]["address"] == row.address
        assert "fault" not in number
        jobs = {}
        for pack in number["packs"]:
            jobs |= data(site, pack)
        named = [job for step in number["steps"] for job in step["jobs"] if job]
        assert set(named) <= jobs.keys()
        if row.kind == "cell" and row.value is not None:
            assert {"evaluate", "prepare", "fetch", "truth"} <= {s["rule"] for s in number["steps"]}


def test_confusion_matrices_count_every_sample(site):
    found = data(site, "confusion/digits.idec")
    assert len(found) == 3
    for run, seeds in found.items():
        for seed, matrix in seeds.items():
            assert run.endswith(f"/{seed}")
            assert sum(map(sum, matrix["counts"])) == 1797
            assert len(matrix["counts"]) == len(matrix["classes"]) == 10
            assert all(len(line) == len(matrix["clusters"]) for line in matrix["counts"])


def test_columns_stand_in_the_order_of_the_classes_that_they_match(site):
    matrix = next(iter(data(site, "confusion/digits.kmeans").values()))["0"]
    size = min(len(matrix["classes"]), len(matrix["clusters"]))
    counts = matrix["counts"]
    on_diagonal = sum(counts[k][k] for k in range(size))
    assert on_diagonal > 0.7 * 1797


def test_numbers_stand_as_in_the_table(site, results):
    page = (site / "papers/mini.html").read_text()
    for row in read_ledger(results / LEDGER):
        if row.kind == "cell":
            cell = page[page.index(f'id="{row.address}"') :].partition("</td>")[0]
            assert row.printed in cell
            assert f'data-standing="{row.verdict or cell}"' in cell or row.verdict is None


def test_a_table_of_times_says_where_they_were_measured_and_what_they_are(site):
    text = (site / "papers/mini.html").read_text()
    assert re.search(r"<p>Seconds of the recorded jobs\. Timed on .+ with 1 thread\. "
                     r"Ours: median over the seeds\.</p>", text)  # fmt: skip
    assert "<p>Scores, per cent.</p>" in text
    assert "Ours: mean or, below a caption that says so, median ± standard deviation" in text
    legends = [line for line in text.splitlines() if "prediction interval" in line]
    assert len(legends) == 2 and sum("order of magnitude" in line for line in legends) == 1


def test_sample_images_where_the_data_are(results, site, copy):
    assert (site / "datasets/digits.png").read_bytes().startswith(b"\x89PNG")
    assert 'src="digits.png"' in (site / "datasets/digits.html").read_text()
    shutil.rmtree(copy / "data")
    without, _ = built(copy)
    assert not (without / "datasets/digits.png").exists()
    assert "features.safetensors is not on disk" in (without / "datasets/digits.html").read_text()


def test_the_same_results_give_the_same_bytes(site, copy):
    again, _ = built(copy)
    first = {p.relative_to(site): p.read_bytes() for p in site.rglob("*") if p.is_file()}
    second = {p.relative_to(again): p.read_bytes() for p in again.rglob("*") if p.is_file()}
    assert first == second


def test_an_earlier_site_is_replaced_as_a_whole(copy):
    folder, _ = built(copy)
    (folder / "papers/gone.html").write_text("a paper that was taken out")
    again, _ = built(copy)
    assert again == folder
    assert not (folder / "papers/gone.html").exists()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["index.html", PROTOCOL]


def test_a_corrupted_ledger_is_named_on_its_page_and_by_the_command(copy, monkeypatch):
    ledger = copy / LEDGER
    text = ledger.read_text()
    ledger.unlink()  # the copy shares its bytes with the original
    ledger.write_text(text.replace(",0.", ",zero.", 1))
    monkeypatch.chdir(copy)
    done = CliRunner().invoke(app, [])
    assert done.exit_code == 1
    assert "is corrupt" in done.output
    page = (copy / f"results/site/{PROTOCOL}/papers/mini.html").read_text()
    assert "could not be read" in page
    assert "<td" not in page


def test_without_records_there_are_numbers_and_a_reason(copy):
    shutil.rmtree(copy / f"results/{PROTOCOL}/provenance")
    folder, written = built(copy)
    assert "has no record of any job" in written.faults[-1]
    number = data(folder, "numbers/mini.table1.idec")["mini.table1.idec.digits.acc"]
    assert "has no record of any job" in number["fault"]


def test_a_protocol_without_ledger_is_refused(copy, monkeypatch):
    shutil.rmtree(copy / f"results/{PROTOCOL}")
    with pytest.raises(StorageError, match=r"no ledger in .*make results PROTOCOL=mini"):
        built(copy)
    monkeypatch.chdir(copy)
    done = CliRunner().invoke(app, [])
    assert isinstance(done.exception, StorageError)
    assert not Path("results/site").exists()
