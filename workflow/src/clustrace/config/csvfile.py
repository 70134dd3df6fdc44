"""Reading CSV files whose lines are configuration models."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from clustrace.config.yamlfile import ModelT, validate
from clustrace.errors import ConfigError


def read_rows(path: Path, model: type[ModelT]) -> dict[int, ModelT]:
    """Rows of a CSV file by their line; its header must name the fields of ``model`` in order.

    An empty field is None, or the empty string where the model's default is that.

    Raises:
        ConfigError: the file is missing, no such table, or a row is not usable.
    """
    header = list(model.model_fields)
    rows = {}
    for line, values in _read_lines(path):
        if line > 1:
            rows[line] = _row(values, header, model, f"{path}:{line}")
        elif values != header:
            raise ConfigError(f"{path}:1: the header must be {','.join(header)}.")
    return rows


def _row(values: list[str], header: list[str], model: type[ModelT], place: str) -> ModelT:
    if len(values) != len(header):
        raise ConfigError(
            f"{place}: this line has {len(values)} values, but the header has {len(header)}; "
            "put a value that contains a comma in quotes."
        )
    texts = {name for name, field in model.model_fields.items() if field.default == ""}
    content = {
        name: value if value or name in texts else None
        for name, value in zip(header, values, strict=True)
    }
    return validate(content, model, lambda _: place)


def _read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Values of each line that is not empty, with the number of the line that they end in."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            for values in reader:
                if values:
                    yield reader.line_num, values
    except OSError as error:
        raise ConfigError(
            f"{path} could not be read ({error.strerror}); write it, or restore it with git."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} is no CSV table in UTF-8 ({error}); save it as such.") from error
