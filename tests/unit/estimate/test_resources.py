"""What rules ask a scheduler for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from clustrace.config.plan import Plan
from clustrace.estimate.resources import JobResources

Plans = Callable[..., Plan]
SAE = ("usps", "sae", "0")


def test_more_is_asked_for_than_expected(plan: Plans) -> None:
    resources = JobResources.of(plan(protocol="paper"))
    expected = resources.estimate("pretrain", SAE)
    assert resources.mem_mb("pretrain", SAE) > expected.memory_mib + 300
    assert 60 * resources.runtime("pretrain", SAE) > 2 * expected.seconds
    assert resources.mem_mb("pretrain", SAE) % 100 == 0


def test_a_further_attempt_gets_more(plan: Plans) -> None:
    resources = JobResources.of(plan(protocol="paper"))
    for ask in (resources.mem_mb, resources.runtime):
        assert ask("pretrain", SAE, 2) >= 2 * ask("pretrain", SAE, 1) - 100


def test_jobs_of_a_short_protocol_are_made_to_share_one(plan: Plans) -> None:
    """Beside each lies what it is forked from, and the minutes of all are added."""
    quick, paper = (JobResources.of(plan(protocol=name)) for name in ("quick", "paper"))
    for resources, beside, least in ((quick, 1300, 2), (paper, 500, 5)):
        expected = resources.estimate("cluster", ("usps", "kmeans", "0"))
        memory = resources.mem_mb("cluster", ("usps", "kmeans", "0"))
        assert 0 <= memory - 1.3 * expected.memory_mib * 2**20 / 1e6 - beside <= 100
        assert resources.runtime("cluster", ("usps", "kmeans", "0")) >= least
    assert quick.runtime("truth", ("usps",)) < paper.runtime("truth", ("usps",))


def test_no_library_of_trainings_is_loaded(root: Path) -> None:
    code = (
        "import sys\n"
        "from clustrace.config.experiment import load_experiment\n"
        "from clustrace.config.plan import Plan\n"
        "from clustrace.estimate.resources import JobResources\n"
        "resources = JobResources.of(Plan(load_experiment(sys.argv[1])))\n"
        "resources.runtime('pretrain', ('usps', 'sae', '0'))\n"
        "sys.exit(', '.join({'torch', 'sklearn', 'scipy', 'numpy'} & sys.modules.keys()) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, root], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
