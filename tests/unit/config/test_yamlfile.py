import pytest
from pydantic import Field

from clustrace.config.base import Model
from clustrace.config.datasets import DataRegistry
from clustrace.config.yamlfile import load_document, load_model, read_yaml, unknown, validate
from clustrace.errors import ConfigError


class Part(Model):
    size: int


class Example(Model):
    name: str
    parts: list[Part] = Field(default_factory=list)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "example.yaml"

    def write(text):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def said(path, model=Example):
    with pytest.raises(ConfigError) as caught:
        load_model(path, model)
    return str(caught.value).replace(f"{path}", "example.yaml")


def test_content_and_lines(file):
    content, lines = read_yaml(file("# first\nname: a\nparts:\n  - size: 1\n  - {size: 2}\n"))
    assert content == {"name": "a", "parts": [{"size": 1}, {"size": 2}]}
    assert lines[("name",)] == 2
    assert lines[("parts", "1", "size")] == 5


def test_document_knows_places(file):
    path = file("name: a\nparts:\n  - size: 1\n")
    document = load_document(path, Example)
    assert document.model.parts == [Part(size=1)]
    assert document.place("parts", 0, "size") == f"{path}:3"
    assert document.place("parts", 0, "not there") == f"{path}:3"
    assert document.place("not there") == str(path)


def test_every_fault_has_its_line(file):
    path = file("nam: a\nparts:\n  - size: 1\n  - size: big\n  - {sise: 2}\n")
    assert said(path).splitlines() == [
        "example.yaml:4: parts.1.size is 'big', but must be a whole number.",
        "example.yaml:5: unknown key 'parts.2.sise' — did you mean 'size'? Allowed here: size.",
        "example.yaml:1: unknown key 'nam' — did you mean 'name'? Allowed here: name, parts.",
    ]


def test_missing_key(file):
    assert said(file("parts:\n- {}\n")).splitlines() == [
        "example.yaml: the key 'name' is missing; add it.",
        "example.yaml:2: the key 'parts.0.size' is missing; add it.",
    ]


@pytest.mark.parametrize(
    ("text", "line", "first"),
    [
        ("name: a\nparts: []\nname: b\n", 3, 1),
        ("name: a\nparts:\n  - size: 1\n    size: 2\n", 4, 3),
        ("name: a\n'name': b\n", 2, 1),
    ],
)
def test_key_twice(file, text, line, first):
    sentence = said(file(text))
    assert sentence.startswith(f"example.yaml:{line}: the key ")
    assert sentence.endswith(f"stands twice, first in line {first}; keep one.")


def test_same_key_in_different_mappings_is_no_repetition(file):
    path = file("name: a\nparts: [{size: 1}, {size: 1}]\n")
    assert len(load_model(path, Example).parts) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: [a\nparts: b\n", "example.yaml:2: this is not valid YAML"),
        ("name: a\n\tparts: b\n", "example.yaml:2: this is not valid YAML"),
        ("name: a\n---\nname: b\n", "example.yaml:2: this is not valid YAML"),
        ("name: !!python/name:os.system\n", "example.yaml:1: this is not valid YAML"),
        ("name: a\0b\n", "example.yaml: this is not valid YAML"),
        (b"name: \xff\n", "example.yaml is not UTF-8 text"),
        ("name: &a [*a]\n", "example.yaml: an alias (*) stands inside its own value"),
        ("", "example.yaml: the content is empty"),
        ("- a\n", "example.yaml: the content is ['a']"),
    ],
)
def test_unreadable(file, text, expected):
    sentence = said(file(text))
    assert sentence.startswith(expected)
    assert "\n" not in sentence


def test_missing_file(tmp_path):
    assert said(tmp_path / "none.yaml") == (
        "example.yaml could not be read (No such file or directory); write it, or restore it "
        "with git."
    )


def test_unknown_name():
    error = unknown("method", "dce", {"idec": 1, "dec": 2}, "file:3")
    assert str(error) == (
        "file:3: there is no method 'dce' — did you mean 'dec'? Known: dec, idec."
    )
    assert str(unknown("method", "zzz", ["dec"], "x")) == "x: there is no method 'zzz'. Known: dec."
    many = map(str, range(100))
    assert str(unknown("method", "zzz", many, "x")) == (
        "x: there is no method 'zzz'. There are 100, listed in config/README.md."
    )


def test_validate_names_the_place_that_it_is_given():
    with pytest.raises(ConfigError, match=r"^here \('name',\): name is 3, but must be text\.$"):
        validate({"name": 3}, Example, lambda location: f"here {location}")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("file: mnist.npz", "fil: mnist.npz", "unknown key 'raw.mnist.sources.0.fil' — did you me"),
        ("kind: npm", "kind: nmp", "raw.mnist.sources.2.kind is 'nmp', but must be one of 'mirr"),
        ("parser: idx", "parsr: idx", "unknown key 'raw.mnist.sources.1.parsr' — did you mean 'p"),
        (
            "  sha256: 440f",
            "  sha265: 440f",
            "unknown key 'raw.mnist.sources.1.files.train-images.sha265' — did you mean 'sha256'?",
        ),
        ("bytes: 54880000", "bytes: 5", "raw.mnist: samples, shape and dtype make 54880000 bytes"),
    ],
)
def test_nested_union_of_sources(copy, old, new, expected):
    place = copy.edit("datasets.yaml", old, new)
    if new == "bytes: 5":  # told of the whole entry, which begins with its key
        place = "config/datasets.yaml:7"
    with pytest.raises(ConfigError) as caught:
        load_model(copy.config / "datasets.yaml", DataRegistry)
    sentence = str(caught.value).replace(f"{copy.root}/", "")
    assert sentence.startswith(f"{place}: {expected}")
    assert "\n" not in sentence
