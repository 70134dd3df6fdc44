"""Checks of a cluster: whether SLURM has what a profile asks for.

Each sentence names the line of the profile to change. ``clustrace run --profile …`` refuses to
start where one of these checks failed; ``clustrace doctor`` shows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from clustrace.errors import ClustraceError
from clustrace.estimate.jobs import TRAINING
from clustrace.preflight import slurm
from clustrace.preflight.accounting import account_findings
from clustrace.preflight.commands import CommandError, has, inside
from clustrace.preflight.finding import Finding, State, failed, ok, warning
from clustrace.preflight.profile import Profile, Wish, sentence_start
from clustrace.preflight.slurm import Partition

_COMMANDS = ("sbatch", "squeue", "scancel", "sinfo", "scontrol")


def refuse_unusable(profile: Profile) -> None:
    """Refuse to start a run on a cluster that cannot do what the profile asks for.

    Raises:
        ClustraceError: one sentence for each check that failed.
    """
    sentences = [f.sentence for f in ClusterChecks(profile).findings() if f.state is State.FAILED]
    if sentences:
        raise ClustraceError("\n".join(sentences))


@dataclass(frozen=True)
class ClusterChecks:
    """Checks of what a profile asks for.

    Attributes:
        profile: the profile.
        seconds: how long SLURM may take for an answer.
    """

    profile: Profile
    seconds: float = 10.0

    def findings(self) -> Iterator[Finding]:
        """What the checks found; without SLURM, only the first ones."""
        if self.profile.executor != "slurm":
            return
        for check in (self._commands, self._controller):
            finding = check()
            yield finding
            if finding.state is State.FAILED:
                return
        rest: tuple[Callable[[], Iterator[Finding]], ...] = (
            self._partitions,
            self._gpus,
            self._accounts,
        )
        fine = True
        for each in rest:
            for finding in each():
                fine = fine and finding.state is not State.FAILED
                yield finding
        if fine:
            yield from self._submission()

    def _commands(self) -> Finding:
        missing = [command for command in _COMMANDS if not has(command)]
        if missing:
            return failed(
                "slurm commands",
                f"{self._place('executor')} hands jobs to SLURM, but this machine has no "
                f"{', '.join(missing)}; run from a login node of the cluster, or without this "
                "profile.",
            )
        return ok("slurm commands", ", ".join(_COMMANDS))

    def _controller(self) -> Finding:
        try:
            names = ", ".join(self._known)
        except CommandError as error:
            return failed(
                "slurm controller",
                f"{self._place('executor')} hands jobs to SLURM, which does not answer "
                f"({inside(error)}); wait until the cluster is up again, or run without this "
                "profile.",
            )
        return ok("slurm controller", f"partitions {names}")

    @cached_property
    def _known(self) -> Mapping[str, Partition]:
        return slurm.partitions(self.seconds)

    def _partitions(self) -> Iterator[Finding]:
        for wish in self.profile.distinct("slurm_partition"):
            for name in wish.value.split(","):
                yield self._partition(name, self._place(*wish.location))

    def _partition(self, name: str, place: str) -> Finding:
        partition = self._known.get(name)
        if partition is None:
            return failed(
                "partition",
                f"{place} names the partition {name}, which this cluster does not have; write one "
                f"of {', '.join(self._known)} there.",
            )
        if not partition.up or not partition.usable:
            return warning(
                "partition",
                f"{place} names the partition {name}, where no node can take jobs now; they will "
                "wait, or name another one there.",
            )
        return ok("partition", f"{name}: {partition.usable} of {partition.nodes} nodes usable")

    def _gpus(self) -> Iterator[Finding]:
        for rule in sorted(TRAINING):
            gres, where = self._gres(rule), self.profile.wish("slurm_partition", rule)
            partition = self._known.get(where.value) if where else None
            if gres and where and partition and not partition.offers(gres.value):
                yield failed("gpu partition", self._lacks_gpu(rule, gres, where, partition))
                return
        with_gpu = [f"{p.name} ({', '.join(sorted(p.gres))})" for p in self._with_gpu]
        if with_gpu:
            yield ok("gpu partition", ", ".join(with_gpu))

    @property
    def _with_gpu(self) -> list[Partition]:
        return [partition for partition in self._known.values() if partition.offers("gpu")]

    def _lacks_gpu(self, rule: str, gres: Wish, where: Wish, partition: Partition) -> str:
        asks = f"{self._place(*gres.location)} asks for the gres {gres.value} for {rule}"
        if partition.offers("gpu"):
            return (
                f"{asks}, which the partition {partition.name} does not offer; write what it has "
                f"there: {', '.join(sorted(partition.gres))}."
            )
        if not self._with_gpu:
            return (
                f"{asks}, but no partition of this cluster has a GPU; remove that line, and write "
                f"`device: cpu` in {self.profile.settings_file}."
            )
        names = ", ".join(each.name for each in self._with_gpu)
        return (
            f"{self._place(*where.location)} sends {rule} to the partition {partition.name}, "
            f"which has no GPU; write one with GPUs there: {names}."
        )

    def _gres(self, rule: str) -> Wish | None:
        """What a rule asks for as ``gres``, or as ``gpu`` with a number."""
        if gres := self.profile.wish("gres", rule):
            return gres
        wish = self.profile.wish("gpu", rule)
        if wish is None and self.profile.settings.get("device") == "cuda":
            return Wish(rule, "gpu", "1", ("set-resources", rule))  # the rule's own resource
        return Wish(wish.rule, "gpu", f"gpu:{wish.value}", wish.location) if wish else None

    def _accounts(self) -> Iterator[Finding]:
        try:
            settings = slurm.settings(self.seconds)
        except CommandError as error:
            yield warning("accounting", f"SLURM does not tell its settings ({inside(error)}).")
            return
        yield from account_findings(self.profile, settings, self.seconds)

    def _submission(self) -> Iterator[Finding]:
        """SLURM itself says whether it would take jobs like these."""
        for rule in ("", "pretrain"):
            options = [
                f"--{option}={wish.value}"
                for option, name in (
                    ("partition", "slurm_partition"),
                    ("account", "slurm_account"),
                    ("gres", "gres"),
                    ("qos", "slurm_qos"),
                )
                if (wish := self.profile.wish(name, rule))
            ]
            try:
                slurm.try_submission(*options, seconds=self.seconds)
            except CommandError as error:
                place = self.profile.place(*(("set-resources", rule) if rule else ()))
                sentence = f"SLURM refuses jobs with {' '.join(options)} ({inside(error)})"
                yield failed("submission", f"{sentence}; change them in {place}.")
                return
        yield ok("submission", "SLURM would take jobs of this profile")

    def _place(self, *location: str) -> str:
        return sentence_start(self.profile.place(*location))
