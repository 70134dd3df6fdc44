"""Git state of a checkout: clean, edited, and where git can say nothing."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from clustrace.provenance.git import GitState, describe_git


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    completed = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments],
        capture_output=True,
        check=True,
        text=True,
    )
    return completed.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one committed file."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    git(tmp_path, "init", "--quiet")
    (tmp_path / "loss.py").write_text("x = 1\n", encoding="utf-8")
    git(tmp_path, "add", "loss.py")
    git(tmp_path, "commit", "--quiet", "--no-verify", "-m", "first")
    return tmp_path


def described(folder: Path) -> GitState:
    found = describe_git(folder)
    assert found is not None
    digest = hashlib.sha256(found.difference).hexdigest() if found.difference else None
    assert found.state.diff_sha256 == digest
    return found.state


def test_clean_checkout(checkout: Path) -> None:
    assert described(checkout) == GitState(
        commit=git(checkout, "rev-parse", "HEAD"), dirty=False, diff_sha256=None
    )


def test_edit_of_tracked_file_is_dirty_and_hashed(checkout: Path) -> None:
    states = []
    for text in ("x = 2\n", "x = 3\n", "x = 2\n"):
        (checkout / "loss.py").write_text(text, encoding="utf-8")
        states.append(described(checkout))
    assert all(state.dirty for state in states)
    assert states[0].diff_sha256 != states[1].diff_sha256
    assert states[0].diff_sha256 == states[2].diff_sha256


def test_results_and_data_do_not_count(checkout: Path) -> None:
    for name in ("results/a.json", "data/b.dvc", "src/data/c.py"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("1", encoding="utf-8")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--no-verify", "-m", "second")
    for name in ("results/a.json", "data/b.dvc"):
        (checkout / name).write_text("2", encoding="utf-8")
    assert not described(checkout).dirty
    (checkout / "src/data/c.py").write_text("2", encoding="utf-8")
    assert described(checkout / "src").dirty


def test_difference_is_a_patch(checkout: Path) -> None:
    (checkout / "loss.py").write_text("x = 2\n", encoding="utf-8")
    found = describe_git(checkout)
    assert found is not None
    assert b"-x = 1" in found.difference and b"+x = 2" in found.difference


def test_staged_edit_is_dirty(checkout: Path) -> None:
    (checkout / "loss.py").write_text("x = 2\n", encoding="utf-8")
    unstaged = described(checkout)
    git(checkout, "add", "loss.py")
    assert described(checkout) == unstaged
    assert unstaged.dirty


def test_untracked_file_is_not_dirty(checkout: Path) -> None:
    (checkout / "result.json").write_text("{}", encoding="utf-8")
    assert not described(checkout).dirty


def test_touched_file_is_not_dirty(checkout: Path) -> None:
    (checkout / "loss.py").touch()
    assert not described(checkout).dirty


def test_subfolder_sees_edits_of_the_whole_checkout(checkout: Path) -> None:
    (checkout / "inside").mkdir()
    (checkout / "loss.py").write_text("x = 2\n", encoding="utf-8")
    assert described(checkout / "inside") == described(checkout)
    assert described(checkout).dirty


def test_settings_of_the_user_do_not_change_the_hash(checkout: Path) -> None:
    (checkout / "loss.py").write_text("x = 2\n", encoding="utf-8")
    before = described(checkout)
    git(checkout, "config", "diff.noprefix", "true")
    git(checkout, "config", "diff.context", "0")
    git(checkout, "config", "color.ui", "always")
    assert described(checkout) == before


def test_folder_wins_over_the_variables_of_a_git_hook(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path_factory.mktemp("other")))
    assert describe_git(checkout) is not None


def test_outside_a_checkout_is_none(tmp_path: Path) -> None:
    assert describe_git(tmp_path) is None


def test_checkout_without_commit_is_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert describe_git(tmp_path) is None


def test_missing_git_is_none(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert describe_git(checkout) is None
