"""The graph of an RO-Crate: entities that refer to each other by id, and the metadata file.

The crates follow the profile Provenance Run Crate 0.5, which rests on RO-Crate 1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clustrace.files import json_text

_VERSION = "1.1"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
# Terms that the context of RO-Crate 1.1 lacks. They stand in the crate itself, so that it can be
# read without a network beyond that context.
_TERMS = {
    "sha256": "https://w3id.org/ro/terms/workflow-run#sha256",
    "wasDerivedFrom": "http://www.w3.org/ns/prov#wasDerivedFrom",
    "wasGeneratedBy": "http://www.w3.org/ns/prov#wasGeneratedBy",
}
#: Name of the metadata file of a crate.
METADATA = "ro-crate-metadata.json"
_FIRST = (METADATA, "./")


@dataclass(frozen=True)
class Reference:
    """An entity of the crate, named by its id."""

    id: str


#: Value of a property. None and empty sequences leave it out.
Value = str | int | float | bool | Reference | Sequence[Reference] | None


class CrateGraph:
    """Collects the entities of a crate."""

    def __init__(self) -> None:
        # Takes long to import, and only this command needs it.
        from rocrate.rocrate import ROCrate

        self._crate = ROCrate(version=_VERSION)
        self._crate.metadata.extra_terms.update(_TERMS)

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._crate

    def add(self, identifier: str, /, *types: str, **properties: Value) -> Reference:
        """An entity that is no file in the crate. One that is there already stays as it is."""
        from rocrate.model.contextentity import ContextEntity

        if identifier not in self._crate:
            content = {"@type": _one_or_list(types), **_json(properties)}
            self._crate.add(ContextEntity(self._crate, identifier, properties=content))
        return Reference(identifier)

    def add_file(self, place: str, /, **properties: Value) -> Reference:
        """A file that lies in the crate.

        Args:
            place: its path relative to the crate, with forward slashes.
            properties: properties of the entity.
        """
        return Reference(self._crate.add_file(dest_path=place, properties=_json(properties)).id)

    def add_workflow(self, place: str, engine: str | None, /, **properties: Value) -> Reference:
        """The Snakefile of the main workflow, with its steps among the properties.

        Args:
            place: its path relative to the crate.
            engine: version of Snakemake that ran it, where it is known.
            properties: properties of the entity.
        """
        workflow = self._crate.add_workflow(
            dest_path=place,
            main=True,
            lang="snakemake",
            lang_version=engine,
            properties=_json(properties),
        )
        workflow["@type"].append("HowTo")
        return Reference(workflow.id)

    def describe(self, **properties: Value) -> None:
        """Say what the crate as a whole is."""
        profiles = [
            self.add(uri, "CreativeWork", name=name, version=uri.rpartition("/")[2])
            for uri, name in _PROFILES.items()
        ]
        for name, value in _json({"conformsTo": profiles, **properties}).items():
            self._crate.root_dataset[name] = value

    def text(self) -> str:
        """Content of the metadata file: the same for the same entities, in any order."""
        content = self._crate.metadata.generate()
        for entity in content["@graph"]:
            if isinstance(parts := entity.get("hasPart"), list):
                parts.sort(key=lambda part: part["@id"])
        content["@graph"].sort(key=_place)
        return json_text(content)


def _place(entity: dict[str, Any]) -> tuple[int, str]:
    identifier = entity["@id"]
    known = identifier in _FIRST
    return (_FIRST.index(identifier) if known else len(_FIRST)), identifier


def _json(properties: dict[str, Value]) -> dict[str, Any]:
    """Properties as JSON-LD has them; a single reference stands without a list."""
    found: dict[str, Any] = {}
    for name, value in properties.items():
        if isinstance(value, Reference):
            found[name] = {"@id": value.id}
        elif isinstance(value, str | int | float):
            found[name] = value
        elif value:
            found[name] = _one_or_list([{"@id": r.id} for r in dict.fromkeys(value)])
    return found


def _one_or_list(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)
