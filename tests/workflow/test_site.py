"""What a run leaves to look at: the site, and Snakemake's own report."""

import pytest

from .conftest import DEMONSTRATION

pytestmark = pytest.mark.slow


def test_a_run_ends_with_its_site(finished):
    site = finished.folder / "results/site/smoke"
    assert "demonstration" in (site / "papers/demonstration.html").read_text()
    assert (site.parent / "index.html").exists()
    assert list((site / "data/jobs").glob("*.js"))


def test_snakemakes_report_has_tables_and_figures_with_captions(finished):
    finished.run("--report", "report.html", **DEMONSTRATION)
    report = (finished.folder / "report.html").read_text()
    assert "clustrace regenerates the result tables" in report
    assert "table1 of demonstration: our numbers" in report
    assert "drawn anew from our runs" in report
