"""Data and weights to a store and back into a fresh clone, with what Snakemake has to know."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from clustrace.files import read_json
from clustrace.provenance.record import read_record

from .conftest import DEMONSTRATION, ROOT, Project, kill_group, wait_for
from .servers import SshServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CHOSEN = ("-C", "protocol=smoke", "-C", "papers=demonstration")
MODELS = "results/smoke/models/digits"
DEC, KMEANS = f"{MODELS}/dec/0/model.safetensors", f"{MODELS}/kmeans/0/model.safetensors"
LEDGER = "results/smoke/ledger/demonstration.csv"
PARQUET = LEDGER.replace(".csv", ".parquet")
TABLE = "results/smoke/tables/demonstration/table1.csv"


class Clone(Project):
    """A git clone of the project, and ``clustrace`` in it."""

    def __init__(self, folder: Path, store: str) -> None:
        super().__init__(folder)
        self.store = store

    def clustrace_command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from clustrace.cli.main import main; main()", *arguments]

    def clustrace(self, *arguments: str, status: int = 0, store: str | None = None) -> str:
        done = subprocess.run(
            self.clustrace_command(*arguments),
            cwd=self.folder,
            env=self.environment(CLUSTRACE_REMOTE=store or self.store),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert done.returncode == status, done.stdout[-4000:]
        assert "Traceback" not in done.stdout
        return done.stdout

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.clustrace_command(*arguments),
            cwd=self.folder,
            env=self.environment(CLUSTRACE_REMOTE=self.store),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        command = ["git", *identity, *arguments]
        return subprocess.run(
            command, cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def clone(self, folder: Path, store: Path | str | None = None) -> "Clone":
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "--quiet", self.folder, folder], check=True)
        return Clone(folder, str(store or self.store))

    def notes(self) -> dict[str, dict[str, object]]:
        """What Snakemake knows of each output, as far as it decides what is run again."""
        folder = self.folder / ".snakemake/metadata"
        found = {}
        for path in (path for path in folder.rglob("*") if path.is_file()):
            name = "".join(part.lstrip("@") for part in path.relative_to(folder).parts)
            note = json.loads(path.read_text())
            kept = {key: note[key] for key in ("rule", "params", "input", "input_checksums")}
            found[base64.urlsafe_b64decode(name).decode()] = kept
        return found


def in_store(store: Path, path: Path) -> Path:
    """The object in a store that has the bytes of a file."""
    objects = (p for p in store.rglob("*") if p.is_file())
    return next(p for p in objects if p.read_bytes() == path.read_bytes())


@pytest.fixture(scope="module")
def repository(finished, tmp_path_factory) -> Clone:
    """The finished demonstration in git, with the results of smoke; nothing is published yet."""
    folder = tmp_path_factory.mktemp("repository") / "project"
    shutil.copytree(finished.folder, folder)
    ignored = (
        (ROOT / ".gitignore")
        .read_text()
        .replace("/results/?*\n", "/results/?*\n!/results/smoke/\n")
    )
    (folder / ".gitignore").write_text(ignored)
    (folder / ".dvc").mkdir()
    for name in (".dvcignore", ".dvc/config", ".dvc/.gitignore"):
        shutil.copy(ROOT / name, folder / name)
    repository = Clone(folder, str(folder.with_name("clustrace-store")))
    repository.git("init", "--quiet")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "Results without bytes")
    return repository


@pytest.fixture(scope="module")
def published(repository) -> Clone:
    """The demonstration, published to a folder; not to be changed."""
    folder = repository.folder.with_name("published")
    shutil.copytree(repository.folder, folder, symlinks=True)
    published = Clone(folder, str(folder.with_name("store-of-published")))
    said = published.clustrace("publish", *CHOSEN)
    assert "git add data results/smoke" in said and "sent" in said
    published.git("add", "data", "results/smoke")
    published.git("commit", "--quiet", "-m", "Pointers")
    assert published.git("status", "--short") == ""
    return published


@pytest.fixture
def store(published, tmp_path) -> Path:
    """A copy of the store, to be damaged."""
    copy = tmp_path / "store"
    shutil.copytree(published.store, copy)
    return copy


def test_a_fresh_clone_is_restored_and_snakemake_has_nothing_to_do(published, tmp_path):
    clone = published.clone(tmp_path / "clone")
    assert not (clone.folder / DEC).exists()
    said = clone.clustrace("restore", *CHOSEN)
    assert "All bytes are those of the records" in said
    for name in (DEC, KMEANS, "data/raw/digits.safetensors", PARQUET):
        assert (clone.folder / name).read_bytes() == (published.folder / name).read_bytes()
    assert clone.planned(**DEMONSTRATION) == {}
    assert clone.notes() == published.notes(), "the records say what Snakemake noted"
    assert clone.git("status", "--short") == ""

    clone.edit(
        "workflow/src/clustrace/cluster/idec.py",
        "self.clustering_weight * clustering",
        "2 * self.clustering_weight * clustering",
    )
    plan = clone.planned(**DEMONSTRATION)
    assert plan["finetune"] == ["dataset=digits, method=idec, block=0"]
    assert not {"fetch", "prepare", "pretrain", "initialise", "cluster"} & set(plan)


def test_another_published_number_is_planned_whatever_became_of_parquet(published, tmp_path):
    """Git does not have Parquet, and results of older versions have no record that names it."""
    clone = published.clone(tmp_path / "clone")
    (clone.folder / "results/smoke/provenance/parquet/demonstration.json").unlink()
    clone.clustrace("restore", *CHOSEN)
    assert not (clone.folder / PARQUET).exists()
    assert set(clone.planned(**DEMONSTRATION)) == {"all", "parquet"}
    with (clone.folder / "config/papers/demonstration.published.csv").open(
        "a"
    ) as published_numbers:
        published_numbers.write("table1,kmeans,digits,acc,79.5,1,Table 1,\n")
    assert {"ledger", "parquet", "table"} <= set(clone.planned(**DEMONSTRATION))


def test_an_edit_without_effect_is_attested_and_plans_nothing(published, tmp_path):
    clone = published.clone(tmp_path / "clone")
    clone.clustrace("restore", *CHOSEN)
    loss = clone.folder / "workflow/src/clustrace/cluster/idec.py"
    loss.write_text(loss.read_text().replace("reconstruction_loss", "mean_error"))
    job = ["dataset=digits, method=idec, block=0"]
    assert clone.planned(**DEMONSTRATION)["finetune"] == job
    said = clone.clustrace("attest", "--protocol", "smoke", "--steps", "1")
    assert "finetune digits/idec/0" in said and "steps equal under today's code" in said
    assert clone.planned(**DEMONSTRATION) == {}
    assert "attested.json" in clone.git("status", "--short", "--untracked-files=all")

    shutil.rmtree(clone.folder / ".snakemake")
    said = clone.clustrace("restore", *CHOSEN)
    assert "Not planned for their older code, since they are attested: 1 job;" in said
    assert clone.planned(**DEMONSTRATION) == {}

    weight = "self.clustering_weight * clustering"
    loss.write_text(loss.read_text().replace(weight, f"2 * {weight}"))
    clone.clustrace("restore", *CHOSEN)
    assert clone.planned(**DEMONSTRATION)["finetune"] == job, "it was attested for other code"
    said = clone.clustrace("attest", "--protocol", "smoke", "--steps", "1", status=1)
    assert "different under today's code" in said and "0 of 1 jobs" in said
    assert clone.planned(**DEMONSTRATION)["finetune"] == job


def test_tables_are_rebuilt_without_any_bytes(published, tmp_path):
    clone = published.clone(tmp_path / "clone")
    shutil.rmtree(clone.folder / "results/smoke/tables")
    clone.clustrace("tables", *CHOSEN)
    assert (clone.folder / TABLE).read_bytes() == (published.folder / TABLE).read_bytes()
    assert not (clone.folder / MODELS / "dec").exists()


def test_what_is_out_of_date_in_the_clone_is_planned(published, tmp_path):
    """As on the machine of the run: other inputs, other parameters, altered results."""
    clone = published.clone(tmp_path / "clone")
    template = clone.folder / "workflow/src/clustrace/report/templates/table.md"
    template.write_text(template.read_text() + "\nA new line.\n")
    os.utime(template, (1_000_000_000, 1_000_000_000))
    metrics = "results/smoke/runs/digits/dec/0/metrics.json"
    (clone.folder / metrics).write_text("{}")
    said = clone.clustrace("restore", *CHOSEN, status=1)
    assert f"  {metrics}\n" in said.partition("Not as recorded; get them back")[2]
    plan = clone.planned(**DEMONSTRATION)
    assert plan["evaluate"] == ["dataset=digits, method=dec, block=0"]
    assert "table" in plan and "finetune" not in plan


def test_only_what_was_asked_for_is_restored(published, tmp_path):
    clone = published.clone(tmp_path / "clone")
    said = clone.clustrace("restore", *CHOSEN, "-C", "methods=kmeans")
    assert (clone.folder / KMEANS).exists() and not (clone.folder / DEC).exists()
    assert "dec-layerwise" not in said
    assert clone.planned(**DEMONSTRATION) == {}, "nothing needs the weights"


def test_wrong_and_lost_objects_are_named_and_stop_nothing_else(published, store, tmp_path):
    tampered, lost = (
        in_store(store, published.folder / DEC),
        in_store(store, published.folder / KMEANS),
    )
    content = bytearray(tampered.read_bytes())
    content[-1] ^= 1
    tampered.chmod(0o644)
    tampered.write_bytes(content)
    lost.unlink()
    clone = published.clone(tmp_path / "clone", store)
    said = clone.clustrace("restore", *CHOSEN, status=1)
    refused, _, rest = said.partition("Refused")[2].partition("No remote has the bytes")
    assert DEC in refused and KMEANS not in refused
    assert KMEANS in rest and DEC not in rest
    cells = said.partition("numbers rest on them and can be audited to `predictions`")[2]
    assert "demonstration.table1." in cells and "sec" not in cells
    missing = {path for path in (DEC, KMEANS) if not (clone.folder / path).exists()}
    assert missing == {DEC, KMEANS}
    assert (clone.folder / MODELS / "dec/0/trajectory.safetensors").exists()
    assert clone.planned(**DEMONSTRATION) == {}
    # The bytes were moved nowhere: whoever has them makes the store whole, and restore goes on.
    tampered.unlink()
    published.clustrace("publish", *CHOSEN, store=str(store))
    assert "All bytes are those of the records" in clone.clustrace("restore", *CHOSEN)


def _rests(number: int) -> bool:
    """Whether a process uses no processor for a second."""
    before = psutil.Process(number).cpu_times()
    time.sleep(1)
    return psutil.Process(number).cpu_times() == before


def test_a_restore_that_is_stopped_goes_on(published, store, tmp_path):
    waiting = in_store(store, published.folder / KMEANS)
    content = waiting.read_bytes()
    waiting.unlink()
    os.mkfifo(waiting)
    clone = published.clone(tmp_path / "clone", store)
    process = clone.begin("restore", *CHOSEN)
    # Nobody ever writes to the pipe that stands for the bytes of k-means' weights.
    wait_for((clone.folder / DEC).exists)
    wait_for(lambda: _rests(process.pid))
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    # A shell shows 130 for both: Python ends itself by the signal if that came inside an exec().
    assert process.returncode in (130, -signal.SIGINT), said
    assert "the same command goes on from there" in said and "Traceback" not in said
    assert not (clone.folder / KMEANS).exists()
    assert not list((clone.folder / MODELS).rglob("*.part"))
    waiting.unlink()
    waiting.write_bytes(content)
    said = clone.clustrace("restore", *CHOSEN)
    assert "All bytes are those of the records" in said
    assert clone.planned(**DEMONSTRATION) == {}


def test_a_publication_that_is_killed_goes_on(repository, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(repository.folder, folder, symlinks=True)
    clone = Clone(folder, str(tmp_path / "store"))
    process = clone.begin("publish", *CHOSEN)
    wait_for(lambda: any(p.is_file() for p in (tmp_path / "store").rglob("*")))
    kill_group(process)
    assert process.stdout is not None
    process.stdout.close()
    clone.clustrace("publish", *CHOSEN)
    clone.git("add", "data", "results/smoke")
    clone.git("commit", "--quiet", "-m", "Pointers")
    restored = clone.clone(tmp_path / "clone").clustrace("restore", *CHOSEN)
    assert "All bytes are those of the records" in restored


def test_a_file_that_is_not_as_recorded_is_not_published(repository, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(repository.folder, folder, symlinks=True)
    with (folder / DEC).open("ab") as weights:
        weights.write(b"more")
    clone = Clone(folder, str(tmp_path / "store"))
    said = clone.clustrace("publish", *CHOSEN, status=1)
    assert f"  {DEC}\n" in said.partition("Refused")[2]
    clone.git("add", "data", "results/smoke")
    clone.git("commit", "--quiet", "-m", "Pointers")
    restored = clone.clone(tmp_path / "clone")
    said = restored.clustrace("restore", *CHOSEN, status=1)
    assert DEC in said.partition("No pointer in git")[2]
    assert (restored.folder / MODELS / "dec/0/trajectory.safetensors").exists()
    assert (restored.folder / KMEANS).exists()


def test_a_store_out_of_reach_is_one_sentence(published, tmp_path):
    clone = published.clone(tmp_path / "clone", tmp_path / "nowhere")
    said = clone.clustrace("restore", *CHOSEN, status=1).splitlines()
    assert said[-1].startswith("Error: The remote store ")
    assert "publish there first" in said[-1]
    said = clone.clustrace("restore", "-C", "protocol=quick", status=1)
    assert "There are no results of the protocol quick here" in said


def test_commands_that_need_bytes_say_where_they_are(published, tmp_path):
    clone = published.clone(tmp_path / "clone")
    record = "results/smoke/provenance/finetune/digits/dec/0.json"
    said = clone.clustrace("replay", record, "--into", str(tmp_path / "again"), status=1)
    assert "make restore" in said
    assert read_record(clone.folder / record).rule == "finetune"
    said = clone.clustrace("run", "--cores", "1", "--dry-run", *CHOSEN)
    assert "`make restore` first keeps what is up to date" in said


@pytest.fixture
def server(tmp_path):
    with SshServer.start(tmp_path / "server") as server:
        yield server


def test_over_ssh(repository, server, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(repository.folder, folder, symlinks=True)
    clone = Clone(folder, "server")
    server.configure(folder)
    clone.clustrace("publish", *CHOSEN)
    clone.git("add", "data", "results/smoke")
    clone.git("commit", "--quiet", "-m", "Pointers")

    restored = clone.clone(tmp_path / "clone")
    server.configure(restored.folder)
    tampered = in_store(server.folder, folder / DEC)
    content = tampered.read_bytes()
    tampered.chmod(0o644)
    tampered.write_bytes(content[:-1])
    said = restored.clustrace("restore", *CHOSEN, status=1)
    assert DEC in said.partition("Refused")[2]
    assert (restored.folder / KMEANS).read_bytes() == (folder / KMEANS).read_bytes()
    tampered.write_bytes(content)
    assert "All bytes are those of the records" in restored.clustrace("restore", *CHOSEN)
    assert restored.planned(**DEMONSTRATION) == {}
    assert read_json(restored.folder / "data/provenance/fetch/digits.json")["rule"] == "fetch"

    server.stop()
    (restored.folder / DEC).unlink()
    said = restored.clustrace("restore", *CHOSEN, status=1).splitlines()
    assert said[-1].startswith(f"Error: Nothing can be fetched from the remote store {server.url}")
    assert "call again" in said[-1]
