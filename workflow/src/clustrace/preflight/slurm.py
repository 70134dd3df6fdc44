"""What SLURM says of itself: partitions, accounts, accounting."""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from dataclasses import dataclass

from clustrace.preflight.commands import ask

_SINFO = "%R|%a|%G|%T|%D"
_UNUSABLE = ("down", "drain", "fail", "maint", "unk", "power", "no_respond")


@dataclass(frozen=True)
class Partition:
    """A partition.

    Attributes:
        name: its name.
        up: True if it takes jobs.
        nodes: how many nodes it has.
        usable: how many of them can run jobs now or later.
        gres: what its nodes offer, as in ``gpu`` or ``gpu:a100``.
    """

    name: str
    up: bool
    nodes: int
    usable: int
    gres: frozenset[str]

    def offers(self, gres: str) -> bool:
        """Whether a node offers a generic resource, as in ``gpu``, ``gpu:1`` or ``gpu:a100:2``."""
        kind = re.sub(r":\d+[KMGT]?$", "", gres)
        return any(offered == kind or offered.startswith(f"{kind}:") for offered in self.gres)


def partitions(seconds: float = 10.0) -> Mapping[str, Partition]:
    """Partitions of the cluster by name.

    Raises:
        CommandError: there is no SLURM on this machine, or it does not answer.
    """
    found: dict[str, Partition] = {}
    for line in ask("sinfo", "-h", "-o", _SINFO, seconds=seconds).splitlines():
        name, up, gres, state, nodes = line.strip().split("|")
        usable = 0 if state.lower().startswith(_UNUSABLE) or state.endswith("*") else int(nodes)
        known = found.get(name, Partition(name, up == "up", 0, 0, frozenset()))
        found[name] = Partition(
            name,
            known.up,
            known.nodes + int(nodes),
            known.usable + usable,
            known.gres | _kinds(gres),
        )
    return found


def _kinds(gres: str) -> frozenset[str]:
    """``gpu:a100:4(S:0-1),gpu:2`` offers gpu:a100 and gpu."""
    if gres in ("(null)", "N/A", ""):
        return frozenset()
    plain = re.sub(r"\([^)]*\)", "", gres)
    return frozenset(re.sub(r":\d+[KMGT]?$", "", each) for each in plain.split(","))


def settings(seconds: float = 10.0) -> Mapping[str, str]:
    """Configuration of the cluster by name, as ``scontrol show config`` prints it.

    Raises:
        CommandError: the controller does not answer.
    """
    text = ask("scontrol", "show", "config", seconds=seconds)
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def accounts(seconds: float = 10.0) -> frozenset[str]:
    """Accounts that this user may charge jobs to; empty if the accounting knows of none.

    Raises:
        CommandError: the accounting does not answer.
    """
    user = getpass.getuser()
    text = ask(
        *("sacctmgr", "-n", "-P", "show", "associations", f"user={user}", "format=account"),
        seconds=seconds,
    )
    return frozenset(line.strip() for line in text.splitlines() if line.strip())


def try_submission(*options: str, seconds: float = 10.0) -> None:
    """Let SLURM say whether it would take a job, without handing it in.

    Raises:
        CommandError: it would not, and why.
    """
    ask("sbatch", "--test-only", "--time=1", *options, "--wrap=true", seconds=seconds)
