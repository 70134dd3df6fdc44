"""The section that builds the site of results that nobody computed."""

import contextlib
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.browser.site import missing
from tests.small_config import CHECKOUT
from tests.workflow.servers import skip_or_fail

from clustrace.bench.elapsed import Elapsed
from clustrace.bench.first_view import first_paints
from clustrace.bench.site import Built, findings, first_view
from clustrace.bench.synthetic import write_synthetic
from clustrace.bench.synthetic_results import SyntheticResults
from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.provenance.ledger import read_ledger
from clustrace.report.site.writing import write_site


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory):
    """A folder with few such results: the number of runs, and where they lie."""
    folder = tmp_path_factory.mktemp("synthetic")
    shutil.copytree(CHECKOUT / "config", folder / "config")
    with contextlib.chdir(folder):
        given = write_synthetic(
            folder, papers=1, methods_each=2, datasets=("usps", "pendigits"), seeds=3
        )
        plan = Plan(load_experiment(".", given))
        return SyntheticResults(plan).write(), folder, plan


def test_every_run_counts_in_a_cell_and_left_records(synthetic):
    runs, folder, plan = synthetic
    assert runs == 2 * 2 * 3
    (ledger,) = plan.ledgers
    cells = [row for row in read_ledger(folder / ledger) if row.kind == "cell"]
    assert len(cells) == 2 * 2 * 2
    assert all(row.value is not None and row.n == 3 for row in cells)
    assert len({run for row in cells for run in row.runs.split()}) == runs
    assert all(row.evidence is not None for row in cells)


def test_the_site_leads_from_its_numbers_to_trained_networks(synthetic):
    _, folder, plan = synthetic
    with contextlib.chdir(folder):
        written = write_site(plan.experiment)
        assert not written.faults
        page = (written.index.parent / "papers/synthetic-0.html").read_text()
        assert page.count('class="strip"') == 8
        packs = list((written.index.parent / "data/jobs").glob("usps.*.js"))
        assert any("pretrain" in path.read_text() for path in packs)
        assert 50_000 < first_view(written.index.parent) < 1_500_000


@pytest.mark.parametrize(
    ("seconds", "largest", "paints", "verdicts"),
    [
        (12.0, 400_000, [0.2, 1.4, 0.3], ["met", "met", "met"]),
        (31.0, 1_600_000, [1.3, 1.4], ["missed", "missed", "missed"]),
        (12.0, 400_000, "there is no browser", ["met", "met", "not shown"]),
    ],
)
def test_goals(monkeypatch, seconds, largest, paints, verdicts):
    monkeypatch.setattr("clustrace.bench.site.crowded", lambda: False)
    turns = [Elapsed(seconds, seconds)] * 2
    found = findings(Built(608, 3040, turns, 90, 23_000_000, largest, paints))
    assert [goal.verdict for goal in found.goals] == verdicts
    assert "608 cells and 3,040 runs" in found.goals[0].text


def test_the_first_view_of_a_page_is_timed(tmp_path):
    if reason := missing():
        skip_or_fail(reason)
    page = tmp_path / "page.html"
    page.write_text("<p>A number.</p>")
    # Playwright starts once a thread, and the browser of other tests may still be open in this one.
    with ThreadPoolExecutor(1) as threads:
        found = threads.submit(first_paints, page, 2).result()
    assert len(found) == 2
    assert all(0 < seconds < 60 for seconds in found)


def test_without_a_browser_it_is_said_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "package" in first_paints(tmp_path / "page.html", 2)
