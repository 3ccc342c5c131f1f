"""Types of command arguments that speak of places in the local frame."""

from typing import Annotated

from msgspec import Meta

Metres = Annotated[float, Meta(ge=-20_000, le=20_000, extra={"unit": "m"})]
"""East or north of the tube Malay."""
PlaceError = Annotated[float, Meta(gt=0, le=1_000, extra={"unit": "m"})]
"""How well a place is known, 1 sigma on each axis."""
