"""Jobs of older code repeated with the code of now, in this process instead of one of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recorded_jobs import LAYOUT, record_of, run, write_features
from typer.testing import CliRunner

from clustrace.cli.main import app
from clustrace.files import sha256_file, sha256_json
from clustrace.provenance.attestation import Agreement, Attestation, Extent
from clustrace.provenance.code_identity import code_index
from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.objects import store_of
from clustrace.provenance.standing import standing_jobs
from clustrace.stages import attesting
from clustrace.stages.attesting import Attesting, NotAttestedError
from clustrace.stages.losses import History
from clustrace.stages.older import OlderJob, older_jobs

ENGINE = "clustrace.train.engine"


class InThisProcess:
    """Stands in for ``subprocess.Popen``: calls the command line here."""

    def __init__(self, arguments: list[str], **_: object) -> None:
        self.called = arguments[len(attesting.COMMAND) :]
        done = CliRunner().invoke(app, self.called)
        said = f"Error: {done.exception}" if done.exception else ""
        self.stdout, self.stderr = Lines(done.stdout), Lines(said)

    def __enter__(self) -> InThisProcess:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Lines(list[str]):
    def __init__(self, text: str) -> None:
        super().__init__(text.splitlines())

    def read(self) -> str:
        return "\n".join(self)


class InPlace:
    """Stands in for the module ``subprocess``."""

    Popen = InThisProcess
    PIPE = subprocess.PIPE
    CalledProcessError = subprocess.CalledProcessError


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository"
    (folder / "config").mkdir(parents=True)
    (folder / "Snakefile").touch()
    (folder / "config/config.yaml").touch()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(attesting, "subprocess", InPlace)
    write_features()
    return folder


def edit(method: str, change: Callable[[dict], object]) -> None:
    content = json.loads(record_of(method).read_text())
    change(content)
    record_of(method).write_text(json.dumps(content))


def make_older(method: str) -> None:
    """Let a record name another engine than that of now."""
    store = store_of(record_of(method))

    def change(record: dict) -> None:
        code = store.read_json(record["code"]["object"])
        code["modules"][ENGINE] = "0" * 64
        code["digest"] = sha256_json(code["modules"])
        record["code"] = {"digest": code["digest"], "object": store.keep_json(code)}

    edit(method, change)


def older(repository: Path) -> list[OlderJob]:
    found = standing_jobs([repository / "results/quick/provenance"], repository)
    return list(older_jobs(found.jobs, repository, code_index()))


def attest(repository: Path, steps: int = 1) -> Attestation:
    (job,) = older(repository)
    store = store_of(job.file)
    return Attesting(repository, store, DiskHashes(repository), steps, print).attest(job)


def test_jobs_of_the_code_of_now_are_not_older(repository: Path) -> None:
    run("kmeans")
    assert older(repository) == []


def test_first_steps_are_attested_as_far_as_they_were_repeated(repository: Path) -> None:
    run("sae")
    make_older("sae")
    (job,) = older(repository)
    assert job.name == "pretrain blobs/sae/0-1"
    made = attest(repository)
    # One step fills no second row of the history, which has one in three steps.
    assert made.extent == Extent(steps=6, of_steps=18, rows=4, phases=1)
    assert (made.outcome, made.same_machine) == (Agreement.EQUAL, True)
    assert made.record_sha256 == sha256_file(record_of("sae"))
    assert made.later.changed == {ENGINE: "edited"}
    store = store_of(job.file)
    assert store.read_json(made.later.object)["digest"] == made.later.digest
    assert "processor" in store.read_json(made.environment)
    assert made.sentence == "first 6 of 18 steps equal under today's code"


def test_a_job_without_steps_is_repeated_as_a_whole(repository: Path) -> None:
    run("kmeans")
    make_older("kmeans")
    made = attest(repository)
    assert (made.outcome, made.extent) == (Agreement.EQUAL, None)
    assert made.sentence == "whole job equal under today's code"


def learn_faster(record: dict) -> None:
    record["parameters"]["arguments"]["learning_rate"] *= 1.0001


def other_machine(record: dict) -> None:
    record["environment"]["processor"] = "Abacus"


def test_another_training_is_told_apart(repository: Path) -> None:
    run("sae")
    make_older("sae")
    edit("sae", learn_faster)
    made = attest(repository)
    assert made.outcome is Agreement.DIFFERENT and not made.vouches
    assert made.sentence == "first 6 of 18 steps different under today's code"


def test_on_another_machine_losses_may_lie_a_little_apart(repository: Path) -> None:
    run("sae")
    make_older("sae")
    edit("sae", learn_faster)
    edit("sae", other_machine)
    made = attest(repository)
    assert (made.outcome, made.same_machine) == (Agreement.CLOSE, False)
    assert made.sentence == "first 6 of 18 steps within 0.1% under today's code"


def test_on_another_machine_more_than_that_says_nothing(repository: Path) -> None:
    run("sae")
    make_older("sae")
    edit("sae", other_machine)
    edit("sae", lambda r: r["parameters"]["arguments"].update(learning_rate=0.02))
    with pytest.raises(NotAttestedError, match="another machine or other libraries may do"):
        attest(repository)


def test_what_lacks_bytes_is_named(repository: Path) -> None:
    run("sae")
    make_older("sae")
    history = LAYOUT.history("quick", "blobs", "sae", "0-1")
    history.write_text("edited")
    with pytest.raises(NotAttestedError, match=r"history\.csv is not as recorded; `make restore`"):
        attest(repository)
    history.unlink()
    with pytest.raises(NotAttestedError, match=r"history\.csv is not here; `make restore`"):
        attest(repository)


def test_a_command_that_a_record_brings_along_is_not_run(repository: Path) -> None:
    run("kmeans")
    make_older("kmeans")
    edit("kmeans", lambda r: r.update(replay={"weights": None, "retrain": ["rm", "-r", "."]}))
    with pytest.raises(NotAttestedError, match="does not name `clustrace replay`"):
        attest(repository)


def test_a_repetition_that_fails_says_why(repository: Path) -> None:
    run("kmeans")
    make_older("kmeans")
    edit("kmeans", lambda r: r["parameters"].update(estimator="clustrace.cluster.kmeans:Gone"))
    with pytest.raises(NotAttestedError, match="Gone"):
        attest(repository)


def test_code_that_is_gone_is_named(repository: Path) -> None:
    run("kmeans")
    store = store_of(record_of("kmeans"))

    def change(record: dict) -> None:
        code = store.read_json(record["code"]["object"])
        code["roots"].append("clustrace.cluster.gone")
        record["code"]["object"] = store.keep_json(code)

    edit("kmeans", change)
    with pytest.raises(NotAttestedError, match=r"There is no module 'clustrace\.cluster\.gone'"):
        attest(repository)


def test_steps_of_a_training_in_phases() -> None:
    rows = [
        {"seed": seed, "phase": phase, "iteration": str(iteration), "loss": loss}
        for seed in ("0", "1")
        for phase, iteration, loss in (
            ("1", 0, ""),
            ("1", 5, "2.0"),
            ("1", 9, "1.0"),
            ("0", 7, "1"),
        )
    ]
    history = History(tuple(rows))
    assert (history.steps, history.phases, history.second_loss) == (16, 2, 9)
    other = History(tuple({**row, "loss": row["loss"] and "1.9"} for row in rows[:2]))
    assert history.deviation(other) == pytest.approx(0.05)
    assert history.deviation(History(({**rows[1], "loss": "nan"},))) == float("inf")
