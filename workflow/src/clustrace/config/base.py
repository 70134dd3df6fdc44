"""Base of all configuration models and the types that they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

#: Values that a hyper-parameter may take in a YAML file.
Scalar = bool | int | float | str
ParameterValue = Scalar | list[int] | list[float] | None

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, Field(pattern=SLUG_PATTERN)]

#: ``module:Class`` of an estimator.
Estimator = Annotated[str, Field(pattern=r"^[a-z_0-9.]+:[A-Za-z0-9]+$")]

#: A count above 0; strict, as pydantic would otherwise take ``yes`` for 1.
Count = Annotated[int, Field(gt=0, strict=True)]


class Model(BaseModel):
    """A configuration model: immutable, and unknown keys are errors."""

    # Without pydantic's use_attribute_docstrings, which reads the source of every model at every
    # start; clustrace.config.schemas reads them where they are wanted.
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_names(value: object) -> object:
    """Accept ``all``, ``a``, ``a,b`` and lists, as they come from YAML and ``--config``."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ValueError("write all, a name, or several names separated by commas")
    names = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if names == ["all"]:
        return "all"
    if not names:
        raise ValueError("write all, or at least one name")
    if "all" in names:
        raise ValueError("write all alone, or names without it")
    return names


#: ``all`` or a list of names; a string with commas is split.
Names = Annotated[list[str] | str, BeforeValidator(_as_names)]
