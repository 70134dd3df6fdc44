import re

import pytest

from clustrace.config.datasets import UnitRange
from clustrace.config.keys import sections
from clustrace.config.reading import read_files
from clustrace.config.readme import markdown_cell, plain, render_readme, scaling_text, value_text
from clustrace.config.schemas import MODELS
from clustrace.config.variants import states_itself


@pytest.fixture(scope="module")
def text(root):
    return render_readme(read_files(root / "config"))


def test_every_key_is_explained(text):
    for model in MODELS.values():
        for section in sections(model):
            for key in section.keys:
                row = (
                    f"| `{key.name}` | {markdown_cell(key.type)} | {markdown_cell(key.default)} | "
                )
                assert row + markdown_cell(key.meaning) in text


def test_everything_in_the_files_is_listed(text, root):
    files = read_files(root / "config")
    for folder, documents in (("methods", files.methods), ("protocols", files.protocols)):
        for slug in documents:
            assert f"| [`{slug}`]({folder}/{slug}.yaml) |" in text
    for slug, dataset in files.registry.model.datasets.items():
        assert f"| `{slug}` | {dataset.title}" in text
    for slug, raw in files.registry.model.raw.items():
        assert f"| `{slug}` | {plain(raw.title)} | {plain(raw.publisher)} | {raw.licence} |" in text
    for slug, paper in files.papers.items():
        for table in paper.model.tables:
            for row in table.rows:
                assert f"| {row.printed} | `{slug}.{table.slug}.{row.slug}` |" in text


def test_every_override_is_listed(text, root):
    files = read_files(root / "config")
    for column, protocol in enumerate(files.protocols.values(), start=4):
        for method, overrides in protocol.model.overrides.items():
            for name, value in overrides.items():
                if not states_itself(protocol, "overrides", method, name):
                    continue  # A variant's, listed with the method that it is one of.
                (row,) = re.findall(rf"^\| `{method}` \| `{name}` \|.*$", text, re.MULTILINE)
                assert row.split("|")[column].strip() == plain(value_text(value))


def test_links_lead_somewhere(text, root):
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}
    anchors |= set(re.findall(r'<a id="([^"]+)">', text))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors
        elif not target.startswith("http"):
            assert (root / "config" / target).is_file()


def test_tables_are_whole(text):
    for block in re.findall(r"(?:^ *\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block


def test_changed_value_changes_the_text(copy):
    before = render_readme(read_files(copy.config))
    copy.edit("methods/dec.yaml", "stage: finetune", "reference: somewhere | else\nstage: finetune")
    copy.edit("methods/dec.yaml", "\nreference: Xie", "\nequation: Xie")
    copy.edit("methods/dec.yaml", "\nequation: 'L", "\n# equation: 'L")
    after = render_readme(read_files(copy.config))
    assert r"somewhere \| else" in after
    assert before != after


def test_text_is_escaped():
    assert plain("a_b | <c>\n*d*") == r"a\_b \| \<c\> \*d\*"
    assert markdown_cell("`a` |\n b") == r"`a` \| b"


def test_values_are_written_as_in_yaml():
    assert [value_text(v) for v in ([1, 2], True, 0.5, None, "sgd")] == [
        "[1, 2]",
        "true",
        "0.5",
        "null",
        "sgd",
    ]


def test_scaling():
    assert scaling_text(UnitRange()) == "x / 255"
    assert scaling_text(UnitRange(offset=1, divisor=2)) == "(x + 1) / 2"
    assert scaling_text(UnitRange(divisor=1)) == "x"
