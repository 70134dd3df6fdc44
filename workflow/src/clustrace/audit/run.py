"""Auditing results: choose what to look at, make the checks, report."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from clustrace.audit.attested import current_attestations
from clustrace.audit.case import Case
from clustrace.audit.checkout import Checkout
from clustrace.audit.confirm import confirmations
from clustrace.audit.ledger import Ledger, read_ledger
from clustrace.audit.model import Check, Level, Observation, failed
from clustrace.audit.records import read_records
from clustrace.audit.registry import CHECKS
from clustrace.audit.replaying import ReplaySettings
from clustrace.audit.replays import Replays
from clustrace.audit.report import Outcome, Report, Section
from clustrace.audit.tree import Tree
from clustrace.config.experiment import Experiment, load_experiment
from clustrace.config.sentences import nearest
from clustrace.config.yamlfile import unknown
from clustrace.errors import ConfigError, StorageError

# An audit looks at all results, whatever config.yaml asks to run.
_EVERYTHING = {"papers": "all", "datasets": "all", "methods": "all", "seeds": None}


def audit(
    root: Path,
    *,
    level: Level = Level.PREDICTIONS,
    protocols: Sequence[str] | None = None,
    papers: Sequence[str] | None = None,
    cells: Sequence[str] | None = None,
    sample: int | None = None,
    seed: int = 0,
    experiments: Mapping[str, Experiment | None] | None = None,
    checkout: Checkout | None = None,
    now: datetime | None = None,
    replays: ReplaySettings | None = None,
) -> Report:
    """Audit the results below ``root``/results.

    Args:
        root: folder that holds ``results`` and, where the results are of this workflow, ``config``.
        level: how deep.
        protocols: names of folders of results; None: all that hold any.
        papers: slugs of papers; None: all.
        cells: addresses of numbers; None: all.
        sample: number of cells to draw from these at random; None: all.
        seed: seed of the draw.
        experiments: config/ by protocol, None for foreign results; read from ``root`` if missing.
        checkout: code and commits to compare with; that around ``root`` if missing.
        now: time of the audit.
        replays: how jobs are done once more, at the levels that do so.

    Raises:
        ConfigError: config/ is not usable, or there is no such protocol, paper or number.
        StorageError: there are no results.
    """
    root = Path(root)
    tree = Tree(root)
    chosen = _protocols(root, protocols)
    ledgers = {protocol: _ledgers(tree, protocol) for protocol in chosen}
    addresses = _addresses(ledgers, papers, cells, sample, seed)
    sections = []
    for protocol in chosen:
        if addresses is not None and not addresses[protocol]:
            continue
        records = read_records(tree, f"results/{protocol}")
        case = Case(
            tree=tree,
            protocol=protocol,
            records=records,
            ledgers=ledgers[protocol],
            experiment=_experiment(root, protocol, experiments),
            checkout=checkout or Checkout.around(root),
            addresses=None if addresses is None else addresses[protocol],
            now=now or datetime.now(UTC),
            replays=Replays(
                tree,
                records,
                replays or ReplaySettings(),
                _vouched(tree, f"results/{protocol}"),
            ),
        )
        with closing(case.replays):
            sections.append(_section(case, level))
    return Report(level, tuple(sections))


def _vouched(tree: Tree, folder: str) -> frozenset[str]:
    found = current_attestations(tree, folder)
    return frozenset(sha256 for sha256, each in found.items() if each.vouches)


def _protocols(root: Path, wanted: Sequence[str] | None) -> list[str]:
    folders = [path for path in sorted((root / "results").glob("*")) if path.is_dir()]
    known = [f.name for f in folders if (f / "provenance").is_dir() or (f / "ledger").is_dir()]
    if not known:
        raise StorageError(
            f"There are no results to audit below {root / 'results'}; run `clustrace run`, or "
            "restore them, first."
        )
    for name in wanted or ():
        if name not in known:
            raise unknown("protocol with results", name, known, "clustrace audit")
    return list(dict.fromkeys(wanted)) if wanted else known


def _ledgers(tree: Tree, protocol: str) -> dict[str, Ledger]:
    folder = f"results/{protocol}/ledger"
    paths = [path for path in tree.below(folder) if path.endswith(".csv")]
    papers = {path: path.rpartition("/")[2].removesuffix(".csv") for path in paths}
    return {paper: read_ledger(tree, path, paper) for path, paper in papers.items()}


def _experiment(
    root: Path, protocol: str, given: Mapping[str, Experiment | None] | None
) -> Experiment | None:
    """What config/ declares; None for results of another workflow."""
    if given is not None and protocol in given:
        return given[protocol]
    if not (root / "config" / "protocols" / f"{protocol}.yaml").is_file():
        return None
    return load_experiment(root, {"protocol": protocol, **_EVERYTHING})


def _addresses(
    ledgers: Mapping[str, Mapping[str, Ledger]],
    papers: Sequence[str] | None,
    cells: Sequence[str] | None,
    sample: int | None,
    seed: int,
) -> dict[str, frozenset[str]] | None:
    """Numbers to audit by protocol; None: all.

    Raises:
        ConfigError: a paper or number is in no ledger.
    """
    if papers is None and cells is None and sample is None:
        return None
    known = {paper for found in ledgers.values() for paper in found}
    for paper in papers or ():
        if paper not in known:
            raise unknown("paper with results", paper, known, "clustrace audit")
    lines = {
        protocol: {
            line.address: line
            for paper, ledger in found.items()
            if papers is None or paper in papers
            for line in ledger.lines.values()
        }
        for protocol, found in ledgers.items()
    }
    everything = {address for found in lines.values() for address in found}
    for address in cells or ():
        if address not in everything:
            raise unknown_address(address, everything)
    chosen = {p: {a for a in found if cells is None or a in cells} for p, found in lines.items()}
    if sample is not None:
        filled = sorted(
            (protocol, address)
            for protocol, found in chosen.items()
            for address in found
            if lines[protocol][address].kind == "cell"
            and lines[protocol][address].value is not None
        )
        drawn = random.Random(seed).sample(filled, min(sample, len(filled)))
        chosen = {p: {address for q, address in drawn if q == p} for p in chosen}
    return {protocol: frozenset(found) for protocol, found in chosen.items()}


def _section(case: Case, level: Level) -> Section:
    checks = [check for check in CHECKS if level.includes(check.level)]
    outcomes = tuple(Outcome(check, tuple(_examined(check, case))) for check in checks)
    return Section(
        protocol=case.protocol,
        outcomes=outcomes,
        audited=tuple(line.address for line in case.lines() if line.is_filled),
        jobs=len(case.jobs),
        confirmed=confirmations(case, outcomes),
    )


def _examined(check: Check, case: Case) -> Iterator[Observation]:
    try:
        yield from check.examine(case)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Evidence so malformed that the check stumbles over it is no evidence.
        found = f"the check stumbled: {type(error).__name__}: {error}"
        yield failed(case.folder, found, "evidence that can be read")


def unknown_address(address: str, known: Iterable[str]) -> ConfigError:
    """The error for an address that no ledger has, with the nearest one."""
    return ConfigError(f"No ledger has the number {address!r}{nearest(address, known) or '.'}")
