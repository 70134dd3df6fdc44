"""A copy of config/ that a test may spoil, and what is then said."""

import shutil
from pathlib import Path

import pytest

from clustrace.config.experiment import load_experiment
from clustrace.errors import ConfigError

ROOT = Path(__file__).parents[3]


class Copy:
    """A repository with a copy of config/."""

    def __init__(self, root):
        self.root = root
        self.config = root / "config"
        shutil.copytree(ROOT / "config", self.config)

    def write(self, file, text):
        (self.config / file).write_text(text, encoding="utf-8")

    def edit(self, file, old, new):
        """Replace the first ``old``; returns ``config/file:line`` of it."""
        text = (self.config / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        self.write(file, text.replace(old, new, 1))
        start = text.index(old) + len(old) - len(old.lstrip("\n"))
        return f"config/{file}:{text[:start].count(chr(10)) + 1}"

    def load(self, **given):
        return load_experiment(self.root, given)

    def said(self, **given):
        """The message of the error that loading raises, with paths relative to the copy."""
        with pytest.raises(ConfigError) as caught:
            self.load(**given)
        return str(caught.value).replace(f"{self.root}/", "")


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


@pytest.fixture(scope="session")
def root():
    return ROOT
