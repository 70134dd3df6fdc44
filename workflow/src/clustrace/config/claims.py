"""Models of what a paper claims in words, as comparisons of rows of one of its tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from clustrace.config.base import Model, Slug

#: Stands for the table's slug in the address of a claim, and names the files of all claims.
CLAIMS = "claims"
#: Stands for the slugs of column and metric in the address of a claim.
ALL = "all"

Share = Annotated[float, Field(gt=0, le=1)]


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
    """Some methods are better than others."""

    kind: Literal["better"]
    """The row ahead is better than the other, in every pair: it scores higher, or lower where less
    is better, as of errors and seconds."""
    comparisons: list[Comparison] = Field(min_length=1)
    """Pairs of rows."""
    by: Share | None = None
    """By how much, as a fraction; empty: by anything."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the table in which they are compared."""
    share: Share = 1.0
    """Share of the comparisons that must come out so; below 1 where the paper says `almost all`."""


class BestClaim(_Claim):
    """One method is better than all others of the table, or than some of them."""

    kind: Literal["best"]
    """The row is better than every other row: it scores higher, or lower where less is better."""
    row: Slug
    """Row that is claimed to be the best."""
    among: list[Slug] = Field(default_factory=list)
    """Rows that it is the best of; empty: all rows of the table."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the table in which they are compared."""


class FewerIterationsClaim(_Claim):
    """Some methods need fewer gradient steps in their fine-tuning than others."""

    kind: Literal["fewer-iterations"]
    """The row ahead stops its fine-tuning after fewer gradient steps, in every pair."""
    comparisons: list[Comparison] = Field(min_length=1)
    """Pairs of rows."""


class WithinClaim(_Claim):
    """Some methods score about the same as others."""

    kind: Literal["within"]
    """The scores of both rows of a pair differ by less than the margin, in every pair."""
    comparisons: list[Comparison] = Field(min_length=1)
    """Pairs of rows; which of them is ahead does not matter."""
    margin: Share
    """Largest difference, as a fraction."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the table in which they are compared."""


class ImprovesClaim(_Claim):
    """Fine-tuning raises the scores of some methods."""

    kind: Literal["improves"]
    """The row scores higher at the end of its fine-tuning than with the clusters it starts from."""
    rows: list[Slug] = Field(min_length=1)
    """Rows whose methods are fine-tuned."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the table in which they are compared."""


class Bound(Model):
    """A number that the score of a row is held against: one of the two."""

    row: Slug
    """Row of the table."""
    at_least: Share | None = None
    """The score must be above it; a fraction."""
    at_most: Share | None = None
    """The score must be below it; a fraction."""

    @model_validator(mode="after")
    def _one(self) -> Bound:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give one of at_least and at_most")
        return self


class BoundsClaim(_Claim):
    """Some methods succeed or fail, by numbers that are set for both."""

    kind: Literal["bounds"]
    """The score of each row lies above or below the number that is set for it."""
    bounds: list[Bound] = Field(min_length=1)
    """Rows with their numbers."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the table that are held against them."""


class TrendClaim(_Claim):
    """A score or a time rises or falls from row to row."""

    kind: Literal["trend"]
    """Kendall's tau of the rows' order and their values is above 0, or below where they fall."""
    rows: list[Slug] = Field(min_length=3)
    """Rows in the order of what is varied."""
    direction: Literal["rises", "falls"]
    """Whether the number itself becomes larger or smaller."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the table that are claimed to do so."""


class NearerClaim(_Claim):
    """Our scores speak for one of two readings of what a paper prints."""

    kind: Literal["nearer"]
    """The score of each row is nearer to the number that the paper prints in this table than to
    that of the same cell of another one."""
    rows: list[Slug] = Field(min_length=1)
    """Rows of both tables."""
    than: Slug
    """The other table: the same rows, columns and metrics, but other published numbers."""
    metrics: list[Slug] = Field(min_length=1)
    """Metrics of the tables in which they are compared."""
    share: Share = 1.0
    """Share of the comparisons that must come out so."""


Claim = Annotated[
    BetterClaim
    | BestClaim
    | FewerIterationsClaim
    | WithinClaim
    | ImprovesClaim
    | BoundsClaim
    | TrendClaim
    | NearerClaim,
    Field(discriminator="kind"),
]


def share_of(claim: Claim) -> float:
    """Share of a claim's comparisons that must come out as claimed."""
    return claim.share if isinstance(claim, BetterClaim | NearerClaim) else 1.0
