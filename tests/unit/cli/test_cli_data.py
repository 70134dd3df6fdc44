"""Tests of clustrace.cli.data."""

from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from clustrace.cli import data
from clustrace.config.datasets import DataRegistry
from clustrace.config.settings import Settings
from clustrace.data.artefact import read_artefact, write_artefact
from clustrace.data.fingerprint import fingerprint
from clustrace.errors import ConfigError

X = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)
Y = np.array([0, 1, 0, 1, 0, 1])


def raw(name):
    return {
        "title": name,
        "publisher": "test",
        "licence": "CC0",
        "samples": 6,
        "train_samples": 4,
        "shape": [2, 2],
        "dtype": "uint8",
        "classes": 2,
        "bytes": 24,
        "fingerprint": fingerprint(X, Y),
        "sources": [{"kind": "mirror", "file": f"{name}.npz", "sha256": "0" * 64}],
    }


DATASETS = {
    "first-full": {"title": "First", "raw": "first", "samples": 6, "classes": 2},
    "first-test": {"title": "T", "raw": "first", "part": "test", "samples": 2, "classes": 2},
    "second": {"title": "Second", "raw": "second", "samples": 6, "classes": 2},
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a repository with two bodies of data and a mirror; exit code and output."""
    monkeypatch.setenv("CLUSTRACE_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "mirror").mkdir()
    for name in ("first", "second"):
        np.savez(tmp_path / "mirror" / f"{name}.npz", x=X, y=Y)
    registry = DataRegistry.model_validate(
        {"raw": {name: raw(name) for name in ("first", "second")}, "datasets": DATASETS}
    )
    settings = {}

    def load(root):
        return SimpleNamespace(registry=registry, settings=Settings(**settings), root=root)

    monkeypatch.setattr(data, "load_experiment", load)

    def call(*arguments, **given):
        settings.update(given)
        result = CliRunner().invoke(data.app, [*arguments, "--root", str(tmp_path)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return call


@pytest.fixture
def stored(tmp_path):
    return lambda name: tmp_path / "data" / "raw" / f"{name}.safetensors"


def test_list(run):
    code, output = run("list")
    assert code == 0
    assert [slug for slug in DATASETS if slug in output] == list(DATASETS)
    assert "first (test)" in output
    assert "2 x 2" in output


def test_fetch_all_then_nothing_to_do(run, stored):
    code, output = run("fetch")
    assert code == 0
    assert output.count("used, verified") == 2
    before = stored("first").stat().st_mtime_ns
    code, output = run("fetch")
    assert code == 0
    assert output.count("already there, verified") == 2
    assert "trying" not in output
    assert stored("first").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["first", "first-full", "first-test"])
def test_fetch_by_the_name_of_a_data_set_or_of_raw_data(run, stored, name):
    assert run("fetch", name)[0] == 0
    assert stored("first").exists()
    assert not stored("second").exists()


def test_fetch_what_the_settings_select(run, stored):
    assert run("fetch", datasets="second")[0] == 0
    assert stored("second").exists()
    assert not stored("first").exists()


def test_failure_of_one_does_not_stop_the_others(run, stored, tmp_path):
    np.savez(tmp_path / "mirror" / "first.npz", x=X[::-1], y=Y)
    code, output = run("fetch")
    assert code == 1
    assert "No source of first gave the registered content" in output
    assert not stored("first").exists()
    assert stored("second").exists()


def test_damaged_data_is_fetched_again(run, stored):
    run("fetch", "first")
    stored("first").write_bytes(b"damaged")
    assert run("verify", "first")[0] == 1
    assert run("fetch", "first")[0] == 0
    assert run("verify", "first")[0] == 0
    np.testing.assert_array_equal(read_artefact(stored("first")).arrays["x"], X)


def test_verify_hashes_anew_where_status_reads_the_record(run, stored):
    run("fetch")
    artefact = read_artefact(stored("first"))
    changed = {**artefact.arrays, "x": X[::-1]}
    write_artefact(stored("first"), changed, about=artefact.about)
    code, output = run("verify")
    assert code == 1
    assert output.count("damaged") == 1
    assert output.count("verified") == 1
    code, output = run("status")
    assert code == 0
    assert output.count("verified") == 2
    assert "mirror first.npz" in output


def test_missing_data_fails_verify_only_where_named(run):
    code, output = run("verify")
    assert (code, output.count("│ missing")) == (0, 2)
    assert run("verify", "second")[0] == 1


def test_unknown_name(run):
    with pytest.raises(ConfigError, match="no data set 'secnd' — did you mean 'second'"):
        run("fetch", "secnd")


@pytest.mark.parametrize("command", ["list", "fetch", "verify", "status"])
def test_help(command):
    result = CliRunner().invoke(data.app, [command, "--help"])
    assert result.exit_code == 0
    assert "--root" in result.output
