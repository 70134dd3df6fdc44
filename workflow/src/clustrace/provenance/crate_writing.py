"""Writing an RO-Crate: into the folder of the results itself, or as a copy elsewhere."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.files import atomic_path, write_text
from clustrace.provenance.crate import Crate
from clustrace.provenance.crate_graph import METADATA

# The earliest date that a ZIP file can hold: the same crate is the same file.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def write_inside(crate: Crate, folder: Path) -> Path:
    """Make the folder of the results itself the crate; nothing in it is copied.

    Args:
        crate: the crate of this folder.
        folder: results of the protocol.

    Returns:
        The metadata file.

    Raises:
        StorageError: a file could not be written.
    """
    for place, source in crate.files.items():
        if source != folder / place:
            write_text(folder / place, _text(source))
    write_text(folder / METADATA, crate.metadata)
    return folder / METADATA


def write_copy(crate: Crate, output: Path) -> None:
    """Write the crate with all files in it to a new folder, or to a file that ends in ``.zip``.

    Raises:
        StorageError: the folder is not empty, or something could not be read or written.
    """
    if output.suffix == ".zip":
        with atomic_path(output) as temporary:
            _write_zip(crate, temporary)
        return
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise StorageError(f"{output} is there already; name a new folder, or one that is empty.")
    with _new_folder(output) as temporary:
        for place, source in crate.files.items():
            (temporary / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, temporary / place)
        write_text(temporary / METADATA, crate.metadata)


def _write_zip(crate: Crate, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_member(METADATA), crate.metadata)
        for place, source in crate.files.items():
            with (
                source.open("rb") as content,
                archive.open(_member(place), "w", force_zip64=True) as member,
            ):
                shutil.copyfileobj(content, member)


def _member(place: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(place, _NO_DATE)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member


@contextlib.contextmanager
def _new_folder(output: Path) -> Iterator[Path]:
    """A folder beside ``output`` that takes its place when the block succeeds."""
    temporary: Path | None = None
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}."))
        yield temporary
        temporary.chmod(0o755)
        os.replace(temporary, output)
    except OSError as error:
        raise StorageError(
            f"{output} could not be written ({error.strerror or error}); check the folder and the "
            "space on its disk, and call again."
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} cannot be read ({error}); mend it.") from error
