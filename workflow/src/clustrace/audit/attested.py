"""What attestations say of jobs that older code did, as the audit reads it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from clustrace.audit.present import changed_modules
from clustrace.audit.tree import Tree, TreeError
from clustrace.provenance.attestation import Attestation, parse_attestations
from clustrace.provenance.code_identity import CodeIdentity


def attested_file(folder: str) -> str:
    """File of the attestations of the results in ``folder``."""
    return f"{folder}/evidence/attested.json"


def attestations(tree: Tree, folder: str) -> dict[str, Attestation]:
    """All attestations by the hash of their record; none if there is no such file.

    Raises:
        TreeError: the file is no list of attestations.
    """
    path = attested_file(folder)
    if not tree.exists(path):
        return {}
    try:
        return parse_attestations(tree.json(path))
    except ValueError as error:
        raise TreeError(f"is no list of attestations ({error})") from error


def kept_object(tree: Tree, folder: str, digest: str) -> bytes:
    """Content of an object that an attestation refers to.

    Raises:
        TreeError: it is missing, or is not what its name says.
    """
    path = f"{folder}/provenance/objects/{digest}.json"
    found = tree.digest(path)
    if found != digest:
        raise TreeError(f"{path} {'is missing' if found is None else 'was altered'}")
    return tree.content(path)


def later_code(tree: Tree, folder: str, attestation: Attestation) -> CodeIdentity:
    """The code that an attestation is about.

    Raises:
        TreeError: the object is missing, altered or no code identity.
    """
    try:
        content = kept_object(tree, folder, attestation.later.object)
        return CodeIdentity.model_validate_json(content)
    except ValidationError as error:
        raise TreeError(f"its code lacks what belongs to an identity ({error.title})") from error


def current_attestations(tree: Tree, folder: str) -> Mapping[str, Attestation]:
    """Attestations about the present code, by the hash of their record."""
    try:
        found = attestations(tree, folder)
    except TreeError:
        return {}
    return {sha256: each for sha256, each in found.items() if is_current(tree, folder, each)}


def is_current(tree: Tree, folder: str, attestation: Attestation) -> bool:
    """Whether the code that an attestation is about is the present code."""
    try:
        later = later_code(tree, folder, attestation)
    except TreeError:
        return False
    known = later.modules and later.digest == attestation.later.digest
    return bool(known) and not changed_modules(later)
