"""The evidence of ledger rows: what an audit confirmed, as far as it still holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from clustrace.files import sha256_file
from clustrace.provenance.evidence import Confirmation, Rung, basis
from clustrace.provenance.ledger import LedgerRow

#: Folder of the true labels of a protocol, and the rule that copies them there.
TRUTH = "truth"


def with_evidence(
    rows: Iterable[LedgerRow], confirmations: Mapping[str, Confirmation], *, root: Path
) -> list[LedgerRow]:
    """Ledger rows with their rungs.

    A number keeps the rung that an audit confirmed as long as the confirmation's basis fits, see
    :func:`clustrace.provenance.evidence.basis`; else it has the lowest rung. One of whose runs a
    record is missing has none.

    Args:
        rows: Rows without evidence.
        confirmations: What audits confirmed, by address.
        root: Repository root, which the paths of the rows are relative to.
    """
    sha256 = cache(lambda path: sha256_file(root / path))

    def rung(row: LedgerRow) -> Rung | None:
        runs = row.runs.split()
        rule = "*" if row.kind == "array" else "evaluate"
        if not runs or not all(_recorded(root / run, rule) for run in runs):
            return None
        confirmed = confirmations.get(row.address)
        if confirmed is not None:
            files = {path: sha256(path) for run in runs for path in _label_files(run, root)}
            if confirmed.basis == basis(
                row.address,
                value=row.value,
                printed=row.printed,
                content_sha256=row.content_sha256,
                files=files,
            ):
                return confirmed.rung
        return Rung.RECORDED

    return [row.model_copy(update={"evidence": rung(row)}) for row in rows]


def _recorded(run: Path, rule: str) -> bool:
    """Whether a rule left a record of a run, ``<protocol>/runs/<data set>/<method>/<block>``.

    Of a file of true labels, ``<protocol>/truth/<data set>.*``, it is the rule ``truth``.
    """
    if run.parent.name == TRUTH:
        dataset = run.name.partition(".")[0]
        return (run.parents[1] / "provenance" / TRUTH / f"{dataset}.json").exists()
    *_, dataset, method, block = run.parts
    records = run.parents[3] / "provenance"
    # What embeds samples has their number below the block.
    names = (f"{block}.json", f"{block}/*.json")
    return any(any(records.glob(f"{rule}/{dataset}/{method}/{name}")) for name in names)


def _label_files(run: str, root: Path) -> list[str]:
    """Predicted and true labels of a run, relative to the root, as far as they exist."""
    folder = root / run
    if folder.parent.name == TRUTH:
        found = [folder] if folder.exists() else []
    else:
        truth = folder.parents[3] / TRUTH
        found = [*folder.glob("predictions.*"), *truth.glob(f"{folder.parts[-3]}.*")]
    return [path.relative_to(root).as_posix() for path in found]
