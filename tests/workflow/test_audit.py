"""The finished workflow, audited; its jobs done once more, by the commands of their records."""

import json
import subprocess
import sys

import pytest

from .conftest import DEMONSTRATION

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ADDRESS = "demonstration.table1.dec.digits.acc"


def audit(project, *arguments):
    return subprocess.run(
        [sys.executable, "-c", "from clustrace.cli.main import main; main()", "audit", *arguments],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
    )


def test_a_run_passes_and_a_retrained_number_says_so_in_its_table(finished_copy):
    """Audit, keep what is confirmed, run again: the ledger and the table take it over."""
    done = audit(finished_copy, "--level", "retrain", "--cell", ADDRESS, "--save")
    assert done.returncode == 0, done.stdout
    assert "retrain: pretrain digits sae" in done.stderr
    assert "(1 at retrained)" in done.stdout.splitlines()[-1]
    planned = set(finished_copy.planned(**DEMONSTRATION))
    assert {"ledger", "table"} <= planned
    assert planned <= {"all", "ledger", "parquet", "table", "figure", "summary"}
    finished_copy.run(**DEMONSTRATION)
    done = audit(finished_copy, "--format", "json")
    (section,) = json.loads(done.stdout)["protocols"]
    broken = [c for c in section["checks"] if c["status"] == "failed" and c["id"] != "RUN-010"]
    assert done.returncode == 0, broken
    table = finished_copy.folder / "results/smoke/tables/demonstration/table1.csv"
    (row,) = [line for line in table.read_text().splitlines() if ADDRESS in line]
    assert ",retrained," in row


def test_weights_that_were_exchanged_are_noticed_by_a_replay(finished_copy):
    """Centroids of other clusters, with hashes that fit: only the replay tells."""
    from clustrace.data.artefact import read_artefact, write_artefact
    from clustrace.files import sha256_file

    model = finished_copy.folder / "results/smoke/models/digits/kmeans/0/model.safetensors"
    found = read_artefact(model)
    arrays = {name: array[::-1].copy() for name, array in found.arrays.items()}
    write_artefact(model, arrays, outcome=found.outcome, about=found.about)
    record = finished_copy.folder / "results/smoke/provenance/cluster/digits/kmeans/0.json"
    content = json.loads(record.read_text())
    content["outputs"]["model"][0]["sha256"] = sha256_file(model)
    record.write_text(json.dumps(content))
    cell = ("--cell", "demonstration.table1.kmeans.digits.acc")
    assert audit(finished_copy, *cell).returncode == 0, "a forgery that is consistent"
    done = audit(finished_copy, *cell, "--level", "weights", "--format", "json")
    assert done.returncode == 1
    (section,) = json.loads(done.stdout)["protocols"]
    failed = {check["id"] for check in section["checks"] if check["status"] == "failed"}
    assert {"RUN-013", "LEAK-003"} <= failed
