from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, model_validator

from clustrace.config.base import Model, ParameterValue, Slug
from clustrace.config.sentences import closest, nearest, problems


class File(Model):
    kind: Literal["file"]
    path: str


class Page(Model):
    kind: Literal["page", "site"]
    address: str
    tries: int = Field(default=1, ge=1, le=9)


class Entry(Model):
    title: str = ""
    value: ParameterValue = None
    size: Annotated[int, Field(gt=0)] | Literal["all"] = "all"
    sources: list[Annotated[File | Page, Field(discriminator="kind")]] = Field(default_factory=list)
    parts: dict[Slug, "Entry"] = Field(default_factory=dict)
    renamed: int = Field(default=0, alias="as")
    metric: Literal["acc", "nmi", "ari"] = "acc"
    code: str = Field(default="a1", pattern=r"^[a-z]\d$")
    tags: list[str] = Field(default_factory=list, min_length=1)

    @model_validator(mode="after")
    def _title_is_not_value(self):
        if self.title and self.title == self.value:
            raise ValueError("title and value must differ")
        return self


def said(content, model=Entry):
    """Location (joined by dots) and sentence of every problem."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(content)
    found = problems(caught.value, content, model)
    return [(".".join(map(str, location)), sentence) for location, sentence in found]


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("dce", "dec"),
        ("DEC", "dec"),
        ("demo", "demonstration"),
        ("mnist_full", "mnist-full"),
        ("de", "dec"),
        ("nothing-like-it", None),
    ],
)
def test_closest(name, match):
    assert closest(name, ["idec", "dec", "demonstration", "mnist-full"]) == match


def test_nearest_is_a_hint_or_nothing():
    assert nearest("dce", ["dec"]) == " — did you mean 'dec'?"
    assert nearest("xyz", ["dec"]) == ""


def test_unknown_key():
    ((place, sentence),) = said({"titel": "x"})
    assert place == "titel"
    assert sentence.startswith("unknown key 'titel' — did you mean 'title'? Allowed here: title, ")


def test_unknown_key_that_is_like_none():
    ((_, sentence),) = said({"qqqqqq": "x"})
    assert sentence.startswith("unknown key 'qqqqqq'. Allowed here: title, ")


def test_known_keys_are_those_of_the_place_not_of_the_file():
    ((place, sentence),) = said({"parts": {"a": {"sources": [{"kind": "file", "paht": "x"}]}}})
    assert place == "parts.a.sources.0.paht"
    assert "did you mean 'path'? Allowed here: kind, path." in sentence


def test_member_of_a_union_is_the_one_of_its_kind():
    ((place, sentence),) = said({"sources": [{"kind": "site", "address": "x", "trys": 2}]})
    assert place == "sources.0.trys"
    assert sentence.endswith("Allowed here: kind, address, tries.")


def test_missing_key():
    assert said({"sources": [{"kind": "file"}]}) == [
        ("sources.0.path", "the key 'sources.0.path' is missing; add it.")
    ]


def test_missing_key_that_a_typo_explains_is_not_told_twice():
    found = said({"sources": [{"kind": "page", "adress": "x"}]})
    assert [place for place, _ in found] == ["sources.0.adress"]


def test_missing_key_that_no_typo_explains_is_told_beside_it():
    found = said({"sources": [{"kind": "page", "trise": 2}]})
    assert {place for place, _ in found} == {"sources.0.address", "sources.0.trise"}


def test_unknown_kind():
    assert said({"sources": [{"kind": "fiel", "path": "x"}]}) == [
        (
            "sources.0.kind",
            "sources.0.kind is 'fiel', but must be one of 'file', 'page', 'site' — "
            "did you mean 'file'?",
        )
    ]


def test_missing_kind():
    ((place, sentence),) = said({"sources": [{"path": "x"}]})
    assert place == "sources.0.kind"
    assert "is missing" in sentence


def test_wrong_literal():
    ((_, sentence),) = said({"metric": "accuracy"})
    assert sentence == (
        "metric is 'accuracy', but must be 'acc', 'nmi' or 'ari' — did you mean 'acc'?"
    )


def test_union_is_one_sentence():
    assert [sentence for _, sentence in said({"size": "al"})] == [
        "size is 'al', but must be a whole number or 'all' — did you mean 'all'?"
    ]
    assert [sentence for _, sentence in said({"value": {"a": 1}})] == [
        "value is a mapping of keys to values, but must be true or false, a number, text or a list."
    ]


def test_fault_inside_a_member_of_a_union():
    assert said({"value": [1, "b"]}) == [("value.1", "value.1 is 'b', but must be a number.")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"title": 3}, "title is 3, but must be text."),
        ({"title": None}, "title is empty, but must be text."),
        ({"as": "x"}, "as is 'x', but must be a whole number."),
        ({"size": 0}, "size is 0, but must be greater than 0 or 'all'."),
        ({"code": "zz"}, r"code is 'zz', but must be text of the form ^[a-z]\d$."),
        ({"tags": []}, "tags is [], but must be a list of at least 1."),
        ({"parts": []}, "parts is [], but must be a mapping of keys to values."),
        ({1: 2}, "the key '1' must be text; put it in quotes."),
    ],
)
def test_wrong_value(content, sentence):
    assert [found for _, found in said(content)] == [sentence]


def test_bounds():
    for tries, bound in ((0, "at least 1"), (10, "at most 9")):
        ((_, sentence),) = said({"kind": "page", "address": "x", "tries": tries}, Page)
        assert sentence == f"tries is {tries}, but must be {bound}."


def test_key_that_is_no_slug():
    assert said({"parts": {"A_b": {}}}) == [
        (
            "parts.A_b",
            "the key 'parts.A_b' must be lower-case letters and digits, in words joined by "
            "single hyphens.",
        )
    ]


def test_error_of_a_validator_does_not_print_the_whole_mapping():
    content = {"parts": {"a": {"title": "x", "value": "x"}}}
    assert said(content) == [("parts.a", "parts.a: title and value must differ.")]
    assert said(content["parts"]["a"]) == [("", "title and value must differ.")]


def test_long_values_are_cut():
    ((_, sentence),) = said({"metric": "x" * 500})
    assert len(sentence) < 150


def test_content_that_is_no_mapping():
    assert said(["a"]) == [("", "the content is ['a'], but must be a mapping of keys to values.")]


def test_error_without_a_sentence_of_its_own_keeps_pydantics_words():
    class Other(BaseModel):
        when: float = Field(multiple_of=2)

    ((_, sentence),) = said({"when": 3}, Other)
    assert sentence == "when is 3, but must be otherwise (input should be a multiple of 2)."
