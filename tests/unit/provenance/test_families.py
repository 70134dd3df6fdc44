"""Which files DVC keeps, and what one of its pointers stands for."""

from clustrace.provenance.families import families_of
from clustrace.provenance.file_hash import FileHash

MODELS = "results/paper/models/usps"


def files(*paths):
    return [FileHash(path=path, sha256="0" * 64, bytes=1) for path in paths]


def test_a_pointer_for_each_body_of_data_and_each_method():
    found = families_of(
        files(
            f"{MODELS}/dec/1/model.safetensors",
            f"{MODELS}/dec/0/trajectory.safetensors",
            f"{MODELS}/dec/0/model.safetensors",
            f"{MODELS}/sae/0/model.safetensors",
            "data/raw/usps.safetensors",
            "data/processed/usps/all/labels.safetensors",
            "data/processed/usps/all/features.safetensors",
        )
    )
    assert {family.pointer: [file.path for file in family.files] for family in found} == {
        "data/processed/usps/all.dvc": [
            "data/processed/usps/all/features.safetensors",
            "data/processed/usps/all/labels.safetensors",
        ],
        "data/raw/usps.safetensors.dvc": ["data/raw/usps.safetensors"],
        f"{MODELS}/dec.dvc": [
            f"{MODELS}/dec/0/model.safetensors",
            f"{MODELS}/dec/0/trajectory.safetensors",
            f"{MODELS}/dec/1/model.safetensors",
        ],
        f"{MODELS}/sae.dvc": [f"{MODELS}/sae/0/model.safetensors"],
    }
    assert [family.is_file for family in found] == [False, True, False, False]


def test_what_git_has_belongs_to_no_family():
    inside_git = files(
        "results/paper/runs/usps/dec/0/metrics.json",
        "results/paper/tables/dcec/table1.csv",
        "results/paper/truth/usps.safetensors.gz",
        "data/provenance/fetch/usps.json",
    )
    assert families_of(inside_git) == ()
