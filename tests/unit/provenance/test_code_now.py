"""Recorded code beside the code of the checkout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clustrace.provenance.code_identity import CodeIdentity, CodeIndex
from clustrace.provenance.code_now import CodeNow
from clustrace.provenance.hash_cache import HashCache


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folder of an importable package whose module ``loss`` imports ``steps``."""
    folder = tmp_path / "edited_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "loss.py").write_text("from edited_package.steps import step\n")
    (folder / "steps.py").write_text("def step() -> int:\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop("edited_package", None)


@pytest.fixture
def recorded(package: Path) -> CodeIdentity:
    return CodeIndex("edited_package").identity("edited_package.loss")


def changed(code: CodeIdentity) -> tuple[str, ...] | None:
    return CodeNow(HashCache(None)).changed(code)


def test_nothing_changed(recorded: CodeIdentity) -> None:
    assert changed(recorded) == ()


def test_comments_and_docstrings_do_not_count(recorded: CodeIdentity, package: Path) -> None:
    (package / "steps.py").write_text('"""A step."""\n\ndef step() -> int:\n    return 1  # one\n')
    assert changed(recorded) == ()


def test_an_edited_module_is_named(recorded: CodeIdentity, package: Path) -> None:
    (package / "steps.py").write_text("def step() -> int:\n    return 2\n")
    assert changed(recorded) == ("edited_package.steps",)


@pytest.mark.parametrize("text", [None, "def step(:\n"])
def test_a_module_that_is_gone_or_broken_is_named(
    recorded: CodeIdentity, package: Path, text: str | None
) -> None:
    (package / "steps.py").unlink()
    if text is not None:
        (package / "steps.py").write_text(text)
    assert changed(recorded) == ("edited_package.steps",)


def test_a_package_that_cannot_be_imported_has_changed() -> None:
    code = CodeIdentity(digest="0" * 64, roots=("gone.a",), modules={"gone.a": "1" * 64})
    assert changed(code) == ("gone.a",)


def test_a_digest_alone_cannot_be_compared() -> None:
    assert changed(CodeIdentity(digest="0" * 64)) is None
