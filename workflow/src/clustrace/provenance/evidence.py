"""Evidence: how far an audit has confirmed a number, and what the confirmation holds for.

``results/<protocol>/evidence/<paper>.csv`` has one line for each number that an audit confirmed.
A confirmation names its *basis*, a hash of all that it rests on; it counts only as long as the
basis of the number, computed anew, is the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from clustrace.config.base import Model
from clustrace.errors import StorageError
from clustrace.files import sha256_json, write_text
from clustrace.provenance.base import Sha256


class Rung(StrEnum):
    """How far a number is confirmed, from the least to the most."""

    RECORDED = "recorded"
    """The jobs behind it left records."""
    HASHES = "hashes"
    """All files behind it have the hashes that the records name."""
    PREDICTIONS = "predictions"
    """Recomputed from the stored label vectors."""
    WEIGHTS = "weights"
    """The label vectors themselves were recomputed from the stored weights."""
    RETRAINED = "retrained"
    """The training was repeated and came to the same."""

    @property
    def height(self) -> int:
        """Place on the ladder, from 1."""
        return list(Rung).index(self) + 1


class Confirmation(Model):
    """What an audit confirmed of one number."""

    address: str
    """Address of the number."""
    rung: Rung
    basis: Sha256
    """What :func:`basis` gave for the number that was confirmed."""
    checks: str = ""
    """Ids of the checks that were passed, separated by spaces."""
    date: date
    """Day of the audit."""
    environment: str = ""
    """Sha256 of the environment that the audit ran in."""


def basis(
    address: str,
    *,
    value: float | None,
    printed: str,
    content_sha256: str,
    files: Mapping[str, str],
) -> str:
    """Hash of what a confirmation of a number rests on.

    It is the sha256 of the UTF-8 text of a JSON object without spaces and with sorted keys, in
    which only quotes, backslashes and control characters are escaped. Its keys are:

    - ``address``: address of the number;
    - ``content_sha256``: the ledger's column of this name, empty except for arrays;
    - ``files``: an object from paths to sha256, see below;
    - ``printed``: the printed text;
    - ``value``: the raw value as text, as Python's ``repr`` gives it and the ledger's CSV has it;
      empty if there is none.

    ``files`` has the path, relative to the repository and with forward slashes, and the sha256 of
    the bytes of each of these files that exists: the label vectors (``predictions.*``) of every
    run that the ledger's row names, and the true labels (``truth/<data set>.*``) of every data set
    that these runs are of.
    """
    return sha256_json(
        {
            "address": address,
            "content_sha256": content_sha256,
            "files": dict(files),
            "printed": printed,
            "value": "" if value is None else repr(value),
        }
    )


def write_evidence(path: str | Path, confirmations: Iterable[Confirmation]) -> None:
    """Write confirmations as CSV in the order of their addresses, atomically.

    Raises:
        StorageError: the file could not be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Confirmation.model_fields), lineterminator="\n")
    writer.writeheader()
    ordered = sorted(confirmations, key=lambda confirmation: confirmation.address)
    writer.writerows(confirmation.model_dump(mode="json") for confirmation in ordered)
    write_text(path, text.getvalue())


def read_evidence(path: str | Path) -> dict[str, Confirmation]:
    """Confirmations by the address of their number; none if there is no such file.

    Raises:
        StorageError: the file is no list of confirmations, or has an address twice.
    """
    if not Path(path).exists():
        return {}
    remedy = "delete it, and run the audit again with --save"
    found: dict[str, Confirmation] = {}
    try:
        text = Path(path).read_text(encoding="utf-8")
        for line in csv.DictReader(io.StringIO(text, newline=""), strict=True):
            confirmation = Confirmation.model_validate(line)
            if confirmation.address in found:
                raise StorageError(f"{path} has {confirmation.address} twice; {remedy}.")
            found[confirmation.address] = confirmation
    except ValidationError as error:
        first = error.errors()[0]
        cause = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise StorageError(f"{path} has no usable evidence ({cause}); {remedy}.") from error
    except (OSError, ValueError, csv.Error) as error:
        raise StorageError(f"{path} could not be read as evidence ({error}); {remedy}.") from error
    return found
