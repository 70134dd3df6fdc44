"""Tests of clustrace.cli.main and what it prints."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from clustrace.cli import main as module
from clustrace.cli.main import app, main
from clustrace.cli.summary import print_summary
from clustrace.errors import ConfigError, StorageError


def test_commands():
    output = CliRunner().invoke(app, ["--help"]).output
    for command in module.MODULES:
        assert f" {command} " in output


def test_an_unknown_command_is_refused_with_the_nearest_one():
    result = CliRunner().invoke(app, ["summry"])
    assert result.exit_code == 2
    assert "'summary'" in result.output


def test_start_imports_nothing_heavy():
    code = (
        "import sys, clustrace.cli.main\n"
        "heavy = {'torch', 'scipy', 'sklearn', 'matplotlib', 'pandas', 'snakemake', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_errors_of_the_project_are_sentences(monkeypatch, capsys):
    def fail():
        raise ConfigError("key [x]: unknown.")

    monkeypatch.setattr(module, "app", fail)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert capsys.readouterr().err == "Error: key [x]: unknown.\n"


def test_summary_breaks_long_words_where_it_would_cut_them(tmp_path, capsys):
    path = tmp_path / "summary.md"
    long = "results/" + "x" * 200
    path.write_text(f"# Results\n\n| Table | Files |\n|---|---|\n| one | `{long}` |\n")
    print_summary(path)
    shown = capsys.readouterr().out
    assert "Results" in shown
    assert "…" not in shown
    assert shown.count("x") == 200


def test_no_summary_yet(tmp_path):
    with pytest.raises(StorageError, match="make results"):
        print_summary(tmp_path / "summary.md")
