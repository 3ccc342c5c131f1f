"""What the lander's own code does so that one wrong reading alone does not land it wrongly."""

from flight.core.fault_protection.safeguards import Safeguard

TOUCHDOWN_LATCH = Safeguard(
    "touchdown_latch",
    "what the legs have latched before touchdown sensing begins is cleared, and legs are believed "
    "only when the descent has stopped",
    "Mars Polar Lander, December 1999: engines off 40 m up",
)
SATURATION_HEARD = Safeguard(
    "saturation_heard",
    "after a saturated gyroscope the attitude is in doubt, and the vertical is found again",
    "Schiaparelli, October 2016: attitude integrated through a saturation",
)
NEGATIVE_HEIGHT = Safeguard(
    "negative_height",
    "a height under the ground is not believed while the radar sees the ground far below",
    "Schiaparelli, October 2016: parachute cut 3.7 km up",
)
INSISTENCE = Safeguard(
    "insistence",
    "measurements that were set aside are believed once another source says the same",
    "Hakuto-R, April 2023: the true jump of the altimeter at a crater's rim was rejected",
)
HALF_OPEN_ARRAY = Safeguard(
    "half_open_array",
    "where not all of the array opens, what it gives decides whether the work goes on",
    "Beagle 2, December 2003: a panel stayed shut over the antenna, and nothing was heard",
)
LANDER_SAFEGUARDS = (
    TOUCHDOWN_LATCH,
    SATURATION_HEARD,
    NEGATIVE_HEIGHT,
    INSISTENCE,
    HALF_OPEN_ARRAY,
)
