"""From one number to its causes: runs, label vectors, weights, data, code, machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from clustrace.provenance.declared import Declarations, Declared
from clustrace.provenance.explain_nodes import Nodes
from clustrace.provenance.explanation import DataNode, Explanation, JobNode, MemberNumber
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.ledger import TAU_ROW, LedgerRow, read_ledger
from clustrace.provenance.lineage import Lineage
from clustrace.provenance.node_states import NodeStates, worst
from clustrace.provenance.numbers import FoundNumber
from clustrace.provenance.problems import problems_of


def explain(number: FoundNumber, root: Path, hashes: HashCache) -> Explanation:
    """Everything that is known of a number.

    Args:
        number: the number.
        root: repository root.
        hashes: remembered hashes of files.

    Raises:
        StorageError: a record or ledger that it rests on cannot be read.
        ConfigError: the configuration is not usable.
    """
    return Explainer(number.folder, root, hashes).explain(number.ledger, number.row)


class Explainer:
    """Explains many numbers of a protocol: what they share is read once.

    Args:
        folder: results of the protocol.
        root: repository root.
        hashes: remembered hashes of files.

    Raises:
        StorageError: there is no record at all.
    """

    def __init__(self, folder: Path, root: Path, hashes: HashCache) -> None:
        self.lineage = Lineage.load(folder, root)
        self._states = NodeStates(self.lineage, hashes)
        self._nodes = Nodes(self.lineage, self._states)
        self._declarations = Declarations(root)
        self._ledgers: dict[Path, tuple[LedgerRow, ...]] = {}
        self._refs = {job.id: job for job in self.lineage.jobs}
        self._jobs: dict[str, JobNode] = {}

    def explain(self, ledger: Path, row: LedgerRow) -> Explanation:
        """Everything that is known of a number.

        Args:
            ledger: file of its ledger.
            row: its row there.

        Raises:
            StorageError: a record or ledger that it rests on cannot be read.
            ConfigError: the configuration is not usable.
        """
        declared = self._declarations.of(row)
        members = tuple(
            _member(other, self._states)
            for other in member_rows(row, self._rows(ledger), declared.comparisons)
        )
        runs = () if members else self._nodes.runs(row)
        jobs = tuple(map(self._job, dict.fromkeys(job for run in runs for job in run.jobs)))
        node = self._nodes.ledger(ledger)
        return Explanation(
            address=row.address,
            title=declared.title,
            row=row,
            ledger=node,
            members=members,
            runs=runs,
            jobs=jobs,
            environments=self._nodes.environments(jobs),
            data=tuple(data_of(jobs, declared)),
            deviations=declared.deviations,
            commands=tuple(_commands(row, jobs)),
            status=worst(
                [
                    *(member.status for member in members),
                    *(run.file.status for run in runs),
                    *(job.status for job in jobs),
                    *(file.status for job in jobs for file in (*job.inputs, *job.outputs)),
                ]
            ),
            problems=problems_of(node, jobs, members, self.lineage.unreadable),
        )

    def _rows(self, ledger: Path) -> tuple[LedgerRow, ...]:
        if ledger not in self._ledgers:
            self._ledgers[ledger] = read_ledger(ledger)
        return self._ledgers[ledger]

    def _job(self, name: str) -> JobNode:
        if name not in self._jobs:
            self._jobs[name] = self._nodes.job(self._refs[name])
        return self._jobs[name]


def member_rows(
    row: LedgerRow, ledger: Sequence[LedgerRow], comparisons: Sequence[str] = ()
) -> tuple[LedgerRow, ...]:
    """Rows of a ledger that a number is computed from; none for a number of its own runs.

    Args:
        row: a row of the ledger.
        ledger: all rows.
        comparisons: addresses of the comparisons of a claim.
    """
    cells = [
        r
        for r in ledger
        if (r.kind, r.table, r.column, r.metric) == ("cell", row.table, row.column, row.metric)
    ]
    if row.row == TAU_ROW:
        return tuple(r for r in cells if r.value is not None and r.published is not None)
    if row.kind == "comparison":
        ahead, _, behind = row.row.partition("-over-")
        return tuple(r for slug in (ahead, behind) for r in cells if r.row == slug)
    by_address = {r.address: r for r in ledger}
    return tuple(by_address[name] for name in comparisons if name in by_address)


def _member(row: LedgerRow, states: NodeStates) -> MemberNumber:
    return MemberNumber(
        address=row.address,
        printed=row.printed,
        published_printed=row.published_printed,
        verdict=row.verdict.value if row.verdict else "",
        evidence=row.evidence.value if row.evidence else "",
        reason=row.reason,
        status=states.behind(row.address),
    )


def data_of(jobs: Sequence[JobNode], declared: Declared) -> Iterator[DataNode]:
    """Raw data that the jobs wrote, with the fingerprint that was asked for and that of config."""
    for job in jobs:
        for file in job.outputs:
            if raw := declared.raw.get(file.path):
                recorded = job.parameters.get("fingerprint", "")
                yield DataNode(
                    path=file.path,
                    raw=raw,
                    registered=declared.fingerprints[raw],
                    recorded=recorded if isinstance(recorded, str) else "",
                )


def _commands(row: LedgerRow, jobs: Sequence[JobNode]) -> Iterator[str]:
    """Commands that check a number, from the quickest to the slowest."""
    if not row.runs:
        return
    for level in ("predictions", "weights", "retrain"):
        yield f"clustrace audit --protocol {row.protocol} --cell {row.address} --level {level}"
    for job in jobs[::-1]:
        if command := job.replay.get("weights"):
            yield " ".join(command).format(record=job.id, folder="scratch")
            return
