import pytest
from pydantic import BaseModel, ValidationError

from clustrace.config.base import Count, Model, Names, Slug


class Example(BaseModel):
    names: Names = "all"
    count: Count = 1
    slug: Slug = "a"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("all", "all"),
        (["all"], "all"),
        ("dec", ["dec"]),
        ("dec,idec", ["dec", "idec"]),
        (" dec , idec,", ["dec", "idec"]),
        (["dec", "idec"], ["dec", "idec"]),
        ("dec,dec", ["dec"]),
    ],
)
def test_names(given, names):
    assert Example(names=given).names == names


@pytest.mark.parametrize("given", [None, 3, "", ",", [], ["dec", 3], "all,dec", {"dec": 1}])
def test_no_names(given):
    with pytest.raises(ValidationError, match="write all"):
        Example(names=given)


@pytest.mark.parametrize("given", [0, -1, 1.5, True, "3"])
def test_count_is_a_whole_number_above_zero(given):
    with pytest.raises(ValidationError):
        Example(count=given)


@pytest.mark.parametrize("given", ["", "Dec", "dec_1", "-dec", "dec-", "a--b", "a.b", "a/b"])
def test_slugs_are_safe_in_paths_and_addresses(given):
    with pytest.raises(ValidationError):
        Example(slug=given)
    assert Example(slug="mnist-full2").slug == "mnist-full2"


def test_models_are_immutable_and_closed():
    class Closed(Model):
        key: int

    with pytest.raises(ValidationError, match="frozen"):
        Closed(key=1).key = 2
    with pytest.raises(ValidationError, match="Extra inputs"):
        Closed(key=1, other=2)
