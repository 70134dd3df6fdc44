"""The results of a protocol as an RO-Crate: jobs, files, numbers, and how they hang together.

A crate follows the profile Provenance Run Crate. It is made from records and ledgers alone, so
any workflow that leaves them gets one, and the same results give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.provenance.crate_cells import CrateCells
from clustrace.provenance.crate_files import CrateFiles
from clustrace.provenance.crate_graph import CrateGraph, Reference
from clustrace.provenance.crate_jobs import CrateJobs, iso, step_of
from clustrace.provenance.crate_software import CrateSoftware
from clustrace.provenance.crate_sources import Citation, read_citation, workflow_files
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.jobs import JobRef
from clustrace.provenance.lineage import Lineage
from clustrace.provenance.node_states import NodeStates
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import Record

#: Folder of the crate with a copy of the workflow, which lies outside the results.
SOURCES = "source"
_SOURCE_FORMAT = "text/plain"


@dataclass(frozen=True)
class Crate:
    """A crate: its metadata file, and the files that lie in it.

    Attributes:
        metadata: text of the metadata file.
        files: file on disk of each file in the crate, by its path there.
        jobs: number of jobs.
        numbers: number of numbers and arrays.
        changed: recorded files that are not as recorded; the crate knows them by hash alone.
        too_large: files that were left out for their size.
    """

    metadata: str
    files: dict[str, Path]
    jobs: int
    numbers: int
    changed: tuple[str, ...]
    too_large: tuple[str, ...]


def describe(folder: Path, root: Path, hashes: HashCache, limit: int | None = None) -> Crate:
    """Describe the results of a protocol.

    Args:
        folder: results of the protocol, such as ``results/paper``.
        root: repository root.
        hashes: remembered hashes of files.
        limit: largest size in bytes of a file in the crate; None: no limit.

    Raises:
        StorageError: there are no records, or a record, ledger or object cannot be read.
        ConfigError: CITATION.cff is not usable.
    """
    lineage = Lineage.load(folder, root)
    for name, reason in lineage.unreadable.items():
        raise StorageError(
            f"{name} tells nothing: {reason}; a crate tells of every job and every number, so "
            "restore it with git, or delete it and run its rule again."
        )
    graph = CrateGraph()
    files = CrateFiles(graph, NodeStates(lineage, hashes), limit)
    cells = CrateCells(graph, files, lineage)
    numbers: dict[Reference, list[Reference]] = {}
    for path in sorted((folder / "ledger").glob("*.csv")):
        for action, found in cells.add(path).items():
            numbers.setdefault(action, []).extend(found)
    software = CrateSoftware(graph, files, ObjectStore(folder / "provenance" / "objects"))
    jobs = CrateJobs(graph, files, software, lineage, numbers)
    ordered = _ordered(lineage)
    records = [jobs.add(job) for job in ordered]
    _add_run(_Run(graph, files, software, jobs, ordered, records), root, folder.name)
    return Crate(
        metadata=graph.text(),
        files=dict(sorted(files.inside.items())),
        jobs=len(ordered),
        numbers=len(lineage.cells),
        changed=tuple(files.changed),
        too_large=tuple(files.too_large),
    )


def _ordered(lineage: Lineage) -> tuple[JobRef, ...]:
    """All jobs that the results rest on, each after those that it rests on itself."""
    found: dict[JobRef, None] = {}
    for job in lineage.current:
        found |= dict.fromkeys(lineage.ancestors(job))
    return tuple(found)


@dataclass(frozen=True)
class _Run:
    """All jobs of a protocol as one run of the workflow."""

    graph: CrateGraph
    files: CrateFiles
    software: CrateSoftware
    jobs: CrateJobs
    ordered: Sequence[JobRef]
    records: Sequence[Record]

    def unmade(self) -> list[FileHash]:
        """Files that jobs read and no job wrote."""
        written = {(f.path, f.sha256) for job in self.ordered for f in job.written}
        read = [f for job in self.ordered for f in job.read]
        return [f for f in read if (f.path, f.sha256) not in written]

    def final(self) -> list[FileHash]:
        """Files that jobs wrote and no job read."""
        read = {(f.path, f.sha256) for job in self.ordered for f in job.read}
        written = [f for job in self.ordered for f in job.written]
        return [f for f in written if (f.path, f.sha256) not in read]

    @property
    def commit(self) -> str | None:
        """Commit of the job that ended last; None if no record names one."""
        named = [r for r in self.records if r.git is not None]
        last = max(named, key=lambda r: r.end, default=None)
        return last.git.commit if last is not None and last.git is not None else None


def _add_run(run: _Run, root: Path, protocol: str) -> None:
    """Add the workflow, its run as a whole, and what the crate is."""
    graph, jobs = run.graph, run.jobs
    citation = read_citation(root)
    workflow = _add_workflow(run, root, citation)
    times = {
        "startTime": iso(min(record.start for record in run.records)),
        "endTime": iso(max(record.end for record in run.records)),
    }
    whole = graph.add(
        "#run",
        "CreateAction",
        name=f"Run of the workflow under the protocol {protocol}",
        description="All jobs behind the results, also of several calls of the workflow.",
        instrument=workflow,
        object=[run.files.recorded(file) for file in run.unmade()],
        result=[run.files.recorded(file) for file in run.final()],
        agent=jobs.agent(),
        **times,
    )
    engine = graph.add(
        "#engine-run",
        "OrganizeAction",
        name=f"Snakemake ran the workflow under the protocol {protocol}",
        instrument=run.software.engine(),
        object=jobs.controls,
        result=whole,
        agent=jobs.agent(),
        **times,
    )
    graph.describe(
        name=f"{citation.title or root.resolve().name}: results under the protocol {protocol}",
        description=f"{len(run.ordered)} jobs, the files that they read and wrote, and the numbers "
        "computed from them, each with its origin.",
        datePublished=times["endTime"],
        license=_licences(graph, citation),
        author=[
            graph.add(
                f"#author/{number}",
                "Person" if author.is_person else "Organization",
                name=author.full_name,
            )
            for number, author in enumerate(citation.authors, start=1)
        ],
        mentions=[whole, engine, *jobs.actions],
    )


def _add_workflow(run: _Run, root: Path, citation: Citation) -> Reference:
    top, *included = workflow_files(root)
    for path in included:
        place = _source(path, root)
        run.files.copied(place, path)
        run.graph.add_file(place, name=place, encodingFormat=_SOURCE_FORMAT)
    place = _source(top, root)
    run.files.copied(place, top)
    return run.graph.add_workflow(
        place,
        run.software.engine_version,
        name=citation.title or root.resolve().name,
        encodingFormat=_SOURCE_FORMAT,
        description="The Snakefile as the crate was made; each action names the code that it ran.",
        version=run.commit or citation.version or None,
        step=[
            run.graph.add(
                step_of(rule).id,
                "HowToStep",
                name=rule,
                position=position,
                workExample=list(tools),
            )
            for position, (rule, tools) in enumerate(run.software.tools.items(), start=1)
        ],
        hasPart=[tool for tools in run.software.tools.values() for tool in tools],
    )


def _source(path: Path, root: Path) -> str:
    return f"{SOURCES}/{path.relative_to(root).as_posix()}"


def _licences(graph: CrateGraph, citation: Citation) -> Sequence[Reference] | str:
    if not citation.licences:
        return "No licence is stated."
    return [
        graph.add(
            f"https://spdx.org/licenses/{name}",
            "CreativeWork",
            name=name,
            description=f"The licence {name} of the SPDX list.",
        )
        for name in citation.licences
    ]
