"""Job records: what they hold, when they are written, and that no run is lost."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy.random  # noqa: F401  not loaded with numpy, but on first use
import pytest

from clustrace.data.artefact import Outcome, Status
from clustrace.errors import ConfigError, StorageError
from clustrace.provenance import recorder as recorder_module
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.git import Checkout, GitState
from clustrace.provenance.history import history_path
from clustrace.provenance.objects import store_of
from clustrace.provenance.record import (
    Determinism,
    JobOutcome,
    Replay,
    read_record,
    read_upstream,
)
from clustrace.provenance.recorder import JobRecorder

DIGEST = hashlib.sha256(b"code").hexdigest()
Recorder = Callable[..., JobRecorder]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """Make recorders of a job that reads features.npy and writes labels.npy."""
    (tmp_path / "features.npy").write_bytes(b"features")

    def make(**changes: Any) -> JobRecorder:
        arguments: dict[str, Any] = {
            "path": tmp_path / "provenance/cluster.json",
            "rule": "cluster",
            "wildcards": {"dataset": "usps"},
            "parameters": {"n_clusters": 10, "layers": [500, 10]},
            "code": DIGEST,
            "inputs": {"features": tmp_path / "features.npy"},
            "outputs": {"labels": tmp_path / "labels.npy"},
            "root": tmp_path,
            "seeds": [0, 1],
            "device": "cpu",
            "threads": 2,
            "precision": "float32",
        }
        return JobRecorder(**{**arguments, **changes})

    return make


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the record is written."""
    return tmp_path / "provenance/cluster.json"


def run(recorder: JobRecorder, root: Path, labels: bytes = b"labels") -> None:
    with recorder:
        (root / "labels.npy").write_bytes(labels)


def test_record_holds_the_job(recorder: Recorder, tmp_path: Path, target: Path) -> None:
    before = datetime.now(UTC)
    with recorder() as job:
        (tmp_path / "labels.npy").write_bytes(b"labels")
        job.note(
            generators={"numpy": [0, 1], "torch": [0, 1]},
            outcome=Outcome(Status.DIVERGED, "loss is not finite", "finetune"),
            determinism="bit-equal",
        )
    found = read_record(target)
    assert found.schema_version == 2
    assert found.path == "provenance/cluster.json"
    assert (found.rule, found.wildcards) == ("cluster", {"dataset": "usps"})
    assert found.parameters == {"n_clusters": 10, "layers": [500, 10]}
    assert (found.code.digest, found.code.object) == (DIGEST, None)
    assert (found.seeds, found.device) == ([0, 1], "cpu")
    assert (found.threads, found.precision) == (2, "float32")
    assert found.generators == {"numpy": [0, 1], "torch": [0, 1]}
    assert found.outcome == JobOutcome(
        status="diverged", reason="loss is not finite", origin="finetune"
    )
    assert found.determinism is Determinism.BIT_EQUAL
    environment = found.environment_in(store_of(target))
    assert (environment.device, environment.threads) == ("cpu", 2)
    assert found.environment.processor == environment.processor.model
    assert found.environment.host == environment.host
    assert before <= found.start <= found.end <= datetime.now(UTC)
    assert 0 <= found.seconds <= (datetime.now(UTC) - before).total_seconds()


@pytest.mark.parametrize("status", Status)
def test_record_holds_every_outcome(
    recorder: Recorder, tmp_path: Path, target: Path, status: Status
) -> None:
    with recorder() as job:
        (tmp_path / "labels.npy").write_bytes(b"labels")
        job.note(outcome=Outcome(status, "reason", "stage"))
    found = read_record(target).outcome
    assert (found.status, found.ok) == (status.value, status is Status.OK)


def test_record_holds_files_relative_to_root(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    (tmp_path / "extra.npy").write_bytes(b"xx")
    run(recorder(inputs={"data": [tmp_path / "features.npy", "extra.npy"]}), tmp_path)
    found = read_record(target)
    assert [(file.path, file.bytes) for file in found.inputs["data"]] == [
        ("features.npy", 8),
        ("extra.npy", 2),
    ]
    assert found.inputs["data"][0].sha256 == hashlib.sha256(b"features").hexdigest()
    assert found.outputs["labels"][0].path == "labels.npy"
    assert found.outputs["labels"][0].sha256 == hashlib.sha256(b"labels").hexdigest()
    assert str(tmp_path) not in target.read_text(encoding="utf-8")


def test_file_has_schema_and_utc_times(recorder: Recorder, tmp_path: Path, target: Path) -> None:
    run(recorder(), tmp_path)
    content = json.loads(target.read_text(encoding="utf-8"))
    assert content["schema"] == 2
    assert content["start"].endswith("Z") and content["end"].endswith("Z")


def test_relative_record_path_is_taken_from_root(recorder: Recorder, tmp_path: Path) -> None:
    run(recorder(path="records/a.json"), tmp_path)
    assert read_record(tmp_path / "records/a.json").rule == "cluster"


def test_unnoted_facts_are_not_made_up(recorder: Recorder, tmp_path: Path, target: Path) -> None:
    run(recorder(), tmp_path)
    found = read_record(target)
    assert found.outcome == JobOutcome(status="ok", reason="", origin="")
    assert (found.determinism, found.generators) == (None, {})


def test_later_notes_replace_only_what_they_name(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    with recorder() as job:
        (tmp_path / "labels.npy").write_bytes(b"labels")
        job.note(generators={"numpy": 0}, determinism=Determinism.STATISTICAL)
        job.note(determinism=Determinism.EQUAL_WITHIN_EPS)
    found = read_record(target)
    assert found.generators == {"numpy": 0}
    assert found.determinism is Determinism.EQUAL_WITHIN_EPS


@pytest.mark.parametrize("as_function", [False, True])
def test_whole_code_identity_is_kept(
    recorder: Recorder, tmp_path: Path, target: Path, as_function: bool
) -> None:
    code = CodeIdentity(digest=DIGEST, roots=("a.b",), modules={"a.b": DIGEST})
    run(recorder(code=(lambda: code) if as_function else code), tmp_path)
    found = read_record(target)
    assert found.code.digest == DIGEST
    assert found.code_in(store_of(target)) == code


def test_what_records_share_is_kept_once(recorder: Recorder, tmp_path: Path, target: Path) -> None:
    code = CodeIdentity(digest=DIGEST, roots=("a.b",), modules={"a.b": DIGEST})
    run(recorder(code=code), tmp_path)
    before = set(store_of(target).folder.iterdir())
    run(recorder(code=code, path="provenance/other.json", wildcards={"dataset": "b"}), tmp_path)
    assert set(store_of(target).folder.iterdir()) == before
    assert target.stat().st_size < 4000


def test_commands_that_repeat_the_job_are_kept(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    replay = Replay(retrain=("make", "{record}", "{folder}"))
    run(recorder(replay=replay), tmp_path)
    assert read_record(target).replay == replay


def test_work_and_recording_are_timed_apart(
    recorder: Recorder, tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([10.0, 11.0, 111.0, 113.0])
    monkeypatch.setattr(recorder_module.time, "perf_counter", lambda: next(clock))
    run(recorder(), tmp_path)
    found = read_record(target)
    assert (found.seconds, found.recording_seconds) == (100.0, 3.0)


def test_untouched_generators_keep_their_state(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    run(recorder(), tmp_path)
    states = read_record(target).generator_states
    assert set(states.before) >= {"python", "numpy"}
    assert states.before == states.after
    with recorder():
        random.random()
        (tmp_path / "labels.npy").write_bytes(b"labels")
    states = read_record(target).generator_states
    assert states.before["python"] != states.after["python"]
    assert states.before["numpy"] == states.after["numpy"]


def test_difference_to_the_commit_is_kept(
    recorder: Recorder, tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    difference = b"--- a/x\n+++ b/x\n"
    digest = hashlib.sha256(difference).hexdigest()
    state = GitState(commit="0" * 40, dirty=True, diff_sha256=digest)
    monkeypatch.setattr(recorder_module, "describe_git", lambda: Checkout(state, difference))
    run(recorder(), tmp_path)
    found = read_record(target)
    assert found.git == state
    assert found.difference_in(store_of(target)) == difference


def test_records_of_other_folders_are_kept_with_what_they_refer_to(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    """fetch -> prepare -> cluster, each with a store of its own."""
    code = CodeIdentity(digest=DIGEST, roots=("a.b",), modules={"a.b": DIGEST})
    fetch, prepare = (tmp_path / f"{name}/provenance/record.json" for name in ("raw", "data"))
    for name in ("raw.npy", "features.npy"):
        (tmp_path / name).write_bytes(b"features")
    run(recorder(path=fetch, rule="fetch", inputs={}, code=code), tmp_path)
    run(
        recorder(
            path=prepare, rule="prepare", inputs={"raw": "raw.npy"}, upstream={"raw.npy": fetch}
        ),
        tmp_path,
    )
    run(recorder(upstream={"features.npy": prepare, "unused.npy": tmp_path / "none"}), tmp_path)
    shutil.rmtree(fetch.parent)
    shutil.rmtree(prepare.parent)
    store = store_of(target)
    found = read_record(target)
    assert list(found.upstream) == ["features.npy"]
    prepared = read_upstream(store, found.upstream["features.npy"])
    fetched = read_upstream(store, prepared.upstream["raw.npy"])
    assert (prepared.rule, fetched.rule) == ("prepare", "fetch")
    assert fetched.code_in(store) == code
    assert prepared.environment_in(store).python


def test_input_without_a_record_is_an_input_all_the_same(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    run(recorder(upstream={"features.npy": tmp_path / "absent.json"}), tmp_path)
    found = read_record(target)
    assert found.upstream == {} and found.inputs["features"][0].path == "features.npy"


def test_inputs_may_lie_below_a_second_folder(
    recorder: Recorder, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repository = tmp_path_factory.mktemp("repository")
    (repository / "weights.npy").write_bytes(b"weights")
    run(
        recorder(
            inputs={"weights": repository / "weights.npy", "features": "features.npy"},
            inputs_root=repository,
        ),
        tmp_path,
    )
    found = read_record(tmp_path / "provenance/cluster.json")
    assert sorted(file.path for files in found.inputs.values() for file in files) == [
        "features.npy",
        "weights.npy",
    ]
    with pytest.raises(ConfigError, match="lies outside"):
        run(recorder(outputs={"labels": repository / "a"}, inputs_root=repository), tmp_path)


def test_inputs_are_hashed_before_the_work(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    with recorder():
        (tmp_path / "features.npy").write_bytes(b"overwritten")
        (tmp_path / "labels.npy").write_bytes(b"labels")
    found = read_record(target).inputs["features"][0]
    assert found.sha256 == hashlib.sha256(b"features").hexdigest()


def test_exception_writes_nothing(recorder: Recorder, tmp_path: Path, target: Path) -> None:
    with pytest.raises(ZeroDivisionError), recorder():
        (tmp_path / "labels.npy").write_bytes(b"labels")
        raise ZeroDivisionError
    assert not target.exists()


def test_exception_keeps_the_earlier_record(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    run(recorder(), tmp_path)
    earlier = target.read_bytes()
    with pytest.raises(ZeroDivisionError), recorder():
        raise ZeroDivisionError
    assert target.read_bytes() == earlier
    assert not history_path(target).exists()


def test_missing_output_is_an_error(recorder: Recorder, target: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"Output 'labels' of cluster is missing.*labels\.npy"),
        recorder(),
    ):
        pass
    assert not target.exists()


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"inputs": {"x": "absent.npy"}}, StorageError, r"Input 'x' of cluster is missing"),
        ({"inputs": {"x": "/elsewhere.npy"}}, ConfigError, r"/elsewhere\.npy lies outside"),
        ({"outputs": {"y": "../labels.npy"}}, ConfigError, r"labels\.npy lies outside"),
        ({"code": "abc"}, ConfigError, r"cluster: code\.digest is 'abc'"),
        ({"threads": 0}, ConfigError, r"cluster: threads is 0"),
        ({"rule": ""}, ConfigError, r"rule is ''"),
        ({"parameters": {"path": Path("x")}}, ConfigError, r"cluster: parameters\.path"),
        ({"parameters": {"rate": float("nan")}}, ConfigError, r"cluster: parameters\.rate"),
    ],
)
def test_unusable_arguments_stop_the_job_before_its_work(
    recorder: Recorder, changes: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    worked = False
    with pytest.raises(error, match=sentence), recorder(**changes):
        worked = True
    assert not worked


def test_unwritable_record_fails_the_job(recorder: Recorder, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="could not be written"):
        run(recorder(path=tmp_path / "file/record.json"), tmp_path)


def test_unknown_determinism_is_an_error(recorder: Recorder) -> None:
    with pytest.raises(ConfigError, match=r"'perfect'.*bit-equal, equal-within-eps, statistical"):
        recorder().note(determinism="perfect")


def test_every_earlier_run_is_kept_in_order(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    written = []
    for labels in (b"first", b"second", b"third"):
        run(recorder(), tmp_path, labels)
        written.append(json.loads(target.read_text(encoding="utf-8")))
    lines = history_path(target).read_text(encoding="utf-8").splitlines()
    assert history_path(target).name == "cluster.history.jsonl"
    assert [json.loads(line) for line in lines] == written[:2]


def test_job_that_died_after_the_history_leaves_one_line(
    recorder: Recorder, tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(recorder(), tmp_path)

    def die(path: Path, content: Any) -> None:
        raise StorageError("disk full")

    with monkeypatch.context() as patched, pytest.raises(StorageError):
        patched.setattr(recorder_module, "write_json", die)
        run(recorder(), tmp_path)
    run(recorder(), tmp_path)
    assert len(history_path(target).read_text(encoding="utf-8").splitlines()) == 1


def test_unreadable_earlier_record_stops_the_job_before_its_work(
    recorder: Recorder, target: Path
) -> None:
    target.parent.mkdir()
    target.write_text("{", encoding="utf-8")
    worked = False
    with pytest.raises(StorageError, match=r"cluster\.json could not be read"), recorder():
        worked = True
    assert not worked


def test_unreadable_history_fails_the_job_and_keeps_the_record(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    run(recorder(), tmp_path)
    earlier = target.read_bytes()
    history_path(target).write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(StorageError, match="no earlier run may be lost"):
        run(recorder(), tmp_path)
    assert target.read_bytes() == earlier


@pytest.mark.parametrize("change", [{"schema": None}, {"threads": "many"}, {"surprise": 1}])
def test_file_that_is_no_record_is_an_error(
    recorder: Recorder, tmp_path: Path, target: Path, change: dict[str, Any]
) -> None:
    run(recorder(), tmp_path)
    content = json.loads(target.read_text(encoding="utf-8"))
    target.write_text(json.dumps({**content, **change}), encoding="utf-8")
    with pytest.raises(StorageError, match=r"is not a job record \(.*\) Run its rule again"):
        read_record(target)


def test_record_of_another_schema_says_how_to_go_on(target: Path) -> None:
    target.parent.mkdir()
    target.write_text(json.dumps({"schema": 1, "rule": "cluster"}), encoding="utf-8")
    with pytest.raises(StorageError, match="of schema 1, and this version reads schema 2; run"):
        read_record(target)


def test_altered_object_is_refused(recorder: Recorder, tmp_path: Path, target: Path) -> None:
    run(recorder(), tmp_path)
    found, store = read_record(target), store_of(target)
    path = store.path(found.environment.object)
    path.write_bytes(path.read_bytes().replace(b"cpu", b"gpu"))
    with pytest.raises(StorageError, match="was altered"):
        found.environment_in(store)
    path.write_bytes(b"")
    run(recorder(), tmp_path)
    assert found.environment_in(store).device == "cpu"


def test_object_that_is_no_environment_is_refused(
    recorder: Recorder, tmp_path: Path, target: Path
) -> None:
    run(recorder(), tmp_path)
    store = store_of(target)
    content = json.loads(target.read_text(encoding="utf-8"))
    content["environment"]["object"] = store.keep_json({"python": "3"})
    target.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(StorageError, match="is not what a record refers to"):
        read_record(target).environment_in(store)


def test_absent_record_is_an_error(target: Path) -> None:
    with pytest.raises(StorageError, match="could not be read"):
        read_record(target)


def test_peak_memory_of_this_process(recorder: Recorder, tmp_path: Path, target: Path) -> None:
    run(recorder(), tmp_path)
    found = read_record(target)
    machine = found.environment_in(store_of(target)).processor
    assert 10 < found.peak_memory_mib < machine.memory_mib
