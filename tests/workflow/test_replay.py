"""Jobs of the finished workflow, replayed by the commands that their records name."""

import subprocess
import sys

import pytest

from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import read_record
from clustrace.provenance.records import iter_records
from clustrace.provenance.upstream import keep_record

pytestmark = pytest.mark.slow


def _replay(project, record, argv, folder):
    given = {"{record}": str(record), "{folder}": str(folder)}
    command = [given.get(word, word) for word in argv[1:]]
    return subprocess.run(
        [sys.executable, "-c", "from clustrace.cli.main import main; main()", *command],
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _jobs(project):
    return {
        (found.record.rule, found.record.wildcards.get("method")): found
        for found in iter_records(project.folder / "results/smoke/provenance")
    }


def _clustering(project, method):
    """The job that left the label vectors of a method."""
    return next(
        found
        for (_, of), found in _jobs(project).items()
        if of == method and "predictions" in found.record.outputs
    )


def test_a_chain_of_jobs_comes_out_as_recorded(finished, tmp_path):
    """From the raw data to the scores, each from what the one before made."""
    jobs = _jobs(finished)
    features = jobs["pretrain", "cae"]
    [prepare] = {features.record.upstream[file.path] for file in features.record.inputs["features"]}
    chain = [
        (features.store.path(prepare), "prepare"),
        *(
            (jobs[job].file, job[0])
            for job in [
                ("truth", None),
                ("pretrain", "cae"),
                ("initialise", "cae-kmeans"),
                ("finetune", "dcec"),
                ("evaluate", "dcec"),
            ]
        ),
    ]
    for file, rule in chain:
        record = read_record(file)
        assert record.rule == rule
        done = _replay(finished, file, record.replay.retrain, tmp_path)
        assert done.returncode == 0, done.stdout
        assert "DIFFERS" not in done.stdout and "other" not in done.stdout, done.stdout
        for made in (file for files in record.outputs.values() for file in files):
            assert f"equal   {made.path}" in done.stdout
            replayed, original = (folder / made.path for folder in (tmp_path, finished.folder))
            assert replayed.read_bytes() == original.read_bytes()


@pytest.mark.parametrize("method", ["kmeans", "cae-kmeans", "dcec", "dec"])
def test_label_vectors_follow_from_stored_weights(finished, tmp_path, method):
    found = _clustering(finished, method)
    done = _replay(finished, found.file, found.record.replay.weights, tmp_path)
    assert done.returncode == 0, done.stdout
    made = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ".gz"]
    assert [path.relative_to(tmp_path).as_posix() for path in made] == [
        found.record.outputs["predictions"][0].path
    ]
    assert f"equal   {found.record.outputs['predictions'][0].path}" in done.stdout


def test_a_method_without_stored_weights_exits_with_3(finished, tmp_path):
    found = _jobs(finished)["cluster", "sec"]
    done = _replay(finished, found.file, found.record.replay.weights, tmp_path)
    assert done.returncode == 3 and "not applicable" in done.stdout


def test_a_protocol_explains_itself_without_the_records_of_data(finished, tmp_path):
    """The record of a training leads to the fetch of its data inside the protocol's folder."""
    found = _jobs(finished)["pretrain", "sae"]
    store = ObjectStore(tmp_path / "objects")
    keep_record(found.file, store)
    kept = {path.name for path in store.folder.iterdir()}
    rules = {read_record(path).rule for path in store.folder.glob("*.json") if _is_record(path)}
    assert rules == {"pretrain", "prepare", "fetch"}
    assert kept <= {found.file.name} | {p.name for p in found.store.folder.iterdir()} | {
        f"{keep_record(found.file, store)}.json"
    }


def _is_record(path):
    return '"rule"' in path.read_text(encoding="utf-8")
