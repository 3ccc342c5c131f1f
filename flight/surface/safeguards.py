"""What driving does so that ground that gives way alone does not keep a vehicle."""

from flight.core.fault_protection.safeguards import Safeguard

SLIP_CHECK = Safeguard(
    "slip_check",
    "after each segment of at most 5 m images show how far it really came; beyond the limit it "
    "goes back and around",
    "Opportunity, sol 446: dug in up to the hubs while the wheels counted on",
)
EXTRACTION = Safeguard(
    "extraction",
    "where not even the way back bears, the wheels go on straight back in their own tracks until "
    "they hold",
    "Opportunity, sols 446 and 833: five weeks, and nine days, to get out of a dune",
)
BELIEVABLE_WAY = Safeguard(
    "believable_way",
    "images that show a way that no wheels can have made count as none at all",
    "Ingenuity, flight 72: over featureless sand the navigation took what it saw for its motion",
)
TRAILING_WHEEL = Safeguard(
    "trailing_wheel",
    "with a dead wheel in front it drives backwards, so that the wheel trails and does not plough",
    "Spirit, March 2006: the right front wheel was dead for four years",
)
SUN_SUBSTITUTION = Safeguard(
    "sun_substitution",
    "without a fix of the Sun the heading is carried on by the gyroscopes",
    "Ingenuity, flight 29: no flight without the inclinometer",
)
DRIVING_SAFEGUARDS = (
    SLIP_CHECK,
    EXTRACTION,
    BELIEVABLE_WAY,
    TRAILING_WHEEL,
    SUN_SUBSTITUTION,
)
