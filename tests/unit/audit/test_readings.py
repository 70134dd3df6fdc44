"""Which reading of the published numbers fits, computed anew by the audit."""

from types import SimpleNamespace

import pytest

from clustrace.audit.checks.compared import lead_of, theirs
from clustrace.config.pairings import Against, Pairing
from clustrace.config.papers import Column, Metric, Row, Table

ROW = Row(slug="dec", printed="DEC", method="dec")
COLUMN = Column(slug="digits", printed="Digits", dataset="usps")
METRIC = Metric(slug="acc", printed="ACC", metric="acc", unit="percent", decimals=2)
TABLE = Table(slug="table1", printed="", caption="", rows=[ROW], columns=[COLUMN], metrics=[METRIC])
PAIRING = Pairing(TABLE, ROW, None, COLUMN, METRIC, Against.NEARER, than="table2")
PAPER = SimpleNamespace(slug="p")


def case(own, other):
    seeds = {seed: SimpleNamespace(acc=acc) for seed, acc in enumerate((0.80, 0.82, 0.90))}
    return SimpleNamespace(
        scores=SimpleNamespace(
            groups={("evaluate", "usps", "dec"): [SimpleNamespace(run="run")]},
            of=lambda run: SimpleNamespace(seeds=seeds),
        ),
        places={
            f"p.{table}.dec.digits.acc": SimpleNamespace(
                number=SimpleNamespace(value=value), metric=METRIC
            )
            for table, value in (("table1", own), ("table2", other))
        },
    )


def test_the_nearer_reading_is_ahead():
    lead = lead_of(case(85.0, 60.0), PAPER, PAIRING)
    assert lead.differences == pytest.approx((0.15, 0.19, 0.25))
    assert lead_of(case(60.0, 85.0), PAPER, PAIRING).mean == pytest.approx(-lead.mean)
    assert theirs(case(85.0, 60.0), PAPER, PAIRING) == {"published": None}


@pytest.mark.parametrize("printed", [(None, 60.0), (60.0, None)])
def test_one_number_is_no_choice(printed):
    assert lead_of(case(*printed), PAPER, PAIRING) is None
