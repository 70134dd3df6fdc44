"""Records of earlier runs: all runs are kept, also those whose results were replaced."""

from __future__ import annotations

import json
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.files import read_json, write_text


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
    line = json.dumps(read_json(path), sort_keys=True) + "\n"
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
