"""Software in an RO-Crate: what each rule ran, with the packages below it, and the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from clustrace.files import sha256_json
from clustrace.provenance.crate_files import CrateFiles
from clustrace.provenance.crate_graph import CrateGraph, Reference
from clustrace.provenance.environment import Environment
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import Record

_ENGINE = "snakemake"


@dataclass
class CrateSoftware:
    """Entities of software, each made once.

    A tool is a rule with the identity of its code and the software that it ran on: what ran with
    the same name but another code is another tool.

    Attributes:
        graph: receives the entities.
        files: receives the objects that describe code and machines.
        store: objects of the records.
        tools: tools of each rule.
        engines: versions of the workflow engine that the environments name.
    """

    graph: CrateGraph
    files: CrateFiles
    store: ObjectStore
    tools: dict[str, dict[Reference, None]] = field(default_factory=dict)
    engines: dict[str, None] = field(default_factory=dict)

    def tool(self, record: Record) -> Reference:
        """What a job ran.

        Raises:
            StorageError: the object with its code or its environment is missing or altered.
        """
        environment = self._environment(record)
        digest, roots = record.code.digest, record.code_in(self.store).roots
        identifier = f"#tool/{record.rule}/{digest[:12]}/{environment.id.rpartition('/')[2]}"
        tool = self.graph.add(
            identifier,
            "SoftwareApplication",
            name=f"{record.rule}: {', '.join(roots)}" if roots else record.rule,
            softwareVersion=digest[:12],
            identifier=f"sha256:{digest}",
            description="The version is the hash of its code.",
            softwareRequirements=environment,
            subjectOf=self._object(record.code.object),
        )
        self.tools.setdefault(record.rule, {})[tool] = None
        return tool

    def engine(self) -> Reference:
        """The workflow engine."""
        return self.graph.add(
            f"#engine/{_ENGINE}",
            "SoftwareApplication",
            name="Snakemake",
            softwareVersion=self.engine_version,
            url="https://snakemake.github.io",
        )

    @property
    def engine_version(self) -> str | None:
        """Versions of the engine, as the records have them; None if none tells."""
        return ", ".join(sorted(self.engines)) or None

    def _environment(self, record: Record) -> Reference:
        environment = record.environment_in(self.store)
        self.files.own(self.store.path(record.environment.object))
        if version := environment.packages.get(_ENGINE):
            self.engines[version] = None
        content = environment.python, environment.platform, environment.packages
        identifier = f"#environment/{sha256_json(content)[:12]}"
        if identifier in self.graph:
            return Reference(identifier)
        return self.graph.add(
            identifier,
            "SoftwareApplication",
            name=f"Python {environment.python} with {len(environment.packages)} packages",
            softwareVersion=environment.python,
            operatingSystem=environment.platform,
            softwareRequirements=self._packages(environment),
        )

    def _packages(self, environment: Environment) -> list[Reference]:
        return [
            self.graph.add(
                f"#package/{name}/{version}",
                "SoftwareApplication",
                name=name,
                softwareVersion=version,
            )
            for name, version in environment.packages.items()
        ]

    def _object(self, digest: str | None) -> Reference | None:
        return None if digest is None else self.files.own(self.store.path(digest))
