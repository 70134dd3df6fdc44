"""Bytes to DVC and back, with a folder as remote."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from clustrace.errors import ConfigError, StorageError
from clustrace.files import sha256_file
from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.dvc_store import DvcStore, RemoteError
from clustrace.provenance.families import families_of
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.publishing import take
from clustrace.provenance.restoring import Placement, aside, place

MODELS = "results/paper/models/usps/dec"
FIRST, SECOND = f"{MODELS}/0/model.safetensors", f"{MODELS}/1/model.safetensors"
RAW = "data/raw/usps.safetensors"


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


class Repository:
    """A git and DVC repository; its remote lies beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, content: str) -> FileHash:
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(content)
        return FileHash(path=path, sha256=sha256_file(full), bytes=len(content))

    def publish(self, *files: FileHash, send: bool = True):
        store, disk = DvcStore(self.root), DiskHashes(self.root)
        taken = [take(family, store, disk) for family in families_of(files)]
        sent = [store.push(t.family) for t in taken if send and t.files]
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "-m", "pointers")
        return taken, sent

    def restore(self, *files: FileHash, remote: str | None = None) -> list[Placement]:
        reader, disk = DvcStore(self.root, remote).reader(), DiskHashes(self.root)
        return [place(file, reader, disk) for file in files]

    def clone(self) -> "Repository":
        folder = self.root.with_name("clone")
        subprocess.run(["git", "clone", "--quiet", self.root, folder], check=True)
        return Repository(folder)

    def in_remote(self, content: str) -> Path:
        remote = self.root.with_name("store")
        (found,) = (p for p in remote.rglob("*") if p.is_file() and p.read_text() == content)
        return found


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    root = tmp_path / "repository"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc/config").write_text("[core]\nremote=here\n['remote \"here\"']\nurl=../../store\n")
    (root / ".dvc/.gitignore").write_text("/cache\n/tmp\n")
    project = Path(__file__).parents[3]
    shutil.copy(project / ".gitignore", root)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "start")
    return Repository(root)


def test_a_clone_gets_the_bytes_back(repository):
    files = [repository.write(path, path) for path in (FIRST, SECOND, RAW)]
    taken, sent = repository.publish(*files)
    assert [(t.family.path, len(t.files), t.changed) for t in taken] == [
        (RAW, 1, True),
        (MODELS, 2, True),
    ]
    assert sent == [1, 3], "a folder has its list of files besides"
    clone = repository.clone()
    assert not (clone.root / "data/raw/usps.safetensors").exists()
    assert clone.restore(*files) == [Placement.RESTORED] * 3
    assert [(clone.root / file.path).read_text() for file in files] == [f.path for f in files]
    assert clone.restore(*files) == [Placement.THERE] * 3


def test_what_was_restored_can_be_published_elsewhere(repository, tmp_path):
    files = [repository.write(path, path) for path in (FIRST, SECOND)]
    repository.publish(*files)
    clone = repository.clone()
    clone.restore(*files)
    other = str(tmp_path / "other")
    (family,) = families_of(files)
    DvcStore(clone.root).keep_list(family)
    store = DvcStore(clone.root, other)
    assert take(family, store, DiskHashes(clone.root)).files == tuple(files)
    assert store.push(family) == 3
    (clone.root / FIRST).unlink()
    assert clone.restore(*files, remote=other) == [Placement.RESTORED, Placement.THERE]


def test_publishing_leaves_the_files_and_a_second_time_changes_nothing(repository):
    file = repository.write(FIRST, "weights")
    os.utime(repository.root / FIRST, (1_000_000_000, 1_000_000_000))
    repository.publish(file)
    (again,), sent = repository.publish(file)
    assert (again.changed, sent) == (False, [0])
    assert (repository.root / FIRST).stat().st_mtime == 1_000_000_000


def test_a_file_that_is_not_as_recorded_is_left_out_alone(repository):
    good, bad = repository.write(FIRST, "weights"), repository.write(SECOND, "more weights")
    gone = FileHash(path=f"{MODELS}/2/model.safetensors", sha256="0" * 64, bytes=1)
    repository.write(SECOND, "flipped bit")
    repository.write(f"{MODELS}/3/model.safetensors", "of no record")
    (taken,), _ = repository.publish(good, bad, gone)
    assert (taken.files, taken.refused, taken.absent) == ((good,), (SECOND,), (gone.path,))
    clone = repository.clone()
    assert clone.restore(good, bad) == [Placement.RESTORED, Placement.UNPUBLISHED]
    kept = [p.read_text() for p in repository.root.with_name("store").rglob("*") if p.is_file()]
    assert "weights" in kept
    assert not {"flipped bit", "of no record"} & set(kept)


def test_no_pointer_if_no_file_is_as_recorded(repository):
    bad = repository.write(FIRST, "weights")
    repository.write(FIRST, "other")
    (taken,), sent = repository.publish(bad)
    assert (taken.files, sent) == ((), [])
    assert not (repository.root / f"{MODELS}.dvc").exists()


def test_a_file_of_a_later_run_joins_those_that_only_the_pointer_has(repository):
    first = repository.write(FIRST, "weights")
    repository.publish(first)
    clone = repository.clone()
    second = clone.write(SECOND, "more weights")
    (taken,), _ = clone.publish(first, second)
    assert taken.absent == (FIRST,)
    assert clone.restore(first, second) == [Placement.RESTORED, Placement.THERE]


def test_wrong_bytes_of_the_store_do_not_come_into_place(repository):
    files = [repository.write(FIRST, "weights"), repository.write(SECOND, "more weights")]
    repository.publish(*files)
    tampered = repository.in_remote("weights")
    tampered.chmod(0o644)
    tampered.write_text("Weights")
    clone = repository.clone()
    assert clone.restore(*files) == [Placement.REFUSED, Placement.RESTORED]
    assert os.listdir(clone.root / MODELS / "0") == []


def test_lost_bytes_are_told_and_sent_again_by_whoever_has_them(repository):
    files = [repository.write(FIRST, "weights"), repository.write(SECOND, "more weights")]
    repository.publish(*files)
    repository.in_remote("weights").unlink()
    clone = repository.clone()
    assert clone.restore(*files) == [Placement.ABSENT, Placement.RESTORED]
    assert repository.publish(*files)[1] == [2]
    assert clone.restore(*files) == [Placement.RESTORED, Placement.THERE]


def test_a_lost_list_of_files_is_a_loss_of_its_files(repository):
    file = repository.write(FIRST, "weights")
    repository.publish(file)
    next(repository.root.with_name("store").rglob("*.dir")).unlink()
    assert repository.clone().restore(file) == [Placement.ABSENT]


def test_another_file_in_its_place_is_moved_aside_and_kept_where_nothing_replaces_it(repository):
    files = [repository.write(FIRST, "weights"), repository.write(SECOND, "more weights")]
    repository.publish(*files)
    repository.in_remote("more weights").unlink()
    clone = repository.clone()
    own = [clone.write(FIRST, "own weights"), clone.write(SECOND, "own more weights")]
    assert clone.restore(*files) == [Placement.REPLACED, Placement.ABSENT]
    assert (clone.root / FIRST).read_text() == "weights"
    assert aside(clone.root / FIRST, own[0].sha256).read_text() == "own weights"
    assert (clone.root / SECOND).read_text() == "own more weights"


def test_a_file_that_is_written_meanwhile_is_noticed(repository, monkeypatch):
    file = repository.write(FIRST, "weights")
    add = DvcStore.add

    def write_after(self, family, paths):
        changed = add(self, family, paths)
        repository.write(FIRST, "weights of another run")
        return changed

    monkeypatch.setattr(DvcStore, "add", write_after)
    with pytest.raises(StorageError, match="was written while it was published"):
        repository.publish(file)


def test_results_that_git_ignores_are_not_published(repository):
    file = repository.write(FIRST.replace("/paper/", "/quick/"), "weights")
    with pytest.raises(StorageError, match=r"git ignores results/quick/models/usps/dec\.dvc"):
        repository.publish(file)
    assert not (repository.root / "results/quick/models/usps/dec.dvc").exists()


def test_a_folder_or_url_serves_as_remote(repository, tmp_path):
    file = repository.write(FIRST, "weights")
    repository.publish(file, send=False)
    (family,) = families_of([file])
    elsewhere = tmp_path / "elsewhere"
    assert DvcStore(repository.root, str(elsewhere)).push(family) == 2
    assert not repository.root.with_name("store").exists()
    assert repository.clone().restore(file, remote=str(elsewhere)) == [Placement.RESTORED]


def test_a_remote_that_is_not_there_is_one_sentence(repository, tmp_path):
    file = repository.write(FIRST, "weights")
    repository.publish(file, send=False)
    with pytest.raises(RemoteError, match="store does not exist or has nothing; check the addr"):
        repository.clone().restore(file)
    # Port 1 of this machine has no listener.
    store = DvcStore(repository.root, "ssh://nobody@127.0.0.1:1/store")
    with pytest.raises(
        RemoteError, match=r"dec cannot be sent to the remote store ssh.*call again"
    ):
        store.push(families_of([file])[0])
    with pytest.raises(RemoteError, match="Nothing can be fetched from the remote store ssh"):
        store.reader()


def test_unknown_remotes_and_other_folders_are_sentences(repository, tmp_path):
    with pytest.raises(ConfigError, match="DVC has no remote nowhere; its remotes are: here"):
        DvcStore(repository.root, "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="call in a git clone of the project"):
        DvcStore(tmp_path / "empty")
