"""Sizes of networks: counted anew, and a forged one is noticed."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from clustrace.audit.case import Case
from clustrace.audit.checks.aggregates import AggregatesRecomputed, MembersComplete
from clustrace.audit.checks.recorded import MeansOfRecordedScores
from clustrace.audit.checks.verdicts import ToleranceRight, VerdictRight
from clustrace.audit.ledger import read_ledger
from clustrace.audit.model import Status
from clustrace.audit.sizes import size_of
from clustrace.audit.tree import Tree
from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.provenance.cells import build_rows
from clustrace.provenance.ledger import write_ledger
from clustrace.report.network_sizes import network_sizes

ROOT = Path(__file__).parents[3]
ADDRESS = "emaec.table8.stacked.mnist-full.flops"


@pytest.fixture(scope="module")
def plan():
    return Plan(load_experiment(ROOT, {"protocol": "paper-cpu", "papers": "emaec"}))


@pytest.fixture
def case(plan, tmp_path):
    paper, experiment = plan.experiment.papers["emaec"], plan.experiment
    rows = build_rows(
        paper, experiment.published["emaec"], {},
        protocol=experiment.protocol, sizes=network_sizes(plan, paper),
    )  # fmt: skip
    write_ledger(tmp_path / "results/paper-cpu/ledger/emaec.csv", rows)
    ledger = read_ledger(Tree(tmp_path), "results/paper-cpu/ledger/emaec.csv", "emaec")
    return Case(
        tree=Tree(tmp_path), protocol="paper-cpu", records=SimpleNamespace(jobs=()),
        ledgers={"emaec": ledger}, experiment=experiment, checkout=None,
        addresses=frozenset({ADDRESS}), now=None, replays=None,
    )  # fmt: skip


def observed(check, case, **changes):
    ledger = case.ledgers["emaec"]
    line = replace(ledger.lines[ADDRESS], **changes)
    changed = replace(ledger, lines={**ledger.lines, ADDRESS: line})
    return list(check.examine(replace(case, ledgers={"emaec": changed})))


def test_sizes_are_those_of_the_networks(plan):
    found = network_sizes(plan, plan.experiment.papers["emaec"])
    assert found["sae", "mnist-full"] == {"parameters": 3.330794, "operations": 6.661588}
    assert found["emaec-ae", "mnist-full"] == {"parameters": 2.68009, "operations": 5.36018}
    for (method, dataset), sizes in found.items():
        for metric, value in sizes.items():
            assert size_of(plan.experiment, method, dataset, metric) == value


def test_no_run_is_planned_for_sizes(plan):
    assert not {run.method for run in plan.runs} & {"sae", "emaec-ae"}


@pytest.mark.parametrize("check", [AggregatesRecomputed(), ToleranceRight(), VerdictRight()])
def test_a_counted_size_passes(case, check):
    assert [each.status for each in observed(check, case)] == [Status.PASSED]


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        (AggregatesRecomputed(), {"value": 6.6616}),
        (AggregatesRecomputed(), {"n": 3, "seeds": (0, 1, 2)}),
        (ToleranceRight(), {"tolerance": 0.01}),
        (VerdictRight(), {"verdict": "lower"}),
    ],
)
def test_a_forged_size_fails(case, check, changes):
    assert Status.FAILED in [each.status for each in observed(check, case, **changes)]


@pytest.mark.parametrize("check", [MembersComplete(), MeansOfRecordedScores()])
def test_nothing_is_asked_of_its_runs(case, check):
    assert observed(check, case) == []
