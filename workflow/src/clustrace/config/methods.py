"""Models of config/methods/<method>.yaml: an estimator and its hyper-parameters with sources."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from clustrace.config.base import Estimator, Model, ParameterValue, Slug


class Override(Model):
    """Value of a hyper-parameter for one data set."""

    value: ParameterValue
    """Value on this data set."""
    source: str
    """Paper section, reference code, or own decision."""


class Parameter(Model):
    """A hyper-parameter with the place that its value comes from."""

    value: ParameterValue
    """Value on all data sets that have no other."""
    source: str
    """Paper section, reference code, or own decision."""
    datasets: dict[Slug, Override] = Field(default_factory=dict)
    """Other values for single data sets."""


def _required_of_variants(schema: dict[str, Any]) -> None:
    """A file that names another method may leave out what it takes from there."""
    alone = [key for key in schema["required"] if key != "slug"]
    schema["required"] = ["slug"]
    schema["anyOf"] = [{"required": alone}, {"required": ["variant_of"]}]


class Method(Model):
    """One method: which estimator, what it starts from, with which hyper-parameters."""

    model_config = ConfigDict(json_schema_extra=_required_of_variants)

    slug: Slug
    """The file's name, and part of result paths."""
    variant_of: Slug | None = None
    """Method that this one differs from in some keys: all that is not given here is taken from
    there, parameters one by one, as are the changes that protocols make to it."""
    name: str
    """Name as printed."""
    stage: Literal[
        "pretrain", "initialise", "finetune", "cluster", "neighbours", "partition", "classify"
    ]
    """Stage of the workflow: `pretrain` learns an embedding, `initialise` clusters it,
    `finetune` trains embedding and clusters further, `cluster` works on the features alone;
    `neighbours` finds the nearest neighbours of all samples, once a data set, and `partition`
    works on the features and these; `classify` learns from labelled samples, on what was learnt
    before or on the features."""
    estimator: Estimator
    """`module:Class` of the estimator."""
    starts_from: Slug | None = None
    """Method whose result this one starts from: a `pretrain` method for `initialise`, an
    `initialise` method for `finetune`, a `neighbours` method for `partition`, a `pretrain` method
    or none for `classify`; empty for the
    others."""
    deterministic: bool = False
    """Whether it draws nothing at random, so that all seeds give the same."""
    finds_clusters: bool = False
    """Whether it finds the number of clusters itself, and is not given the number of classes; for
    methods of stage `partition`."""
    equation: str = ""
    """Objective, in LaTeX."""
    reference: str = ""
    """Where the method is described."""
    input_scale: Parameter = Parameter(value=1.0, source="features in [0, 1]")
    """Factor on the features in [0, 1] before they enter the method; a method that starts from
    another gets the features as that one did, and has no such key."""
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    """Arguments of the estimator; one that is not listed keeps the estimator's default."""
