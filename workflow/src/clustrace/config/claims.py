"""Models of what a paper claims in words, as comparisons of rows of one of its tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from clustrace.config.base import Model, Slug

#: Stands for the table's slug in the address of a claim, and names the files of all claims.
CLAIMS = "claims"
#: Stands for the slugs of column and metric in the address of a claim.
ALL = "all"


class Comparison(Model):
    """Two rows of a table, the one that is to be ahead and the other."""

    ahead: Slug
    """Row that is claimed to be ahead."""
    behind: Slug
    """Row that it is compared with."""


class _Claim(Model):
    slug: Slug
    """Part of the claim's address, `<paper>.claims.<slug>.all.all`."""
    text: str
    """What is claimed, in our own words."""
    place: str
    """Where the paper claims it."""
    table: Slug
    """Table whose rows are compared, in all of its columns."""


class BetterClaim(_Claim):
    """Some methods score higher than others."""

    kind: Literal["better"]
    """The row ahead scores higher than the other, in every pair."""
    comparisons: list[Comparison] = Field(min_length=1)
    """Pairs of rows."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the table in which they are compared."""


class BestClaim(_Claim):
    """One method scores higher than all others of the table."""

    kind: Literal["best"]
    """The row scores higher than every other row of the table."""
    row: Slug
    """Row that is claimed to be the best."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the table in which they are compared."""


class FewerIterationsClaim(_Claim):
    """Some methods need fewer gradient steps in their fine-tuning than others."""

    kind: Literal["fewer-iterations"]
    """The row ahead stops its fine-tuning after fewer gradient steps, in every pair."""
    comparisons: list[Comparison] = Field(min_length=1)
    """Pairs of rows."""


Claim = Annotated[
    BetterClaim | BestClaim | FewerIterationsClaim,
    Field(discriminator="kind"),
]
