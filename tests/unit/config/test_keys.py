from typing import Literal

import pytest
from pydantic import Field

from clustrace.config.base import Count, Model, ParameterValue, Slug
from clustrace.config.keys import Key, sections


class Inner(Model):
    """Something inside."""

    size: Count | Literal["all"] = "all"
    """How large."""


class Outer(Model):
    """Something
    outside.
    """

    slug: Slug
    """Its name."""
    value: ParameterValue = None
    """Its value, on
    two lines."""
    kind: Literal["a", "b"] = "a"
    """Its kind."""
    share: float = Field(default=0.5, gt=0, le=1)
    """Its share."""
    code: str = Field(default="", pattern=r"^x\d$")
    """Its code."""
    flag: bool = False
    """Its flag."""
    first: Inner = Inner()
    """The first one."""
    others: list[Inner] = Field(default_factory=list)
    """Others."""
    named: dict[Slug, dict[str, Inner]] = Field(default_factory=dict)
    """More of them."""


@pytest.fixture
def outer():
    return sections(Outer)[0]


def test_sections_of_nested_models_know_all_their_places(outer):
    (_, inner) = sections(Outer)
    assert (outer.name, outer.places, outer.meaning) == ("Outer", (), "Something outside.")
    assert inner.name == "Inner"
    assert inner.places == ("first", "others[]", "named.<slug>.<name>")
    assert inner.meaning == "Something inside."
    assert inner.keys == (Key("size", "whole number above 0 or `all`", "`all`", "How large."),)


@pytest.mark.parametrize(
    ("name", "kind", "default"),
    [
        ("slug", "slug", "required"),
        ("value", "`true` or `false`, number, text, list (number) or empty", "empty"),
        ("kind", "`a` or `b`", "`a`"),
        ("share", "number above 0 up to 1", "`0.5`"),
        ("code", r"text of the form `^x\d$`", "empty"),
        ("flag", "`true` or `false`", "`false`"),
        ("first", "[Inner](#inner)", '`{"size": "all"}`'),
        ("others", "list ([Inner](#inner))", "empty"),
        ("named", "mapping (slug: mapping (name: [Inner](#inner)))", "empty"),
    ],
)
def test_type_and_default(outer, name, kind, default):
    (key,) = (key for key in outer.keys if key.name == name)
    assert (key.type, key.default) == (kind, default)


def test_meaning_is_on_one_line(outer):
    assert {key.name: key.meaning for key in outer.keys}["value"] == "Its value, on two lines."
