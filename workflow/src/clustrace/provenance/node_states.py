"""Files and jobs of a lineage beside what is on disk and in the checkout now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from clustrace.provenance.attestation import Attestation
from clustrace.provenance.attested import Attested
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.code_now import CodeNow
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.jobs import JobRef
from clustrace.provenance.lineage import Lineage, NodeStatus
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import read_object

#: From the best to the worst.
_ORDER = (
    NodeStatus.OK,
    NodeStatus.ATTESTED,
    NodeStatus.OLDER_CODE,
    NodeStatus.CHANGED,
    NodeStatus.MISSING,
)


def worst(states: Iterable[NodeStatus]) -> NodeStatus:
    """The worst of some states; ok if there is none."""
    return max(states, key=_ORDER.index, default=NodeStatus.OK)


@dataclass(frozen=True)
class NodeStates:
    """States of the nodes of a lineage, each found once.

    Attributes:
        lineage: the lineage.
        hashes: remembered hashes.
    """

    lineage: Lineage
    hashes: HashCache
    _files: dict[tuple[str, str], NodeStatus] = field(default_factory=dict)
    _modules: dict[str, tuple[str, ...] | None] = field(default_factory=dict)

    def file(self, file: FileHash) -> NodeStatus:
        """A file as recorded beside what is on disk.

        Raises:
            StorageError: it is there and cannot be read.
        """
        key = (file.path, file.sha256)
        if key not in self._files:
            self._files[key] = self.lineage.status(file, self.hashes.sha256)
        return self._files[key]

    def changed_modules(self, job: JobRef) -> tuple[str, ...] | None:
        """Modules of a job that are not as recorded; None if its record names no modules.

        Raises:
            StorageError: the object with the modules is missing or altered.
        """
        if job.code_object is None:
            return None
        if job.code_object not in self._modules:
            store = ObjectStore(self.lineage.folder / "provenance" / "objects")
            code = read_object(store, job.code_object, CodeIdentity)
            self._modules[job.code_object] = CodeNow(self.hashes).changed(code)
        return self._modules[job.code_object]

    def job(self, job: JobRef) -> NodeStatus:
        """Whether the code of a job is that of now; ok if its record names no modules.

        Raises:
            StorageError: the attestations are not readable.
        """
        if not self.changed_modules(job):
            return NodeStatus.OK
        found = self.attestation(job)
        return NodeStatus.ATTESTED if found and found.vouches else NodeStatus.OLDER_CODE

    def attestation(self, job: JobRef) -> Attestation | None:
        """What is attested of a job of older code under the code of now; None if nothing.

        Raises:
            StorageError: the attestations are not readable.
        """
        if not self.changed_modules(job):
            return None
        return self._attested.of(job.sha256, job.code_digest)

    @cached_property
    def _attested(self) -> Attested:
        return Attested.load(self.lineage.folder, self.hashes)

    def behind(self, address: str) -> NodeStatus:
        """The worst of all files and jobs that a number rests on."""
        jobs = self.lineage.jobs_in_order(address)
        files = [source.file for source in self.lineage.members(address)]
        for job in jobs:
            files += [*job.read, *job.written]
        return worst([*map(self.job, jobs), *map(self.file, files)])
