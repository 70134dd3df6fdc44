"""Results of another workflow: no config/, no label vectors, a metric of its own."""

import json
import shutil

import pytest

from clustrace.audit.run import audit
from clustrace.provenance.evidence import Rung
from clustrace.provenance.ledger import LedgerRow, address, write_ledger
from clustrace.provenance.recorder import JobRecorder

SLUGS = {"paper": "coins", "table": "t1", "row": "fair", "column": "heads", "metric": "share"}
SHARES = {"0": 0.496, "1": 0.52}


def job(root, rule, inputs, outputs, work, seeds=(), **wildcards):
    place = "/".join([rule, *wildcards.values()])
    recorder = JobRecorder(
        f"results/paper/provenance/{place}.json", rule=rule, wildcards=wildcards, parameters={},
        code="0" * 64, inputs=inputs, outputs=outputs, root=root, seeds=seeds, device="cpu",
        threads=1, precision="float64",
    )  # fmt: skip
    with recorder:
        for path in outputs.values():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        work()


@pytest.fixture(scope="module")
def thrown(tmp_path_factory):
    root = tmp_path_factory.mktemp("coins")
    paths = []
    for seed, share in SHARES.items():
        path = f"results/paper/runs/{seed}/share.json"
        content = json.dumps({"seeds": {seed: {"share": share}}})
        job(
            root, "count", {}, {"share": path}, lambda p=path, c=content: (root / p).write_text(c),
            [int(seed)], seed=seed,
        )  # fmt: skip
        paths.append(path)
    row = LedgerRow(
        address=address(**SLUGS), **SLUGS, protocol="paper", kind="cell", value=0.508, n=2,
        seeds="0 1", printed="0.508", runs=" ".join(path.rpartition("/")[0] for path in paths),
    )  # fmt: skip
    ledger = "results/paper/ledger/coins.csv"
    job(
        root, "ledger", {"shares": paths}, {"ledger": ledger},
        lambda: write_ledger(root / ledger, [row]), paper="coins",
    )  # fmt: skip
    return root


@pytest.fixture
def coins(thrown, tmp_path):
    shutil.copytree(thrown, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_another_workflow_is_audited_from_its_records_and_its_ledger(coins):
    report = audit(coins)
    assert report.ok, list(report.failures())
    (section,) = report.sections
    assert section.confirmed["coins.t1.fair.heads.share"].rung is Rung.HASHES
    passed = {o.check.id for o in section.outcomes if o.status == "passed"}
    assert {"RUN-001", "RUN-002", "RUN-003", "RUN-004", "CELL-004", "CELL-016"} <= passed


@pytest.mark.parametrize(
    ("path", "old", "new", "check"),
    [
        ("runs/1/share.json", "0.52", "0.62", "RUN-002"),
        ("runs/1/share.json", "0.52", "0.62", "CELL-016"),
        ("ledger/coins.csv", ",0.508,,2", ",0.601,,2", "CELL-016"),
        ("ledger/coins.csv", ",2,0 1,", ",3,0 1,", "CELL-016"),
        ("ledger/coins.csv", ",0.508,,,", ",0.608,,,", "CELL-004"),
        ("provenance/count/1.json", '"rule": "count"', '"ruler": "count"', "RUN-001"),
    ],
)
def test_what_is_tampered_with_is_noticed_without_config(coins, path, old, new, check):
    file = coins / "results/paper" / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert check in audit(coins).failed_checks()
