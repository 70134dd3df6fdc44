"""Files of config/ that are generated: JSON schemas and README.md."""

from __future__ import annotations

from pathlib import Path

from clustrace.config.reading import read_files
from clustrace.config.readme import render_readme
from clustrace.config.schemas import schema_texts
from clustrace.files import write_text

COMMAND = "clustrace config docs"


def generated_files(folder: Path) -> dict[Path, str]:
    """Paths and contents of all generated files of the folder config/.

    Raises:
        ConfigError: a configuration file is not usable.
    """
    schemas = {folder / "schemas" / name: text for name, text in schema_texts().items()}
    return {folder / "README.md": render_readme(read_files(folder)), **schemas}


def write_docs(folder: Path) -> list[Path]:
    """Write the generated files that are missing or drifted; return their paths.

    Schemas that no model has any more are removed.

    Raises:
        ConfigError: a configuration file is not usable.
        StorageError: a file could not be written.
    """
    texts = generated_files(folder)
    paths = _drifted(folder, texts)
    for path in paths:
        if path in texts:
            write_text(path, texts[path])
        else:
            path.unlink()
    return paths


def drifted_docs(folder: Path) -> list[Path]:
    """Generated files that are missing, or are not what the models and YAML files make.

    Raises:
        ConfigError: a configuration file is not usable.
    """
    return _drifted(folder, generated_files(folder))


def _drifted(folder: Path, texts: dict[Path, str]) -> list[Path]:
    differing = [path for path, text in texts.items() if not _has(path, text)]
    return differing + [p for p in sorted(folder.glob("schemas/*.json")) if p not in texts]


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()
