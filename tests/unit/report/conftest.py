"""A small table with some cells that are missing; and runs of DCEC's table as they lie on disk."""

from pathlib import Path

import numpy as np
import pytest

from clustrace.config.experiment import load_experiment, seeds_of
from clustrace.config.papers import (
    Column,
    Deviation,
    Metric,
    Paper,
    PublishedNumber,
    Row,
    Table,
)
from clustrace.config.plan import Plan
from clustrace.config.protocols import Protocol
from clustrace.data.artefact import Outcome, write_artefact
from clustrace.files import write_json, write_text
from clustrace.provenance.cells import build_rows
from clustrace.provenance.evidence import Rung
from clustrace.provenance.measured import MethodResult, SeedScores
from clustrace.report.table_view import table_view

PAPER = Paper(
    slug="dcec",
    title="Deep <Clustering> & more",
    authors=["Guo", "Liu"],
    year=2017,
    venue="ICONIP",
    tables=[
        Table(
            slug="table1",
            printed="Table 1",
            caption="Accuracy & NMI, 100% of <all> sets",
            rows=[
                Row(slug="kmeans", printed="k-means_1", method="kmeans"),
                Row(slug="dec", printed="DEC <b>|", method="dec"),
                Row(slug="dcec", printed="DCEC", method="dcec"),
                Row(slug="sec", printed="SEC", note="no & code"),
            ],
            columns=[
                Column(slug="mnist", printed="MNIST", dataset="mnist"),
                Column(slug="usps", printed="USPS", dataset="usps"),
            ],
            metrics=[
                Metric(slug="acc", printed="ACC", metric="acc", unit="percent", decimals=2),
            ],
        )
    ],
)

PUBLISHED = {
    ("kmeans", "mnist"): 54.24,
    ("dec", "mnist"): 84.08,
    ("dcec", "mnist"): 88.97,
    ("sec", "mnist"): 80.37,
    ("kmeans", "usps"): 66.82,
}


def scored(dataset, method, values):
    return MethodResult(
        tuple(
            SeedScores(seed, {"acc": value}, f"runs/{dataset}/{method}/{seed}")
            for seed, value in enumerate(values)
        )
    )


@pytest.fixture
def paper():
    return PAPER


@pytest.fixture
def protocol():
    return Protocol(
        slug="paper", title="Published procedure", stamp="5 seeds & fp32", seeds=5,
        seeds_per_job=1, verdicts=True,
    )  # fmt: skip


@pytest.fixture
def rows(protocol):
    unreachable = MethodResult(reason="data set unreachable: 2 sources < 1")
    results = {
        ("kmeans", "mnist"): scored("mnist", "kmeans", [0.54, 0.55, 0.53]),
        ("dec", "mnist"): scored("mnist", "dec", [0.90, 0.901, 0.902]),
        ("dcec", "mnist"): scored("mnist", "dcec", [0.80, 0.801, 0.799]),
        ("kmeans", "usps"): scored("usps", "kmeans", [0.6682, 0.9, 0.5]),
        ("dec", "usps"): unreachable,
        ("dcec", "usps"): unreachable,
    }
    published = [
        PublishedNumber(table="table1", row=row, column=column, metric="acc", value=value,
                        decimals=2, place="Table 1, page 7")
        for (row, column), value in PUBLISHED.items()
    ]  # fmt: skip
    made = build_rows(PAPER, published, results, protocol=protocol)
    rungs = {"kmeans": Rung.PREDICTIONS, "dec": Rung.RECORDED}
    return [
        row.model_copy(update={"evidence": rungs.get(row.row)}) if row.value is not None else row
        for row in made
    ]


DEVIATIONS = [
    Deviation(slug="scale", what="Values & their <scale>.", evidence="Own.",
              cells=["dcec.table1.dec.*.*", "dcec.table1.kmeans.usps.acc"]),
    Deviation(slug="all-rows", what="One seed.", evidence="Own.", cells=["dcec.table1.*.usps.*"],
              effect="2 points."),
    Deviation(slug="elsewhere", what="Nothing.", evidence="Own.", cells=["dcec.table2.*.*.*"]),
]  # fmt: skip


@pytest.fixture
def view(rows, protocol):
    return table_view(PAPER, PAPER.tables[0], rows, protocol, DEVIATIONS)


class OnDisk:
    """Results of DCEC's table under a protocol, in the working folder."""

    def __init__(self, protocol="paper"):
        self.protocol = protocol

    def plan(self, **given):
        given = {"protocol": self.protocol, "papers": "dcec", **given}
        return Plan(load_experiment(".", given))

    def folder(self, dataset, method, block="0"):
        return Path(f"results/{self.protocol}/runs/{dataset}/{method}/{block}")

    def metrics(self, dataset, method, block="0", *, acc=0.5, failures=None, **scores):
        """Metrics of every seed of a block that has not failed."""
        failures = failures or {}
        seeds = {
            str(seed): {"acc": acc, "nmi": acc / 2, "ari": 0.1, **scores}
            for seed in seeds_of(block)
            if str(seed) not in failures
        }
        content = {"outcome": Outcome().to_dict(), "failures": failures, "seeds": seeds}
        path = self.folder(dataset, method, block) / "metrics.json"
        write_json(path, content)
        self.record("evaluate", dataset, method, block)
        return path

    def history(self, dataset, method, block="0", *, losses=(0.5, 0.25)):
        seed = seeds_of(block)[0]
        lines = [f"{seed},{10 * i},{loss}" for i, loss in enumerate(losses)]
        path = self.folder(dataset, method, block) / "history.csv"
        text = "\n".join(["seed,iteration,loss", *lines]) + "\n"
        write_text(path, text if losses else "")
        return path

    def embedding(self, dataset, method, block="0", *, shift=0.0, outcome=None):
        path = self.folder(dataset, method, block) / "embedding-1000.safetensors"
        if outcome is not None:
            write_artefact(path, outcome=outcome)
            return path
        points = np.random.default_rng(0).normal(size=(40, 2)) + shift
        clusters = (np.arange(40) % 10).astype(np.int32)
        arrays = {
            "points": points,
            "clusters": clusters,
            "embedding": np.tile(points, 2).astype(np.float32),
            "index": np.arange(40),
        }
        write_artefact(path, arrays, about={"seed": seeds_of(block)[0]})
        return path

    def record(self, rule, *wildcards):
        names = "/".join((rule, *wildcards))
        write_json(f"results/{self.protocol}/provenance/{names}.json", {})


@pytest.fixture
def on_disk(tmp_path, monkeypatch):
    (tmp_path / "config").symlink_to(Path(__file__).parents[3] / "config")
    monkeypatch.chdir(tmp_path)
    return OnDisk()
