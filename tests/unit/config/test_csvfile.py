import pytest

from clustrace.config.base import Model
from clustrace.config.csvfile import read_rows
from clustrace.errors import ConfigError


class Line(Model):
    name: str
    value: float | None
    note: str = ""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "lines.csv"

    def write(text):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def said(path):
    with pytest.raises(ConfigError) as caught:
        read_rows(path, Line)
    return str(caught.value).replace(str(path), "lines.csv")


def test_rows_by_line(file):
    rows = read_rows(file('name,value,note\na,1.5,\n\n"b, c",,x\n'), Line)
    assert rows == {2: Line(name="a", value=1.5), 4: Line(name="b, c", value=None, note="x")}


def test_header_alone(file):
    assert read_rows(file("name,value,note\n"), Line) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nam,value,note\na,1,\n", "lines.csv:1: the header must be name,value,note."),
        ("name,note,value\n", "lines.csv:1: the header must be name,value,note."),
        ("name,value,note\na,1,\nb,1,5,\n", "lines.csv:3: this line has 4 values, but the header"),
        ("name,value,note\na,1\n", "lines.csv:2: this line has 2 values, but the header has 3"),
        ("name,value,note\na,n/a,\n", "lines.csv:2: value is 'n/a', but must be a number."),
        ("name,value,note\n,1,\n", "lines.csv:2: name is empty, but must be text."),
        ('name,value,note\n"a"b,1,\n', "lines.csv is no CSV table in UTF-8"),
        (b"name,value,note\n\xff,1,\n", "lines.csv is no CSV table in UTF-8"),
    ],
)
def test_unusable(file, text, expected):
    assert said(file(text)).startswith(expected)


def test_missing_file(tmp_path):
    assert "could not be read (No such file or directory)" in said(tmp_path / "none.csv")
