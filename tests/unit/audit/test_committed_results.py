"""The results in this repository hold before their own audit, as a clone has them."""

import subprocess
from pathlib import Path

import pytest

from clustrace.audit.model import Status
from clustrace.audit.run import audit

ROOT = Path(__file__).parents[3]
# A shallow clone lacks the commits that results were made by.
_OF_COMMITS = {"ENV-002", "ENV-004"}


@pytest.mark.slow
def test_committed_results_hold(tmp_path):
    clone = ["git", "clone", "--quiet", str(ROOT), str(tmp_path)]
    if subprocess.run(clone, capture_output=True).returncode:
        pytest.skip("this is no git repository")
    protocols = [name for name in ("paper", "paper-cpu") if (tmp_path / "results" / name).is_dir()]
    for section in audit(tmp_path, protocols=protocols).sections:
        broken = {outcome.check.id: outcome.of(Status.FAILED)[:3] for outcome in section.broken}
        assert not broken.keys() - _OF_COMMITS, broken
        assert section.confirmed or section.broken
