"""Identity of code: what changes it, what does not, and what belongs to a closure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustrace.errors import ConfigError
from clustrace.provenance.code_identity import CodeIndex, code_index, normalised_source_hash

SOURCE = '''"""Module docstring."""
from pathlib import Path

WHERE = Path("data/raw")


class Loss:
    """Class docstring."""

    margin: float = 0.5
    """Attribute docstring."""

    def value(self, x: float, scale: float = 1.0) -> float:
        """Method docstring."""
        if x > self.margin:
            x = x - 1
        return x * scale
'''

# Constructs whose syntax trees differ between versions of Python: nested format parts,
# type parameters, literals of None, default values that are missing.
VERSION_DEPENDENT = r"""
label = f"{value!r:>{width}}" f"{{{value}}} {number:{width}.{digits}}" u"é" f""
def split(first, /, second=None, *, third, **rest) -> None:
    match first:
        case None:
            return
        case {"key": 1, **others}:
            return {**rest, "x": [*others]}
class Empty: pass
"""

PACKAGE = {
    "__init__": "",
    "losses": "def loss(x):\n    return x * 2\n",
    "lazy": "RATE = 0.1\n",
    "typing_only": "class Shape: ...\n",
    "unrelated": "SIZE = 3\n",
    "nets/__init__": "from demo import settings\n",
    "nets/dense": "WIDTH = 500\n",
    "settings": "THREADS = 2\n",
    "train": (
        "from typing import TYPE_CHECKING\n"
        "from demo.losses import loss\n"
        "from .nets import dense\n"
        "if TYPE_CHECKING:\n    from demo.typing_only import Shape\n"
        "def step():\n    from demo import lazy\n    return loss(lazy.RATE)\n"
        "import demo.provenance.record\n"
    ),
    "provenance/__init__": "",
    "provenance/record": "import demo.provenance.helper\nimport demo.only_recorded\n",
    "provenance/helper": "KEPT = True\n",
    "only_recorded": "HEADER = 1\n",
    "report/__init__": "",
    "report/tables": "import demo.report.rounding, demo.provenance.helper, demo.losses\n",
    "report/rounding": "DIGITS = 2\n",
}

Write = Callable[[dict[str, str]], CodeIndex]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write modules of the package ``demo`` and index it."""
    monkeypatch.syspath_prepend(tmp_path)

    def write_modules(modules: dict[str, str]) -> CodeIndex:
        for name, source in modules.items():
            path = tmp_path / "demo" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        return CodeIndex("demo")

    return write_modules


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Module docstring", "Another text"),
        ("Class docstring", "Another text"),
        ("Attribute docstring", "Another text"),
        ('        """Method docstring."""\n', ""),
        ("x = x - 1", "x = (x   - 1)  # smaller"),
        ("\n\n\nclass", "\n# a remark\nclass"),
        ('"data/raw"', "'data/raw'"),
    ],
)
def test_edits_that_nothing_executes_keep_the_hash(old: str, new: str) -> None:
    assert old in SOURCE
    assert normalised_source_hash(SOURCE.replace(old, new)) == normalised_source_hash(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('Path("data/raw")', 'Path("data/processed")'),
        ("margin: float = 0.5", "margin: float = 0.50001"),
        ("scale: float = 1.0", "scale: float = 1"),
        ("x - 1", "x + 1"),
        ("self.margin", "self.limit"),
        ("return x * scale", "return None"),
        ("return x * scale", "return"),
        ("x: float, scale: float = 1.0", "x: float, *, scale: float = 1.0"),
    ],
)
def test_edits_that_are_executed_change_the_hash(old: str, new: str) -> None:
    assert old in SOURCE
    assert normalised_source_hash(SOURCE.replace(old, new)) != normalised_source_hash(SOURCE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f():\n    return", "def f():\n    return None"),
        ("f(None)", "f()"),
        ("f(None)", "f('')"),
        ("x[:None]", "x[:]"),
        ("{**a}", "{None: a}"),
        ("def f(*, a, b=1): ...", "def f(*, a=1, b): ..."),
        ("f'{x}'", "f'{x!s}'"),
        ("x = 1", "x = True"),
        ("x = 0.0", "x = -0.0"),
        ("x = 'a'", "x = b'a'"),
    ],
)
def test_look_alikes_have_different_hashes(one: str, other: str) -> None:
    assert normalised_source_hash(one) != normalised_source_hash(other)


def test_hash_is_the_same_on_all_supported_versions_of_python() -> None:
    # The expected value came out equal on Python 3.11, 3.12 and 3.13; this test, run on any of
    # them, tells when one of them, or an edit of the normaliser, departs from it.
    assert normalised_source_hash(VERSION_DEPENDENT) == (
        "2e6af9a2d27649a9c4efc1a8f9f91c53730195089aa5ff36a99e19c7a823d2ff"
    )


LINES = SOURCE.splitlines(keepends=True)
NOISE = st.one_of(
    st.just("\n"),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map("# {}\n".format),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"])).map("        # {}\n".format),
)


@given(st.lists(st.tuples(st.integers(0, len(LINES)), NOISE), max_size=8))
def test_inserted_comments_and_blank_lines_never_change_the_hash(
    insertions: list[tuple[int, str]],
) -> None:
    lines = list(LINES)
    for position, noise in insertions:
        lines.insert(position, noise)
    assert normalised_source_hash("".join(lines)) == normalised_source_hash(SOURCE)


@given(st.floats(allow_nan=False, min_value=0.0))
def test_every_change_of_a_constant_changes_the_hash(constant: float) -> None:
    changed = SOURCE.replace("0.5", repr(constant).replace("inf", "1e999"))
    same = normalised_source_hash(changed) == normalised_source_hash(SOURCE)
    assert same == (constant == 0.5)


def test_closure_holds_what_an_import_executes(write: Write) -> None:
    assert write(PACKAGE).closure("demo.train") == (
        "demo",
        "demo.lazy",
        "demo.losses",
        "demo.nets",
        "demo.nets.dense",
        "demo.settings",
        "demo.train",
    )


def test_observers_count_for_a_root_among_them(write: Write) -> None:
    assert write(PACKAGE).closure("demo.report.tables") == (
        "demo",
        "demo.losses",
        "demo.provenance",
        "demo.provenance.helper",
        "demo.report",
        "demo.report.rounding",
        "demo.report.tables",
    )


def test_closure_of_several_roots_is_the_union(write: Write) -> None:
    index = write(PACKAGE)
    parts = {*index.closure("demo.train"), *index.closure("demo.report.tables")}
    assert set(index.closure("demo.train", "demo.report.tables")) == parts


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("losses", "def loss(x):\n    return x * 3\n"),
        ("lazy", "RATE = 0.2\n"),
        ("nets/__init__", "from demo import settings\nDEPTH = 4\n"),
        ("settings", "THREADS = 4\n"),
        ("losses", "from demo.unrelated import SIZE\ndef loss(x):\n    return x * 2\n"),
    ],
)
def test_edit_to_imported_module_changes_identity(write: Write, module: str, source: str) -> None:
    before = write(PACKAGE).identity("demo.train")
    after = write({module: source}).identity("demo.train")
    assert after.digest != before.digest


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("unrelated", "SIZE = 4\n"),
        ("typing_only", "class Shape:\n    rank = 2\n"),
        ("provenance/helper", "KEPT = False\n"),
        ("only_recorded", "HEADER = 2\n"),
        ("report/rounding", "DIGITS = 3\n"),
        ("losses", '"""Losses."""\n\n\ndef loss(x):  # twice\n    return x * 2\n'),
    ],
)
def test_other_edits_keep_identity(write: Write, module: str, source: str) -> None:
    before = write(PACKAGE).identity("demo.train")
    assert write({module: source}).identity("demo.train") == before


def test_edit_to_a_report_changes_the_identity_of_reports(write: Write) -> None:
    before = write(PACKAGE).identity("demo.report.tables")
    after = write({"report/rounding": "DIGITS = 3\n"}).identity("demo.report.tables")
    changed = {name for name in after.modules if after.modules[name] != before.modules[name]}
    assert changed == {"demo.report.rounding"}
    assert after.digest != before.digest


def test_identity_names_its_roots_and_modules(write: Write) -> None:
    index = write(PACKAGE)
    identity = index.identity("demo.train", "demo.losses")
    assert identity.roots == ("demo.losses", "demo.train")
    assert tuple(sorted(identity.modules)) == index.closure("demo.train", "demo.losses")
    assert identity.modules["demo.losses"] == normalised_source_hash(PACKAGE["losses"])
    assert identity == index.identity("demo.losses", "demo.train")


def test_unknown_root_names_the_nearest_module(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"no module 'demo\.los'.*did you mean 'demo\.losses'"):
        write(PACKAGE).closure("demo.los")


def test_no_root_is_an_error(write: Write) -> None:
    with pytest.raises(ConfigError, match="at least one module"):
        write(PACKAGE).identity()


def test_invalid_python_is_an_error(write: Write) -> None:
    with pytest.raises(ConfigError, match="imports of demo cannot be read"):
        write({**PACKAGE, "losses": "def loss(\n"})


def test_module_broken_after_indexing_is_an_error(write: Write, tmp_path: Path) -> None:
    index = write(PACKAGE)
    (tmp_path / "demo/losses.py").write_text("def loss(\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"source of demo\.losses"):
        index.identity("demo.train")


def test_folder_without_init_is_an_error(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"loose/module\.py.*__init__"):
        write({**PACKAGE, "loose/module": "X = 1\n"})


def test_files_that_cannot_be_imported_are_ignored(write: Write) -> None:
    index = write({**PACKAGE, "scratch-copy": "X = 1\n"})
    assert "demo.train" in index.closure("demo.train")


def test_unknown_package_is_an_error() -> None:
    with pytest.raises(ConfigError, match="cannot be imported"):
        CodeIndex("no_such_package_of_this_project")


def test_index_of_this_package_is_built_once_and_reads_its_sources() -> None:
    assert code_index() is code_index()
    identity = code_index().identity("clustrace.files")
    source = Path(__file__).parents[3] / "workflow/src/clustrace/errors.py"
    expected = normalised_source_hash(source.read_text(encoding="utf-8"))
    assert identity.modules["clustrace.errors"] == expected


def test_provenance_imports_no_package_that_computes() -> None:
    computing = ("nets", "train", "cluster", "classify")
    closure = code_index().closure("clustrace.provenance.record")
    assert not [name for name in closure if name.split(".")[1:2] in [[c] for c in computing]]
