"""Figures of class sizes, of scores over time and of sweeps, and what they draw."""

import re

import numpy as np
import pytest

from clustrace.config.figures import ClassSizes, EmbeddingMap, ScoreCurves, Sweep, SweepLine
from clustrace.data.artefact import Outcome, Status, read_artefact, write_artefact
from clustrace.data.fingerprint import arrays_sha256
from clustrace.provenance.ledger import read_ledger
from clustrace.report.class_sizes import Sizes, write_class_sizes
from clustrace.report.drawn import array_rows
from clustrace.report.figures import write_paper_figure
from clustrace.report.results import write_paper_ledger
from clustrace.report.score_curves import ScoreCurve, write_score_curves
from clustrace.report.sweep import SweptLine, write_sweep

MAP = {"kind": "embedding-map", "caption": "A map.", "samples": 1000}
FIGURES = [
    EmbeddingMap(
        slug="classes", methods=["dcec"], datasets=["mnist-full"], stand_in="usps",
        colours="classes", features=True, **MAP,
    ),
    EmbeddingMap(
        slug="plane", methods=["dcec"], datasets=["usps"], projection="none", latent="digits",
        colours="classes", **MAP,
    ),
    ClassSizes(slug="sizes", kind="class-sizes", caption="Sizes.", datasets=["usps", "mnist-test"]),
    ScoreCurves(
        slug="over-time", kind="score-curves", caption="Scores.", methods=["dcec"],
        datasets=["mnist-full"], stand_in="usps", metrics=["nmi", "acc"],
    ),
    Sweep(
        slug="swept", kind="sweep", caption="Gamma.", table="table1", column="usps", axis="γ",
        lines=[
            SweepLine(
                slug="both", printed="Both", parameter="clustering_weight", rows=["idec", "dcec"]
            )
        ],
    ),
]  # fmt: skip
UNREACHABLE = Outcome(Status.UNREACHABLE, "no source answers", "fetch")


@pytest.fixture
def figures(on_disk):
    """Ledger rows and texts of figures, with DCEC's paper having these figures alone."""

    class Figures:
        def __init__(self):
            self.plan = on_disk.plan()
            experiment = self.plan.experiment
            paper = experiment.papers["dcec"]
            self.paper = paper.model_copy(update={"figures": FIGURES, "claims": []})

        def rows(self):
            write_paper_ledger(self.plan, self.paper)
            found = read_ledger("results/paper/ledger/dcec.csv")
            return {row.address: row for row in found if row.kind == "array"}

        def cells(self):
            write_paper_ledger(self.plan, self.paper)
            return read_ledger("results/paper/ledger/dcec.csv")

        def text(self, slug):
            write_paper_ledger(self.plan, self.paper)
            write_paper_figure(self.plan, self.paper, self.paper.figure(slug))
            svg = self.plan.experiment.layout.figure("paper", "dcec", slug, "svg").read_text()
            return " ".join(" ".join(re.findall(r"<!-- (.*?) -->", svg, re.S)).split())

    return Figures()


def truth(labels, dataset="usps", outcome=None):
    path = f"results/paper/truth/{dataset}.safetensors.gz"
    if outcome is None:
        write_artefact(path, {"labels": np.asarray(labels, np.uint8)})
    else:
        write_artefact(path, outcome=outcome)


def test_classes_of_a_map_are_the_true_ones_of_its_samples(on_disk, figures):
    path = on_disk.embedding("usps", "dcec")
    labels = np.arange(100) % 7
    truth(labels)
    row = figures.rows()["dcec.classes.dcec.usps.tsne"]
    points = read_artefact(path).arrays["points"]
    assert row.content_sha256 == arrays_sha256(
        {"points": points, "classes": labels[:40].astype(np.int32)}
    )
    assert row.runs.split() == [
        "results/paper/runs/usps/dcec/0",
        "results/paper/truth/usps.safetensors.gz",
    ]


def test_a_stand_in_is_drawn_for_data_that_cannot_be_reached(on_disk, figures):
    on_disk.embedding("mnist-full", "dcec", outcome=UNREACHABLE)
    assert figures.rows()["dcec.classes.dcec.mnist-full.tsne"].reason == "no source answers"
    on_disk.embedding("usps", "dcec")
    truth(np.arange(40) % 7)
    assert "dcec.classes.features.usps.tsne" in figures.rows()
    text = figures.text("classes")
    assert "Data set: USPS, in place of MNIST-full, which gave no results" in text
    assert "40 samples, first seed, coloured by true classes" in text
    on_disk.embedding("mnist-full", "dcec")
    assert "dcec.classes.dcec.mnist-full.tsne" in figures.rows()


def test_without_true_classes_there_is_no_panel_of_them(on_disk, figures):
    on_disk.embedding("usps", "dcec")
    assert figures.rows()["dcec.classes.dcec.usps.tsne"].reason == "not computed yet"
    truth((), outcome=UNREACHABLE)
    assert (
        "has no labels: no source answers" in figures.rows()["dcec.classes.dcec.usps.tsne"].reason
    )


def test_labels_of_fewer_samples_are_refused(on_disk, figures):
    on_disk.embedding("usps", "dcec")
    truth(np.arange(20) % 7)
    assert "delete it and run again" in figures.rows()["dcec.classes.dcec.usps.tsne"].reason


def test_embeddings_that_do_not_fit_the_projection_are_named(on_disk, figures):
    path = on_disk.embedding("usps", "dcec")
    truth(np.arange(40) % 7)
    assert figures.rows()["dcec.plane.dcec.usps.plane"].reason == (
        "its embedding has 4 dimensions, and this figure draws two as they are"
    )
    found = read_artefact(path)
    plane = {**found.arrays, "embedding": found.arrays["points"].astype(np.float32)}
    path.unlink()
    write_artefact(path, plane, about=found.about)
    rows = figures.rows()
    assert rows["dcec.plane.dcec.usps.plane"].n == 40
    assert rows["dcec.plane.features.digits.plane"].reason == "not computed yet"
    assert rows["dcec.classes.dcec.usps.tsne"].reason == (
        "its embedding has two dimensions, and needs no t-SNE"
    )
    assert "latent variables" in figures.text("plane")


def test_class_sizes_are_counted_from_the_largest(figures):
    truth([0, 1, 1, 2, 2, 2])
    rows = figures.rows()
    row = rows["dcec.sizes.classes.usps.sizes"]
    assert row.content_sha256 == arrays_sha256({"sizes": np.array([3, 2, 1])})
    assert (row.n, row.runs) == (3, "results/paper/truth/usps.safetensors.gz")
    assert rows["dcec.sizes.classes.mnist-test.sizes"].reason == "not computed yet"
    text = figures.text("sizes")
    assert "USPS: 6 samples" in text and "not computed" in text


def trajectory(*values):
    return [
        {"iteration": 10 * i, "acc": value, "nmi": value / 2, "ari": 0.0}
        for i, value in enumerate(values)
    ]


def test_scores_over_time_are_those_of_the_first_seed(on_disk, figures):
    on_disk.metrics("usps", "dcec", "0", trajectory=[])
    on_disk.metrics("usps", "dcec", "3-4", trajectory=trajectory(0.2, 0.4))
    row = figures.rows()["dcec.over-time.dcec.usps.nmi"]
    assert row.content_sha256 == arrays_sha256(
        {"iterations": np.array([0.0, 10.0]), "values": np.array([0.1, 0.2])}
    )
    assert (row.seeds, row.runs) == ("3", "results/paper/runs/usps/dcec/3-4")
    text = figures.text("over-time")
    assert "Data set: USPS, in place of MNIST-full" in text
    assert "NMI" in text and "ACC" in text


def test_methods_without_scores_over_time_are_named(on_disk, figures):
    on_disk.metrics("mnist-full", "dcec")
    row = figures.rows()["dcec.over-time.dcec.mnist-full.acc"]
    assert row.reason == "its runs have no scores over time"
    text = figures.text("over-time")
    assert "No scores over time of DCEC on MNIST-full: its runs have no scores over time." in text


def test_a_sweep_draws_the_cells_of_its_table(on_disk, figures):
    on_disk.metrics("usps", "dcec", "0", acc=0.5)
    on_disk.metrics("usps", "dcec", "1", acc=0.7)
    row = figures.rows()["dcec.swept.both.usps.acc"]
    content = {
        "parameter": np.array([0.1]), "mean": np.array([0.6]),
        "deviation": np.array([np.std([0.5, 0.7], ddof=1)]),
    }  # fmt: skip
    assert row.content_sha256 == arrays_sha256(content)
    assert (row.n, row.seeds, row.aggregation) == (1, "0 1", "cells of the table")
    assert row.reason == "idec: not computed yet"
    assert "Both: 1 of 2 values computed." in figures.text("swept")


def test_values_of_a_sweep_stand_in_order(on_disk, figures):
    methods = figures.plan.experiment.methods
    parameters = dict(methods["idec"].parameters)
    smaller = parameters["clustering_weight"].model_copy(update={"value": 0.01})
    parameters["clustering_weight"] = smaller
    methods["idec"] = methods["idec"].model_copy(update={"parameters": parameters})
    on_disk.metrics("usps", "dcec", acc=0.5)
    on_disk.metrics("usps", "idec", acc=0.7)
    content = {
        "parameter": np.array([0.01, 0.1]), "mean": np.array([0.7, 0.5]),
        "deviation": np.array([np.nan, np.nan]),
    }  # fmt: skip
    row = figures.rows()["dcec.swept.both.usps.acc"]
    assert (row.content_sha256, row.reason) == (arrays_sha256(content), "")


def test_a_sweep_without_any_cell_has_no_array(figures):
    row = figures.rows()["dcec.swept.both.usps.nmi"]
    assert (row.content_sha256, row.reason) == ("", "idec, dcec: not computed yet")
    assert "0 of 2 values computed" in figures.text("swept")


def test_everything_drawn_has_a_row(figures):
    addresses = [row.address for row in array_rows(figures.plan, figures.paper, figures.cells())]
    assert len(addresses) == len(set(addresses)) == 2 + 2 + 2 + 2 + 2


CURVE = ScoreCurve("DCN", "NMI", np.arange(3.0), np.array([0.1, 0.2, 0.3]))
OTHER = ScoreCurve("DCN", "ARI", CURVE.iterations, CURVE.values)
LINE = SweptLine("A", "NMI", np.array([0.1, 1.0]), np.array([0.5, 0.6]), np.array([0.1, np.nan]))
ABOUT = {"title": "T", "remarks": ["R."]}


@pytest.mark.parametrize("form", ["png", "svg"])
@pytest.mark.parametrize(
    ("write", "first", "second"),
    [
        (write_class_sizes, [Sizes("A", np.array([3, 1]))], [Sizes("A", np.array([3, 2]))]),
        (write_score_curves, [CURVE], [CURVE, OTHER]),
        (
            lambda *given, **about: write_sweep(*given, axis="λ", scale="log", **about),
            [LINE],
            [SweptLine("A", "NMI", LINE.parameter, LINE.mean[::-1], LINE.deviation)],
        ),
    ],
)  # fmt: skip
def test_equal_content_gives_equal_bytes(tmp_path, form, write, first, second):
    made = []
    for name, content in (("a", first), ("b", first), ("c", second)):
        path = tmp_path / f"{name}.{form}"
        write(path, content, **ABOUT)
        made.append(path.read_bytes())
    assert made[0] == made[1] != made[2]
