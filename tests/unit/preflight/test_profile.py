"""Reading a profile of Snakemake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clustrace.errors import ConfigError
from clustrace.preflight.profile import Profile

Load = Callable[..., Profile]


def test_a_rule_has_its_own_resource_or_that_of_all(profile: Load) -> None:
    loaded = profile()
    own, common = (
        loaded.wish("slurm_partition", "pretrain"),
        loaded.wish("slurm_partition", "embed"),
    )
    assert own and (own.value, loaded.place(*own.location)) == (
        "gpu",
        "line 8 of slurm/config.yaml",
    )
    assert common and (common.rule, common.value) == ("", "cpu")
    assert loaded.wish("gres", "embed") is None
    assert loaded.jobs == 20


def test_settings_come_from_a_file_and_from_the_profile(profile: Load, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("device: cuda\nthreads: 2\n", encoding="utf-8")
    (tmp_path / "slurm").mkdir()
    (tmp_path / "slurm/site.yaml").write_text("device: cpu\n", encoding="utf-8")
    loaded = profile(("jobs: 20", "configfile: site.yaml\nconfig: {threads: 4}"))
    assert loaded.settings == {"device": "cuda", "threads": 4}
    assert loaded.settings_file.samefile(tmp_path / "site.yaml")
    assert profile().settings_file.name == "config.yaml"
    (tmp_path / "site.yaml").unlink()
    assert profile(("jobs: 20", "configfile: [site.yaml]")).settings == {"device": "cpu"}


def test_a_missing_profile_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no profile 'cluster'"):
        Profile.load("cluster", tmp_path)


def test_a_profile_that_is_no_mapping_is_said(tmp_path: Path) -> None:
    (tmp_path / "slurm").mkdir()
    (tmp_path / "slurm/config.yaml").write_text("- executor\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="a profile is a mapping"):
        Profile.load("slurm", tmp_path)
