"""Keys and files of this repository's configuration, and which jobs an edit of them concerns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clustrace.errors import ConfigError
from clustrace.provenance.config_targets import config_target
from clustrace.provenance.impact import JobFacts
from clustrace.provenance.jobs import JobRef

ROOT = Path(__file__).resolve().parents[3]


def facts(protocol: str, **wildcards: str) -> JobFacts:
    job = JobRef(
        path="",
        line=None,
        sha256="",
        origin="current",
        rule="rule",
        wildcards=wildcards,
        inputs={},
        outputs={},
        code_digest="",
        code_object=None,
        start=datetime.now(UTC),
        seconds=1.0,
    )
    return JobFacts(protocol, job, frozenset(), {})


SAE = {"method": "sae", "dataset": "usps", "block": "0"}
DCEC = {"method": "dcec", "dataset": "usps", "block": "0"}
PREPARE = {"dataset": "usps", "subset": "2000"}


@pytest.mark.parametrize(
    ("target", "protocol", "wildcards", "expected"),
    [
        ("methods.sae", "paper", SAE, True),
        ("methods.sae", "paper", DCEC, False),
        ("config/methods/sae.yaml", "paper", SAE, True),
        ("methods.sae.estimator", "paper", SAE, True),
        ("methods.sae.reference", "paper", SAE, False),
        ("methods.sae.learning_rate", "paper", SAE, True),
        ("methods.sae.parameters.learning_rate.value", "paper", SAE, True),
        ("methods.sae.learning_rate.source", "paper", SAE, False),
        # Protocol quick has a learning rate of its own, and USPS an input scale.
        ("methods.sae.learning_rate", "quick", SAE, False),
        ("methods.sae.hidden_units", "quick", SAE, True),
        ("methods.sae.input_scale", "paper", SAE, False),
        ("methods.sae.input_scale", "paper", {**SAE, "dataset": "pendigits"}, True),
        ("methods.sae.input_scale.datasets.usps", "paper", SAE, True),
        ("methods.sae.input_scale.datasets.usps", "paper", {**SAE, "dataset": "fashion"}, False),
        ("protocols.quick", "quick", SAE, True),
        ("protocols.quick", "paper", SAE, False),
        ("config/protocols/quick.yaml", "quick", SAE, True),
        ("protocols.quick.overrides", "quick", SAE, True),
        ("protocols.quick.overrides.sae", "quick", SAE, True),
        ("protocols.quick.overrides.sae.epochs", "quick", SAE, True),
        ("protocols.quick.overrides.sae", "quick", DCEC, False),
        ("protocols.quick.max_samples", "quick", PREPARE, True),
        ("protocols.quick.max_samples", "quick", SAE, False),
        ("protocols.quick.stamp", "quick", {"paper": "dcec"}, True),
        ("protocols.quick.stamp", "quick", SAE, False),
        ("protocols.quick.seeds", "quick", {"paper": "dcec"}, True),
        ("protocols.quick.threads", "quick", SAE, False),
        ("datasets.usps", "paper", PREPARE, True),
        ("datasets.usps", "paper", {"raw": "usps"}, True),
        ("datasets.usps.fingerprint", "paper", {"raw": "usps"}, True),
        ("datasets.usps.fingerprint", "paper", PREPARE, False),
        ("datasets.raw.usps.fingerprint", "paper", {"raw": "usps"}, True),
        ("datasets.usps.unit_range", "paper", PREPARE, True),
        ("datasets.usps.unit_range", "paper", {"raw": "usps"}, False),
        ("datasets.usps.licence", "paper", {"raw": "usps"}, False),
        ("datasets.usps", "paper", {"raw": "mnist"}, False),
        ("config/datasets.yaml", "paper", {"raw": "mnist"}, True),
        ("config/datasets.yaml", "paper", {"paper": "dcec"}, False),
        ("papers.dcec", "paper", {"paper": "dcec"}, True),
        ("config/papers/dcec.yaml", "paper", {"paper": "dcec"}, True),
        ("config/papers/dcec.published.csv", "paper", {"paper": "dcec"}, True),
        ("config/papers/dcec.deviations.yaml", "paper", {"paper": "dcec"}, False),
        ("config/papers/dcec.yaml", "paper", {"paper": "demonstration"}, False),
        ("config.protocol", "paper", SAE, False),
        ("config/config.yaml", "paper", SAE, False),
        ("config/README.md", "paper", SAE, False),
    ],
)
def test_what_an_edit_concerns(
    target: str, protocol: str, wildcards: dict[str, str], expected: bool
) -> None:
    assert config_target(target, ROOT).concerns(facts(protocol, **wildcards)) is expected


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("methods.kmean", "'kmeans'"),
        ("methods.sae.learning_rat", "'learning_rate'"),
        ("methods", "no method ''"),
        ("protocols.quik", "'quick'"),
        ("protocols.quick.max_sample", "'max_samples'"),
        ("protocols.quick.overrides.kmean", "'kmeans'"),
        ("datasets.uspss", "'usps'"),
        ("datasets.usps.fingerprnt", "'fingerprint'"),
        ("papers.dcecc", "'dcec'"),
        ("config.protocl", "'protocol'"),
        ("config/methods/sea.yaml", "There is no file"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(target: str, near: str) -> None:
    with pytest.raises(ConfigError, match=near):
        config_target(target, ROOT)
