"""Tests of clustrace.cli.config and clustrace.cli.declared, in a copy of config/."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustrace.cli.config import app
from clustrace.cli.declared import check_code
from clustrace.config.docs import write_docs
from clustrace.config.reading import read_files
from clustrace.errors import ConfigError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path, monkeypatch):
    """config/ of a repository that is the current folder."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "Snakefile").touch()
    monkeypatch.chdir(tmp_path)
    write_docs(tmp_path / "config")
    return tmp_path / "config"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(*arguments):
    return CliRunner().invoke(app, arguments, catch_exceptions=True)


def said(result):
    assert isinstance(result.exception, ConfigError)
    return str(result.exception)


def test_check_prints_one_line(config):
    result = run("check")
    assert result.exit_code == 0
    assert result.stdout.startswith("config/ is ok: ")
    assert len(result.stdout.splitlines()) == 1


def test_check_takes_settings(config):
    assert "protocol smoke" in run("check", "--config", "protocol=smoke").stdout
    assert said(run("check", "-C", "methods=dce")).startswith("--config methods=dce: there is no")
    assert said(run("check", "-C", "datasets=digits")).startswith("Nothing to run: ")


def test_check_finds_a_typo(config):
    edit(config / "methods/dec.yaml", "starts_from:", "start_from:")
    assert "unknown key 'start_from' — did you mean 'starts_from'?" in said(run("check"))


def test_docs_writes_what_drifted(config):
    assert run("docs").stdout == "Everything is up to date.\n"
    (config / "README.md").unlink()
    assert run("docs").stdout == "config/README.md written\n"
    assert (config / "README.md").is_file()


def test_docs_check_names_file_and_command(config):
    assert run("docs", "--check").stdout == "Everything is up to date.\n"
    edit(config / "schemas/paper.schema.json", "{", "{ ")
    result = run("docs", "--check")
    assert said(result) == (
        "Not up to date: config/schemas/paper.schema.json; run `clustrace config docs`."
    )
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "methods/dec.yaml",
            "clustrace.cluster.dec:DEC",
            "clustrace.cluster.dec:DCE",
            "estimator 'clustrace.cluster.dec:DCE'",
        ),
        (
            "methods/dec.yaml",
            "clustrace.cluster.dec:DEC",
            "clustrace.cluster.dek:DEC",
            "estimator 'clustrace.cluster.dek:DEC'",
        ),
        (
            "methods/dec.yaml",
            "  learning_rate:",
            "  learning_rat:",
            "there is no clustrace.cluster.dec:DEC argument 'learning_rat' — did you mean "
            "'learning_rate'?",
        ),
        (
            "methods/dec.yaml",
            "  momentum:",
            "  n_clusters:",
            "stage 'finetune' gives 'n_clusters' itself; remove the parameter.",
        ),
        (
            "methods/dec.yaml",
            "  update_interval:",
            "  n_init:",
            "a method of stage 'finetune' needs the parameter update_interval, or",
        ),
        (
            "methods/sae-kmeans.yaml",
            "clustrace.cluster.embedding_kmeans:EmbeddingKMeans",
            "clustrace.cluster.kmeans:KMeans",
            "takes no argument 'autoencoder', which stage 'initialise' gives; add it to the",
        ),
        ("datasets.yaml", "parser: idx", "parser: idy", "there is no parser 'idy' — did you mean"),
        (
            "datasets.yaml",
            "          test-labels:",
            "          tset-labels:",
            "the parser 'idx' needs the files train-images, train-labels, test-images, "
            "test-labels, but there are train-images, train-labels, test-images, tset-labels.",
        ),
    ],
)
def test_names_in_the_code(config, file, old, new, expected):
    edit(config / file, old, new)
    with pytest.raises(ConfigError) as caught:
        check_code(read_files(config))
    message = str(caught.value)
    assert expected in message
    assert all(line.startswith(f"{config / file}:") for line in message.splitlines())
