"""What is said of a cluster, and which line of the profile to change."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.unit.preflight.conftest import CONFIG, Site

from clustrace.errors import ClustraceError
from clustrace.preflight.cluster import ClusterChecks, refuse_unusable
from clustrace.preflight.finding import State
from clustrace.preflight.profile import Profile

Load = Callable[..., Profile]


def findings(profile: Profile, state: State, seconds: float = 10.0) -> list[str]:
    found = list(ClusterChecks(profile, seconds).findings())
    return [f"{each.check}: {each.sentence}" for each in found if each.state is state]


def refused(profile: Profile) -> str:
    """The only sentence with which a run is refused."""
    (sentence,) = findings(profile, State.FAILED)
    with pytest.raises(ClustraceError) as caught:
        refuse_unusable(profile)
    assert str(caught.value) == sentence.partition(": ")[2]
    return str(caught.value)


def test_a_cluster_as_the_profile_wants_it(site: Site, profile: Load) -> None:
    site.slurm()
    found = list(ClusterChecks(profile()).findings())
    assert {each.state for each in found} == {State.OK}
    assert [each.check for each in found] == [
        *("slurm commands", "slurm controller", "partition", "partition", "gpu partition"),
        *("accounting", "account", "submission"),
    ]
    assert "gpu: 1 of 2 nodes usable" in {each.sentence for each in found}
    refuse_unusable(profile())


def test_no_slurm_on_this_machine(site: Site, profile: Load) -> None:
    assert refused(profile()) == (
        "Line 1 of slurm/config.yaml hands jobs to SLURM, but this machine has no sbatch, squeue, "
        "scancel, sinfo, scontrol; run from a login node of the cluster, or without this profile."
    )


def test_a_profile_without_slurm_asks_nothing(site: Site, profile: Load) -> None:
    assert list(ClusterChecks(profile(("slurm\njobs", "local\njobs"))).findings()) == []


def test_cluster_down(site: Site, profile: Load) -> None:
    site.slurm().fails("sinfo", "slurm_load_partitions: Unable to contact slurm controller")
    assert refused(profile()) == (
        "Line 1 of slurm/config.yaml hands jobs to SLURM, which does not answer (sinfo failed: "
        "slurm_load_partitions: Unable to contact slurm controller); wait until the cluster is up "
        "again, or run without this profile."
    )


def test_a_cluster_that_hangs_is_not_waited_for(site: Site, profile: Load) -> None:
    site.slurm().program("sinfo", "sleep 60; exit 0")
    began = time.monotonic()
    (sentence,) = findings(profile(), State.FAILED, seconds=0.5)
    assert "(sinfo gave no answer in 0 s)" in sentence
    assert time.monotonic() - began < 30


def test_unknown_partition(site: Site, profile: Load) -> None:
    site.slurm()
    sentence = refused(profile(("slurm_partition: cpu", "slurm_partition: normal")))
    assert sentence == (
        "Line 5 of slurm/config.yaml names the partition normal, which this cluster does not have; "
        "write one of cpu, gpu there."
    )


def test_partition_without_nodes_is_a_warning(site: Site, profile: Load) -> None:
    site.slurm().says("sinfo", "cpu|up|(null)|drained|2\ngpu|up|gpu:a100:4|idle|1")
    (sentence,) = findings(profile(), State.WARNING)
    assert "names the partition cpu, where no node can take jobs now" in sentence


def test_partition_without_gpus(site: Site, profile: Load) -> None:
    site.slurm()
    sentence = refused(
        profile(("finetune: {slurm_partition: gpu", "finetune: {slurm_partition: cpu"))
    )
    assert sentence == (
        "Line 9 of slurm/config.yaml sends finetune to the partition cpu, which has no GPU; write "
        "one with GPUs there: gpu."
    )


def test_no_gpu_in_the_cluster(site: Site, profile: Load) -> None:
    site.slurm().says("sinfo", "cpu|up|(null)|idle|2\ngpu|up|(null)|idle|2")
    assert refused(profile()) == (
        "Line 9 of slurm/config.yaml asks for the gres gpu:1 for finetune, but no partition of "
        "this cluster has a GPU; remove that line, and write `device: cpu` in slurm/config.yaml."
    )


def test_unknown_gres(site: Site, profile: Load) -> None:
    site.slurm()
    sentence = refused(
        profile(
            (
                'pretrain: {slurm_partition: gpu, gres: "gpu:1"',
                'pretrain: {slurm_partition: gpu, gres: "gpu:v100:1"',
            )
        )
    )
    assert sentence == (
        "Line 8 of slurm/config.yaml asks for the gres gpu:v100:1 for pretrain, which the "
        "partition gpu does not offer; write what it has there: gpu:a100."
    )


def test_wrong_account(site: Site, profile: Load) -> None:
    site.slurm()
    assert refused(profile(("slurm_account: lab", "slurm_account: nobody"))) == (
        "Line 6 of slurm/config.yaml charges the account nobody, which you may not use; write one "
        "of lab, other there."
    )


def test_accounts_that_cannot_be_looked_up_are_left_to_slurm(site: Site, profile: Load) -> None:
    site.slurm().fails("sacctmgr", "sacctmgr: error: Connection refused")
    (sentence,) = findings(profile(), State.WARNING)
    assert "Connection refused" in sentence


@pytest.mark.parametrize("status", ["squeue", "sacct"])
def test_sacct_missing(site: Site, profile: Load, status: str) -> None:
    site.slurm()
    (site.folder / "sacct").unlink()
    asked = profile(("command: squeue", f"command: {status}"))
    state = State.WARNING if status == "squeue" else State.FAILED
    (sentence,) = findings(asked, state)
    assert "sacct cannot be run (No such file or directory)" in sentence
    assert ("write `slurm-status-command: squeue` in line 3" in sentence) == (status == "sacct")


@pytest.mark.parametrize(("status", "state"), [("squeue", State.WARNING), ("sacct", State.FAILED)])
def test_cluster_without_accounting(site: Site, profile: Load, status: str, state: State) -> None:
    site.slurm().says("scontrol", CONFIG.replace("slurmdbd", "none"))
    (sentence,) = findings(profile(("command: squeue", f"command: {status}")), state)
    assert "This cluster keeps no accounts of jobs" in sentence
    assert ("in line 3 of slurm/config.yaml" in sentence) == (status == "sacct")


def test_accounting_that_hangs(site: Site, profile: Load) -> None:
    site.slurm().program("sacct", "sleep 60")
    (sentence,) = findings(profile(), State.WARNING, seconds=2.0)
    assert "sacct gave no answer in 2 s" in sentence


def test_preemption_without_requeueing(site: Site, profile: Load) -> None:
    site.slurm().says("scontrol", CONFIG.replace("preempt/none", "preempt/partition_prio"))
    (sentence,) = findings(profile(), State.WARNING)
    assert "write `slurm-requeue: true` in slurm/config.yaml" in sentence
    assert not findings(profile(("jobs: 20", "slurm-requeue: true")), State.WARNING)


def test_what_slurm_itself_refuses(site: Site, profile: Load) -> None:
    refusal = "allocation failure: Requested time limit is invalid"
    site.slurm().program("sbatch", f"case $* in *gres*) echo '{refusal}' >&2; exit 1;; esac")
    assert refused(profile()) == (
        "SLURM refuses jobs with --partition=gpu --account=lab --gres=gpu:1 (sbatch failed: "
        f"{refusal}); change them in line 8 of slurm/config.yaml."
    )


def test_resources_as_a_list_are_read_too(site: Site, profile: Load) -> None:
    site.slurm()
    listed = profile(
        ("default-resources:\n  slurm_partition: cpu\n  slurm_account: lab\n",
         "default-resources: [slurm_partition=normal]\n"),
    )  # fmt: skip
    assert "Line 4 of slurm/config.yaml names the partition normal" in refused(listed)
