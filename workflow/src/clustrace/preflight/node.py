"""A job of a minute on a node: does it see the shared files, the same time, and a GPU?"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clustrace.preflight.commands import CommandError, ask, inside
from clustrace.preflight.finding import Finding, failed, ok, warning
from clustrace.preflight.profile import Profile, sentence_start

_RULE = "pretrain"
_MEMORY_MB = 3000
_MINUTES = 3
_POLL_SECONDS = 1.0
#: A shared file system may show a new file late.
_LATENCY_SECONDS = 10.0
_SKEW_SECONDS = 5.0


@dataclass(frozen=True)
class _Seen:
    """What a job saw.

    Attributes:
        facts: what it wrote; None if it ended without.
        earliest: time here before it can have written that.
        latest: time here when that was seen.
        complaint: the end of its output.
    """

    facts: Mapping[str, Any] | None
    earliest: float
    latest: float
    complaint: str


class _StillWaitingError(Exception):
    """The job has not started in time."""


def node_findings(profile: Profile, root: Path, *, gpu: bool, patience: float) -> Iterator[Finding]:
    """What a job sees that is handed in as a training of this profile is.

    Args:
        profile: the profile.
        root: repository, which nodes have to see.
        gpu: whether it has to see a GPU.
        patience: seconds to wait for its end.
    """
    (root / "results").mkdir(exist_ok=True)
    try:
        folder = Path(tempfile.mkdtemp(prefix=".doctor-", dir=root / "results")).absolute()
    except OSError as error:
        yield failed("shared files", f"Nothing can be written to {root / 'results'} ({error}).")
        return
    try:
        seen = _job(profile, folder, gpu=gpu, patience=patience)
    except _StillWaitingError:
        yield warning(
            "node",
            f"A job of {_MINUTES} minutes had not ended after {patience:.0f} s and was cancelled; "
            "the cluster may be busy, so try again with a larger --wait.",
        )
    except CommandError as error:
        place = profile.place("set-resources", _RULE)
        yield failed("node", f"No job can be handed in ({inside(error)}); see {place}.")
    else:
        yield from _judged(seen, profile, gpu=gpu)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _job(profile: Profile, folder: Path, *, gpu: bool, patience: float) -> _Seen:
    """Hand in a job and wait for its end.

    Raises:
        CommandError: SLURM does not take it, or does not answer.
    """
    answer, output = folder / "answer.json", folder / "output"
    program = [sys.executable, "-m", "clustrace.preflight.node_child", str(answer)]
    words = " ".join(f"'{word}'" for word in [*program, *(["--gpu"] if gpu else [])])
    options = _options(profile, gpu=gpu)
    earliest = time.time()
    job = ask(
        *("sbatch", "--parsable", "--job-name=clustrace-doctor", f"--output={output}"),
        *(f"--time={_MINUTES}", f"--mem={_MEMORY_MB}", *options, f"--wrap={words}"),
    )
    number = job.strip().partition(";")[0]
    try:
        return _waited(number, answer, output, earliest, patience)
    except BaseException:
        with contextlib.suppress(CommandError):
            ask("scancel", number)
        raise


def _options(profile: Profile, *, gpu: bool) -> list[str]:
    names = {"partition": "slurm_partition", "account": "slurm_account", "qos": "slurm_qos"}
    wishes = {option: profile.wish(name, _RULE) for option, name in names.items()}
    options = [f"--{option}={wish.value}" for option, wish in wishes.items() if wish]
    if gpu:
        gres = profile.wish("gres", _RULE)
        options.append(f"--gres={gres.value}" if gres else "--gpus=1")
    return options


def _waited(job: str, answer: Path, output: Path, earliest: float, patience: float) -> _Seen:
    deadline = time.monotonic() + patience
    ended: float | None = None
    while True:
        before = time.time()
        if answer.is_file():
            facts = json.loads(answer.read_text(encoding="utf-8"))
            return _Seen(facts, earliest, time.time(), "")
        if ended is not None and time.monotonic() - ended > _LATENCY_SECONDS:
            return _Seen(None, earliest, time.time(), _last_line(output))
        if ended is None and time.monotonic() > deadline:
            raise _StillWaitingError
        if ended is None and not _is_alive(job):
            ended = time.monotonic()
        earliest = before
        time.sleep(_POLL_SECONDS)


def _is_alive(job: str) -> bool:
    state = ask("squeue", "-h", "-t", "all", "-j", job, "-o", "%T").strip()
    return state in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED")


def _last_line(output: Path) -> str:
    try:
        lines = output.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _judged(seen: _Seen, profile: Profile, *, gpu: bool) -> Iterator[Finding]:
    if seen.facts is None:
        if seen.complaint:
            yield failed(
                "node",
                f"A job on a node failed ({seen.complaint}); nodes need this Python environment "
                f"({sys.executable}) on a file system that they share with this machine.",
            )
        else:
            yield failed(
                "shared files",
                "A job ended, and nothing that it wrote is to be seen here; clone the repository "
                "to a file system that the nodes share with this machine.",
            )
        return
    node = seen.facts["node"]
    yield ok("shared files", f"what {node} writes is seen here")
    yield _skew(seen, str(node))
    if gpu:
        yield _gpu(seen.facts["gpu"], str(node), profile)


def _skew(seen: _Seen, node: str) -> Finding:
    """The node's clock against the times here between which it was read."""
    assert seen.facts is not None
    clock = float(seen.facts["clock"])
    skew = max(seen.earliest - clock, clock - seen.latest, 0.0)
    if skew > _SKEW_SECONDS:
        return warning(
            "clock",
            f"The clock of {node} differs by at least {skew:.0f} s from the one here, and times of "
            "files decide what is up to date; ask the administrators to synchronise them.",
        )
    return ok("clock", f"{node} has the same time, as far as {seen.latest - seen.earliest:.0f} s")


def _gpu(found: Mapping[str, str], node: str, profile: Profile) -> Finding:
    if "name" in found:
        return ok("gpu", f"torch on {node} computes on {found['name']}")
    place = sentence_start(profile.place("set-resources", _RULE, "gres"))
    return failed(
        "gpu",
        f"torch on {node} sees no GPU ({found['reason']}). {place} asks for it; write there what "
        "`sinfo -o %G` shows, or set device=cpu.",
    )
