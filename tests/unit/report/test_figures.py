"""A paper's embedding map from what exists on disk."""

import re
from pathlib import Path

import numpy as np
import pytest

from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.data.artefact import Outcome, Status, write_artefact
from clustrace.report.figures import write_paper_figure

ROOT = Path(__file__).parents[3]


@pytest.fixture
def texts(tmp_path, monkeypatch):
    """Texts of DCEC's Figure 3 after ``arrays`` were written as the embeddings of methods."""

    def draw(written, **given):
        (tmp_path / "config").symlink_to(ROOT / "config")
        monkeypatch.chdir(tmp_path)
        plan = Plan(load_experiment(".", {"protocol": "smoke", "papers": "dcec", **given}))
        paper = plan.experiment.papers["dcec"]
        figure = paper.figure("figure3")
        for method, path in plan.embeddings_of(paper, figure).items():
            if isinstance(written.get(method), Outcome):
                write_artefact(path, outcome=written[method])
            elif method in written:
                write_artefact(path, written[method])
        write_paper_figure(plan, paper, figure)
        assert Path("results/smoke/figures/dcec/figure3.png").exists()
        svg = Path("results/smoke/figures/dcec/figure3.svg").read_text()
        return " ".join(re.findall(r"<!-- (.*?) -->", svg, re.S))

    return draw


@pytest.fixture
def arrays():
    random = np.random.default_rng(0)
    return {
        "embedding": random.normal(size=(40, 4)).astype(np.float32),
        "clusters": (np.arange(40) % 10).astype(np.int32),
        "index": np.arange(40),
    }


def test_samples_and_reasons_stand_side_by_side(texts, arrays):
    failed = Outcome(Status.DIVERGED, "the loss is no longer finite", "finetune")
    text = texts({"cae-kmeans": arrays, "dec-conv": failed})
    assert "CAE+k-means" in text
    assert "the loss is no longer finite" in text
    assert "not computed yet" in text
    assert "40 samples, first seed" in text
    assert "protocol: Smoke" in text


@pytest.mark.parametrize(
    ("datasets", "shown"), [("all", "mnist-full"), ("mnist-test,usps", "mnist-test")]
)
def test_the_caption_names_the_data_set(texts, datasets, shown):
    title = load_experiment(ROOT).dataset(shown).title
    text = " ".join(texts({}, datasets=datasets).split())
    assert f"Data set: {title}, first seed" in text


def test_without_any_of_its_data_sets_the_caption_says_so(texts):
    text = " ".join(texts({}, datasets="usps").split())
    assert "Nothing is run on" in text
    assert text.count("not run in this configuration") == 3


def test_methods_left_out_of_the_run_say_so(texts, arrays):
    text = texts({"dcec": arrays}, methods="dcec,kmeans")
    assert text.count("not run in this configuration") == 2


def test_an_embedding_that_cannot_be_drawn_says_why(texts, arrays):
    flat = {**arrays, "embedding": np.zeros((40, 4), np.float32)}
    text = " ".join(texts({"dcec": flat}).split())
    assert "maps all samples to one point" in text
