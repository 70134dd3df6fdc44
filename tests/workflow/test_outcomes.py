"""Outcomes are files with a reason and exit 0; accidents exit 1 and never stop other tables."""

import csv
import os
import signal
import time

import pytest

from clustrace.data.artefact import read_artefact
from clustrace.provenance.heartbeat import read_beats
from clustrace.provenance.record import read_record

from .conftest import DEMONSTRATION, kill_group, wait_for

pytestmark = pytest.mark.slow


def _cells(project, paper="demonstration"):
    path = project.folder / f"results/smoke/ledger/{paper}.csv"
    with path.open(newline="") as handle:
        return {(r["row"], r["metric"]): r for r in csv.DictReader(handle) if r["kind"] == "cell"}


def test_diverged_training_is_a_reason_in_its_cells(project):
    project.edit("config/methods/dec.yaml", "value: 0.01,", "value: 1.0e+30,")
    project.run(**DEMONSTRATION, methods="dec,sae-kmeans")
    cells = _cells(project)
    assert "no longer finite" in cells["dec", "acc"]["reason"]
    assert cells["dec", "acc"]["reason"].startswith("diverged")
    assert not cells["dec", "acc"]["value"] and cells["sae-kmeans", "acc"]["value"]


def test_diverged_pretraining_is_the_reason_of_all_that_starts_from_it(project):
    project.edit("config/methods/sae.yaml", "value: 0.01,", "value: 1.0e+30,")
    project.run(**DEMONSTRATION, methods="dec,sae-kmeans,kmeans")
    cells = _cells(project)
    for row in ("dec", "sae-kmeans"):
        assert cells[row, "nmi"]["reason"].startswith("diverged")
    assert cells["kmeans", "nmi"]["value"]


def test_fewer_samples_than_clusters_is_not_applicable(project):
    project.edit("config/protocols/smoke.yaml", "max_samples: 300", "max_samples: 9")
    project.run(**DEMONSTRATION, methods="kmeans,sae-kmeans")
    for cell in _cells(project).values():
        if cell["row"] in ("kmeans", "sae-kmeans"):
            assert cell["reason"].startswith("not applicable") and "n_clusters" in cell["reason"]


@pytest.fixture
def unreachable(project):
    """A project whose digits come from a folder that is not there yet."""
    text = (project.folder / "config/datasets.yaml").read_text()
    start = text.index("kind: scikit-learn")
    begin = text.rindex("- ", 0, start)
    end = text.index("- ", start)
    (project.folder / "config/datasets.yaml").write_text(text[:begin] + text[end:])
    return project


def test_unreachable_data_are_said_and_tried_again(unreachable, tmp_path):
    nowhere = {"CLUSTRACE_MIRROR": str(tmp_path / "nowhere")}
    config = {**DEMONSTRATION, "methods": "kmeans"}
    done = unreachable.snakemake(environment=nowhere, **config)
    assert done.returncode == 0, done.stdout[-3000:]
    cell = _cells(unreachable)["kmeans", "acc"]
    assert cell["reason"].startswith("unreachable") and "optdigits.npz" in cell["reason"]
    raw = unreachable.folder / "data/raw/digits.safetensors"
    assert not read_artefact(raw).arrays
    again = unreachable.snakemake("-n", environment=nowhere, **config)
    assert "fetch" in again.stdout, "an unreachable data set is tried again in the next run"
    if not os.environ.get("CLUSTRACE_MIRROR"):
        pytest.skip("the second half needs CLUSTRACE_MIRROR")
    unreachable.run(**config)
    assert _cells(unreachable)["kmeans", "acc"]["value"]
    assert unreachable.planned(**config) == {}


def test_a_killed_job_fails_the_run_and_the_tables_are_there(project):
    project.edit("config/protocols/smoke.yaml", "sae: {epochs: 2,", "sae: {epochs: 5000,")
    config = {**DEMONSTRATION, "methods": "kmeans,sae-kmeans"}
    process = project.start("--keep-going", **config)
    beats = project.folder / "results/smoke/checkpoints/heartbeat"
    wait_for(lambda: any(beat.steps for beat in read_beats(beats)))
    pid = next(beat.pid for beat in read_beats(beats) if beat.steps)
    os.kill(pid, signal.SIGKILL)
    assert process.wait(timeout=300) == 1
    cells = _cells(project)
    assert cells["kmeans", "acc"]["value"], "other cells have their numbers"
    assert "perhaps killed" in cells["sae-kmeans", "acc"]["reason"]
    assert not (project.folder / "results/smoke/models/digits/sae/0/model.safetensors").exists()


@pytest.mark.parametrize("kills", [3])
def test_sigkill_at_any_moment_and_resume_ends_bit_identical(project, finished, kills, tmp_path):
    """Training of SAE and IDEC, killed again and again, against an undisturbed run."""
    edits = (
        ("config/protocols/smoke.yaml", "sae: {epochs: 2,", "sae: {epochs: 60,"),
        ("config/protocols/smoke.yaml", "idec: {max_iterations: 8,", "idec: {max_iterations: 200,"),
        ("config/config.yaml", "threads:\n", "threads:\ncheckpoint_seconds: 0.2\n"),
    )
    config = {**DEMONSTRATION, "methods": "idec"}
    undisturbed = type(project)(tmp_path / "undisturbed")
    import shutil

    shutil.copytree(project.folder, undisturbed.folder)
    for edit in edits:
        project.edit(*edit)
        undisturbed.edit(*edit)
    undisturbed.run(**config)
    checkpoints = project.folder / "results/smoke/checkpoints/digits"
    killed = 0
    for method, seconds in (("sae", 0.5), ("sae", 1.1), ("idec", 0.7))[:kills]:
        process = project.start("--rerun-incomplete", **config)
        path = checkpoints / method / "0/seed-0"
        before = {p: p.stat().st_mtime_ns for p in path.glob("*.safetensors")}
        wait_for(
            lambda path=path, before=before: any(
                before.get(p) != p.stat().st_mtime_ns for p in path.glob("*.safetensors")
            )
        )
        time.sleep(seconds)
        kill_group(process)
        project.snakemake("--unlock", **config)
        killed += 1
    project.run("--rerun-incomplete", **config)
    assert killed == kills
    log = (project.folder / "results/smoke/logs/finetune/digits/idec/0.log").read_text()
    assert "Resuming 'finetune' after" in log
    for path in (
        "models/digits/sae/0/model.safetensors",
        "models/digits/idec/0/model.safetensors",
        "runs/digits/idec/0/predictions.safetensors.gz",
        "runs/digits/idec/0/history.csv",
        "runs/digits/sae/0/history.csv",
        "tables/demonstration/table1.csv",
    ):
        file = f"results/smoke/{path}"
        assert (project.folder / file).read_bytes() == (undisturbed.folder / file).read_bytes(), (
            path
        )
    for rule, method in (("pretrain", "sae"), ("finetune", "idec")):
        file = f"results/smoke/provenance/{rule}/digits/{method}/0.json"
        assert read_record(project.folder / file).resumed_seconds > 0
        assert read_record(undisturbed.folder / file).resumed_seconds == 0
    left = list(checkpoints.glob("**/*.safetensors"))
    assert not left, "checkpoints of finished jobs are removed"
