import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from clustrace.config.schemas import MODELS, json_schema, schema_texts

CONFIG = Path(__file__).parents[3] / "config"
FOLDERS = {"methods": "method", "protocols": "protocol", "papers": "paper"}
FILES = sorted(p.relative_to(CONFIG).as_posix() for p in CONFIG.rglob("*.yaml"))


def schema_of(file):
    if file.endswith(".deviations.yaml"):
        return "deviations"
    folder, slash, _ = file.partition("/")
    return FOLDERS[folder] if slash else file.removesuffix(".yaml")


def validator(file):
    return jsonschema.Draft202012Validator(json_schema(MODELS[schema_of(file)]))


def content_of(file):
    return yaml.safe_load((CONFIG / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MODELS)
def test_schema_is_a_schema(name):
    schema = json.loads(schema_texts()[f"{name}.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("file", FILES)
def test_file_fits_its_schema(file):
    validator(file).validate(content_of(file))


@pytest.mark.parametrize("file", FILES)
def test_first_line_points_to_the_schema(file):
    first = (CONFIG / file).read_text(encoding="utf-8").splitlines()[0]
    up = "../" * file.count("/")
    expected = f"# yaml-language-server: $schema={up}schemas/{schema_of(file)}.schema.json"
    assert first == expected
    assert ((CONFIG / file).parent / first.partition("=")[2]).is_file()


@pytest.mark.parametrize("file", FILES)
def test_schema_refuses_unknown_keys(file):
    assert not validator(file).is_valid({**content_of(file), "unknown-key": 1})


@pytest.mark.parametrize(
    ("file", "spoil"),
    [
        ("datasets.yaml", lambda c: c["raw"].update(MNIST=c["raw"]["mnist"])),
        ("datasets.yaml", lambda c: c["raw"]["mnist"]["sources"][0].update(kind="miror")),
        ("methods/dec.yaml", lambda c: c.update(stage="finetun")),
        ("methods/dec.yaml", lambda c: c["parameters"]["momentum"].pop("source")),
        ("protocols/quick.yaml", lambda c: c.update(seeds=0)),
        ("protocols/quick.yaml", lambda c: c.update(seeds_per_job="al")),
        ("papers/dcec.yaml", lambda c: c["tables"][0]["rows"].clear()),
    ],
)
def test_schema_is_as_strict_as_the_model(file, spoil):
    content = content_of(file)
    spoil(content)
    assert not validator(file).is_valid(content)


def test_a_variant_may_leave_out_what_others_must_state():
    variant = {"slug": "dec-slow", "variant_of": "dec"}
    assert validator("methods/dec.yaml").is_valid(variant)
    for key in ("slug", "variant_of"):
        assert not validator("methods/dec.yaml").is_valid(
            {k: variant[k] for k in {*variant} - {key}}
        )


@pytest.mark.parametrize("name", MODELS)
def test_every_key_is_described_on_one_line(name):
    schema = json_schema(MODELS[name])
    for mapping in (schema, *schema.get("$defs", {}).values()):
        for key, described in mapping["properties"].items():
            assert described.get("description"), f"{mapping['title']}.{key} has no docstring"
            assert "\n" not in described["description"]
