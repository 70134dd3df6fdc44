from clustrace.files import read_json, write_json
from clustrace.provenance.canonical import in_canonical_order


def test_equal_content_prints_alike(tmp_path):
    content = {"b": {"y": (1, 2.0), "x": None}, "a": "text"}
    write_json(tmp_path / "a.json", content)
    assert repr(in_canonical_order(content)) == repr(read_json(tmp_path / "a.json"))
    assert repr(in_canonical_order(content)) == "{'a': 'text', 'b': {'x': None, 'y': [1, 2.0]}}"
