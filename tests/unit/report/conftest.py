"""A small table with a computed, a partial, an unreachable and an unimplemented cell."""

import pytest

from clustrace.config.papers import Column, Metric, Paper, PublishedNumber, Row, Table
from clustrace.config.protocols import Protocol
from clustrace.provenance.cells import MethodResult, SeedScores, build_rows
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
    return build_rows(PAPER, published, results, protocol=protocol)


@pytest.fixture
def view(rows, protocol):
    return table_view(PAPER, PAPER.tables[0], rows, protocol)
