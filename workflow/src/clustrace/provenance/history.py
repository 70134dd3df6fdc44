"""Records of earlier runs: all runs are kept, also those whose results were replaced.

A line of a history is a record. Long parameters, such as those of tables, which hold a whole paper
and are the same from run to run and from table to table, are kept once as an object instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from clustrace.errors import StorageError
from clustrace.files import read_json, write_text
from clustrace.provenance.objects import ObjectStore, store_of

_PARAMETERS, _APART = "parameters", "parameters_object"
#: Characters of parameters that stay in their line.
_LONGEST = 2_000


def history_path(path: str | Path) -> Path:
    """File beside the record ``path`` with the records of earlier runs, one JSON object a line."""
    return Path(path).with_suffix(".history.jsonl")


def keep_earlier(path: Path) -> None:
    """Append the record that now stands under ``path``, if any, to its history.

    Raises:
        StorageError: the record or its history cannot be read, or the history not written.
    """
    if not path.exists():
        return
    line = json.dumps(_shortened(read_json(path), store_of(path)), sort_keys=True) + "\n"
    history = history_path(path)
    try:
        kept = history.read_text(encoding="utf-8") if history.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"{history} cannot be read ({error}), and no earlier run may be lost; "
            "restore or move it and run again."
        ) from error
    # A job that died between history and record has left its line already.
    if not kept.endswith(line):
        write_text(history, kept + line)


def whole(line: Any, read: Callable[[str], Any]) -> Any:
    """The record that a line of a history stands for, as it was.

    Args:
        line: content of the line.
        read: content of the object with a hash.
    """
    if not isinstance(line, Mapping) or _APART not in line:
        return line
    record = {name: value for name, value in line.items() if name != _APART}
    return {**record, _PARAMETERS: read(line[_APART])}


def _shortened(record: Any, store: ObjectStore) -> Any:
    parameters = record.get(_PARAMETERS) if isinstance(record, Mapping) else None
    if parameters is None or len(json.dumps(parameters)) <= _LONGEST:
        return record
    rest = {name: value for name, value in record.items() if name != _PARAMETERS}
    return {**rest, _APART: store.keep_json(parameters)}
