"""Section audit: how long a reader waits who asks where numbers come from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from clustrace.bench.copies import committed_copy
from clustrace.bench.elapsed import Elapsed, elapsed, goal_of
from clustrace.bench.processes import run_clustrace
from clustrace.bench.results import Column, Findings, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.errors import ClustraceError
from clustrace.provenance.ledger import LedgerRow, read_ledger

_EXPLAIN_REPEATS, _AUDIT_REPEATS = 5, 2
_EXPLAIN_SECONDS, _AUDIT_SECONDS = 1.0, 60.0
#: An audit that finds a fault has done the same work.
_AUDITED = (0, 1)


def measure(setting: Setting) -> Findings:
    """Explain a committed number, and audit all of them, in a clone of the last commit.

    Raises:
        ClustraceError: this is no git repository, it has no committed numbers, or a command
            failed.
    """
    with committed_copy(setting.experiment.root) as clone:
        rows = [row for path in ledgers(clone) for row in read_ledger(path)]
        cells = [row for row in rows if row.kind == "cell" and row.value is not None]
        if not cells:
            raise ClustraceError(
                "No number is committed below results/; run `clustrace run --config "
                "protocol=paper-cpu`, commit its results and call again."
            )
        explain = partial(run_clustrace, "explain", cells[-1].address, folder=clone)
        explained = [elapsed(explain) for _ in range(setting.repeats(_EXPLAIN_REPEATS))]
        audited = [elapsed(partial(audit, clone)) for _ in range(setting.repeats(_AUDIT_REPEATS))]
    return findings(cells[-1], len(rows), explained, audited)


def audit(folder: Path) -> None:
    """Audit all results in a folder; whether they hold is not asked here.

    Raises:
        ClustraceError: the audit did not come to its end.
    """
    command = ("audit", "--level", "predictions", "--format", "json")
    if not run_clustrace(*command, folder=folder, statuses=_AUDITED):
        raise ClustraceError(
            "`clustrace audit` gave no report; run it by hand to see what is wrong."
        )


def ledgers(root: Path) -> list[Path]:
    """Ledgers of all protocols."""
    return sorted(root.glob("results/*/ledger/*.csv"))


def findings(
    cell: LedgerRow, numbers: int, explained: Sequence[Elapsed], audited: Sequence[Elapsed]
) -> Findings:
    """Seconds beside their goals.

    Args:
        cell: the number that was explained.
        numbers: rows of all ledgers.
        explained: each call.
        audited: the same for the audit.
    """
    timed = {
        f"clustrace explain {cell.address}": explained,
        f"clustrace audit --level predictions, {numbers} rows": audited,
    }
    rows: list[dict[str, Value]] = [
        {
            "command": command,
            "seconds": Spread.of([turn.seconds for turn in turns]),
            "processor": Spread.of([turn.processor for turn in turns]),
        }
        for command, turns in timed.items()
    ]
    columns = (
        Column(key="command", title="command"),
        Column(key="seconds", title="time", unit="s", decimals=2),
        Column(key="processor", title="processor time", unit="s", decimals=2),
    )
    return Findings(
        tables=(Table(title="Commands in a fresh clone", columns=columns, rows=tuple(rows)),),
        goals=(
            goal_of("`clustrace explain` of a number takes under", explained, _EXPLAIN_SECONDS),
            goal_of(
                "`clustrace audit --level predictions` of all committed results takes under",
                audited,
                _AUDIT_SECONDS,
            ),
        ),
        notes=(
            "From the start of the process to its end, in a clone of the last commit without data "
            "and weights.",
        ),
    )
