"""Tests of clustrace.cli.bench."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from clustrace.bench.registry import SECTIONS
from clustrace.cli import bench as module
from clustrace.config.layout import Layout
from clustrace.errors import ConfigError, DataError


@pytest.fixture
def call(monkeypatch, tmp_path):
    """Call the command with sections that end as told; gives what they were asked."""

    def invoke(*arguments, errors=()):
        asked = []

        def run_sections(slugs, setting, files, report):
            asked.append((slugs, setting.quick, files.json.name, files.markdown.name))
            return list(errors)

        monkeypatch.setattr(module, "run_sections", run_sections)
        experiment = SimpleNamespace(layout=Layout(tmp_path))
        monkeypatch.setattr(module, "experiment_of", lambda config: experiment)
        return CliRunner().invoke(module.app, list(arguments)), asked

    return invoke


def test_all_sections_without_a_name(call):
    result, asked = call()
    assert result.exit_code == 0
    assert asked == [(list(SECTIONS), False, "bench.json", "bench.md")]
    assert "bench.md written" in result.output


def test_a_trial_goes_into_files_of_its_own(call):
    _, asked = call("conv", "--quick")
    assert asked == [(["conv"], True, "bench-quick.json", "bench-quick.md")]


def test_a_section_that_failed_is_told_and_fails_the_command(call):
    result, _ = call("conv", "dense", errors=[DataError("no data; fetch them.")])
    assert result.exit_code == 1
    assert "Error: no data; fetch them." in result.output
    assert "written" in result.output
    result, _ = call("conv", errors=[DataError("no data; fetch them.")])
    assert "written" not in result.output


def test_an_unknown_section_is_refused(call):
    result, asked = call("memry")
    assert isinstance(result.exception, ConfigError)
    assert asked == []


def test_the_help_names_every_section():
    output = " ".join(CliRunner().invoke(module.app, ["--help"]).output.split())
    assert ", ".join(SECTIONS) in output
