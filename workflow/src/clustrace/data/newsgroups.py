"""Parser of 20 Newsgroups, 20news-bydate: a tar with one file a message."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from clustrace.data.bodies import Documents, joined
from clustrace.errors import DataError

_PARTS = ("20news-bydate-train", "20news-bydate-test")


def read_newsgroups(files: Mapping[str, Path]) -> Documents:
    """Messages of the training part, then of the test part, each by newsgroup and file name.

    Labels are numbers of the newsgroups in the order of their names. Bytes stay as they are.

    Raises:
        DataError: the archive is truncated or corrupt, or lacks a part.
    """
    path = files["archive"]
    found: dict[tuple[int, str, str], bytes] = {}
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                key = _key(member.name) if member.isfile() else None
                content = tar.extractfile(member) if key else None
                if key and content is not None:
                    found[key] = content.read()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DataError(f"{path.name} is truncated or corrupt ({error}).") from error
    return by_newsgroup(found, path.name)


def by_newsgroup(messages: Mapping[tuple[int, str, str], bytes], source: str) -> Documents:
    """Documents out of messages by part (0 train, 1 test), newsgroup and file name.

    Raises:
        DataError: a part has no messages, or other newsgroups than the other part.
    """
    groups = [_groups(messages, part) for part in range(len(_PARTS))]
    if not groups[0] or groups[0] != groups[1]:
        raise DataError(
            f"{source} has messages of {len(groups[0])} newsgroups in its training part and of "
            f"{len(groups[1])} in its test part, not of the same ones."
        )
    keys = sorted(messages)
    labels = [groups[0].index(group) for _, group, _ in keys]
    return joined([messages[key] for key in keys], np.array(labels))


def _groups(messages: Iterable[tuple[int, str, str]], part: int) -> list[str]:
    return sorted({group for of, group, _ in messages if of == part})


def _key(name: str) -> tuple[int, str, str] | None:
    """Part, newsgroup and file name of a member; None for what is no message."""
    parts = PurePosixPath(name).parts
    if len(parts) < 3 or parts[-3] not in _PARTS:
        return None
    return _PARTS.index(parts[-3]), parts[-2], parts[-1]
