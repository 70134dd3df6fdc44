"""Types that the models of this package share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

#: Hexadecimal sha256 in lower case.
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
