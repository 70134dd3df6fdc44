"""What the site says of results that cannot be read."""

import shutil

import pytest

from .conftest import built
from .site import visit

pytestmark = pytest.mark.slow

CELL = "mini.table1.idec.digits.acc"


@pytest.fixture
def copy(results, tmp_path):
    """The results, to be spoilt."""
    root = tmp_path / "copy"
    shutil.copytree(results, root, ignore=shutil.ignore_patterns("site", ".git"))
    return root


def test_a_corrupted_ledger_gives_a_page_that_says_so(chromium, copy, shots):
    ledger = copy / "results/mini/ledger/mini.csv"
    ledger.write_text(ledger.read_text().replace(",0.", ",zero.", 1))
    with visit(chromium, built(copy)) as look:
        page = look.go("index.html")
        assert "mini.csv is corrupt" in page.locator("section.fault").inner_text()
        page.get_by_role("link", name="A small paper").click()
        page.get_by_role("alert").wait_for()
        assert "could not be read" in page.get_by_role("alert").inner_text()
        assert page.locator("td.cell").count() == 0
        page.screenshot(path=shots / "fault.png")
        assert not look.complaints


def test_without_records_a_number_says_why_it_has_no_lineage(chromium, copy):
    shutil.rmtree(copy / "results/mini/provenance")
    with visit(chromium, built(copy)) as look:
        page = look.go(f"papers/mini.html#{CELL}")
        page.locator("#panel .fault").wait_for()
        assert "has no record of any job" in page.locator("#panel").inner_text()
        assert not look.complaints


def test_a_data_file_that_is_gone_is_named(chromium, copy):
    folder = built(copy)
    shutil.rmtree(folder / "data/jobs")
    with visit(chromium, folder) as look:
        page = look.go(f"papers/mini.html#{CELL}")
        page.get_by_text("could not be loaded; build the site again").wait_for()
        assert page.locator("#panel .printed").is_visible()
