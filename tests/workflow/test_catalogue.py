"""What Snakemake's workflow catalogue looks for in a repository."""

import pytest
import yaml

from .conftest import DEMONSTRATION, ROOT, Project


@pytest.mark.slow
def test_both_workflow_files_plan_the_same_jobs(project: Project):
    usual = project.planned(**DEMONSTRATION)
    output = project.run("-n", "--quiet", "host", "-s", "workflow/Snakefile", **DEMONSTRATION)
    rules = {
        line.split()[1].rstrip(":")
        for line in map(str.strip, output.splitlines())
        if line.startswith(("rule ", "localrule "))
    }
    assert "pretrain" in usual
    assert rules == {*usual, "default"} - {"all"}


def test_the_catalogue_is_told_how_to_run_it():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["report"] is True
    assert usage["mandatory-flags"]["flags"].startswith("--cores")
    assert set(usage["software-stack-deployment"].values()) == {False}
    assert (ROOT / "config/README.md").is_file()
    assert (ROOT / "LICENSE").is_file()
