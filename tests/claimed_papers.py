"""A paper with a table of two data sets, results for it, and the ledger rows of its claims."""

from clustrace.config.claims import BestClaim, BetterClaim, Comparison, FewerIterationsClaim
from clustrace.config.papers import Column, Metric, Paper, PublishedNumber, Row, Table
from clustrace.config.protocols import Protocol
from clustrace.provenance.claims import claim_rows
from clustrace.provenance.measured import MethodResult, SeedScores

COMMON = {"text": "It is so.", "place": "Section 4", "table": "table1"}
BETTER = BetterClaim(
    slug="helps", kind="better", comparisons=[Comparison(ahead="dcec", behind="dec")],
    metrics=["acc"], **COMMON,
)  # fmt: skip
BEST = BestClaim(slug="best", kind="best", row="dcec", metrics=["acc"], **COMMON)
FASTER = FewerIterationsClaim(
    slug="faster", kind="fewer-iterations",
    comparisons=[Comparison(ahead="dcec", behind="dec")], **COMMON,
)  # fmt: skip


def paper(*claims):
    return Paper(
        slug="p",
        title="Deep clustering",
        authors=["Guo"],
        year=2017,
        venue="ICONIP",
        tables=[
            Table(
                slug="table1",
                printed="Table 1",
                caption="Results",
                rows=[
                    Row(slug=slug, printed=slug.upper(), method=slug if slug != "sec" else None)
                    for slug in ("dec", "dcec", "sec")
                ],
                columns=[
                    Column(slug="digits", printed="Digits", dataset="usps"),
                    Column(slug="full", printed="Full", dataset="mnist"),
                ],
                metrics=[
                    Metric(slug="acc", printed="ACC", metric="acc", unit="percent", decimals=2),
                ],
            )
        ],
        claims=claims,
    )


def protocol(*, verdicts=True):
    return Protocol(
        slug="paper", title="Paper", stamp="As published.", seeds=5, seeds_per_job=5,
        verdicts=verdicts,
    )  # fmt: skip


def result(method, accuracies, steps=None, capped=()):
    return MethodResult(
        tuple(
            SeedScores(
                seed,
                {"acc": acc} | ({"iterations": steps[index]} if steps else {}),
                f"runs/{method}/{seed}",
                seed in capped,
            )
            for index, (seed, acc) in enumerate(accuracies.items())
        )
    )


def number(row, column, value):
    return PublishedNumber(
        table="table1", row=row, column=column, metric="acc", value=value, decimals=2,
        place="Table 1",
    )  # fmt: skip


FULL = {
    ("dcec", "usps"): result("dcec", {0: 0.90, 1: 0.91, 2: 0.92}, [100, 110, 120]),
    ("dec", "usps"): result("dec", {0: 0.80, 1: 0.80, 2: 0.80, 3: 0.1}, [300, 300, 310, 0]),
    ("dcec", "mnist"): result("dcec", {0: 0.90, 1: 0.91, 2: 0.92}, [100, 100, 100]),
    ("dec", "mnist"): result("dec", {0: 0.80, 1: 0.805, 2: 0.80}, [200, 210, 220]),
}


def made(*claims, results=FULL, published=(), verdicts=True):
    rows = claim_rows(paper(*claims), published, results, protocol=protocol(verdicts=verdicts))
    return {row.address: row for row in rows}
