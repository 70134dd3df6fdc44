"""A paper's figures from what exists on disk, and from nothing that the ledger does not name."""

import re
from pathlib import Path

import pytest

from clustrace.data.artefact import Outcome, Status
from clustrace.errors import StorageError
from clustrace.report.figures import write_paper_figure
from clustrace.report.results import write_paper_ledger


@pytest.fixture
def texts(on_disk, monkeypatch):
    """Texts of a figure of DCEC's, drawn after its ledger."""
    monkeypatch.setattr("clustrace.report.figures.FIGURE_FORMS", ("svg",))

    def draw(slug="figure3", **given):
        plan = on_disk.plan(**given)
        paper = plan.experiment.papers["dcec"]
        write_paper_ledger(plan, paper)
        write_paper_figure(plan, paper, paper.figure(slug))
        svg = Path(f"results/paper/figures/dcec/{slug}.svg").read_text()
        return " ".join(" ".join(re.findall(r"<!-- (.*?) -->", svg, re.S)).split())

    return draw


def test_samples_and_reasons_stand_side_by_side(texts, on_disk):
    on_disk.embedding("mnist-full", "cae-kmeans")
    failed = Outcome(Status.DIVERGED, "the loss is no longer finite", "finetune")
    on_disk.embedding("mnist-full", "dec-conv", outcome=failed)
    text = texts()
    assert "CAE+k-means" in text
    assert "the loss is no longer finite" in text
    assert text.count("not computed") == 1
    assert "40 samples, first seed" in text
    assert "protocol: Paper" in text


@pytest.mark.parametrize("given", [{"datasets": "usps"}, {"methods": "dcec"}, {}])
def test_without_any_embedding_the_picture_is_the_same_for_each_selection(texts, given):
    text = texts(**given)
    assert "Nothing is computed on" in text
    assert text.count("not computed") == 3


@pytest.mark.parametrize("given", [{"datasets": "usps"}, {"methods": "kmeans"}, {}])
def test_a_restricted_run_shows_what_was_made_before(texts, on_disk, given):
    for method in ("cae-kmeans", "dcec"):
        on_disk.embedding("mnist-test", method)
    text = texts(**given)
    assert "40 samples, first seed" in text
    assert f"Data set: {on_disk.plan().experiment.dataset('mnist-test').title}" in text


def test_curves_of_all_trainings_on_disk_are_drawn_and_the_others_named(texts, on_disk):
    on_disk.history("usps", "sae")
    on_disk.history("usps", "dcec", losses=())
    text = texts("learning-curves", datasets="mnist-test", methods="dec")
    assert "pretrain, USPS" in text
    assert "No history of DCEC on USPS: the training gave no history." in text
    assert "CAE, DEC-conv, DCEC on MNIST-test: not computed." in text
    assert re.search(r"No history of .*CAE.* on MNIST-full: not computed", text)


def test_what_the_ledger_does_not_name_is_not_drawn(on_disk):
    on_disk.embedding("mnist-full", "dcec")
    plan = on_disk.plan()
    paper = plan.experiment.papers["dcec"]
    write_paper_ledger(plan, paper)
    write_paper_figure(plan, paper, paper.figure("figure3"))
    drawn = Path("results/paper/figures/dcec/figure3.png").read_bytes()
    on_disk.embedding("mnist-full", "dcec", shift=1e-9)
    with pytest.raises(StorageError, match=r"dcec\.figure3\.dcec\.mnist-full\.tsne .*tables$"):
        write_paper_figure(plan, paper, paper.figure("figure3"))
    assert Path("results/paper/figures/dcec/figure3.png").read_bytes() == drawn
    on_disk.history("usps", "sae")
    with pytest.raises(StorageError, match=r"dcec\.learning-curves\.sae\.usps\.loss"):
        write_paper_figure(plan, paper, paper.figure("learning-curves"))
