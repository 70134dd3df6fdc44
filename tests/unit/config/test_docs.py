"""Generated files: those of the repository have not drifted, and drift is found and mended."""

import os
import subprocess
import sys

import pytest

from clustrace.config.docs import COMMAND, drifted_docs, generated_files, write_docs


def test_repository_has_not_drifted(root):
    drifted = [path.relative_to(root).as_posix() for path in drifted_docs(root / "config")]
    assert not drifted, f"{', '.join(drifted)}: run `{COMMAND}` and commit what it writes"


def test_output_does_not_depend_on_the_order_of_sets(copy):
    code = (
        "import sys; from pathlib import Path; from clustrace.config.docs import write_docs;"
        "write_docs(Path(sys.argv[1]))"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        (copy.config / "README.md").unlink()
        subprocess.run([sys.executable, "-c", code, copy.config], env=environment, check=True)
        for path, text in generated_files(copy.config).items():
            assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("file", ["README.md", "schemas/method.schema.json"])
@pytest.mark.parametrize("spoil", ["edit", "delete", "line ends"])
def test_drift_is_found_and_mended(copy, file, spoil):
    write_docs(copy.config)
    path = copy.config / file
    good = path.read_bytes()
    match spoil:
        case "edit":
            path.write_bytes(good + b" ")
        case "delete":
            path.unlink()
        case "line ends":
            path.write_bytes(good.replace(b"\n", b"\r\n"))
    assert drifted_docs(copy.config) == [path]
    assert write_docs(copy.config) == [path]
    assert path.read_bytes() == good
    assert drifted_docs(copy.config) == write_docs(copy.config) == []


def test_changed_yaml_is_drift_of_the_readme(copy):
    write_docs(copy.config)
    copy.edit("datasets.yaml", "title: MNIST-full", "title: MNIST, all of it")
    assert drifted_docs(copy.config) == [copy.config / "README.md"]


def test_schema_that_no_model_has_is_removed(copy):
    write_docs(copy.config)
    leftover = copy.config / "schemas/gone.schema.json"
    leftover.write_text("{}")
    assert write_docs(copy.config) == [leftover]
    assert not leftover.exists()
