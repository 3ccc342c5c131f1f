"""Constants of physics and the reference radius of Mars, each in its one place.

What belongs to a body's gravity stands in :mod:`flight.astrodynamics.gravity`, its figure in
:mod:`flight.astrodynamics.ellipsoids`, the day in :mod:`flight.astrodynamics.time_scales`, the sol
in :mod:`flight.astrodynamics.mars_time`, nanoseconds in :mod:`flight.runtime.pace`.
"""

STANDARD_GRAVITY = 9.806_65
"""m/s^2, exact (3rd CGPM, 1901): turns specific impulses (s) into exhaust speeds, counts loads."""

SPEED_OF_LIGHT = 299_792_458.0
"""m/s, exact (definition of the metre)."""

MARS_MEAN_RADIUS = 3_389_500.0
"""m (Seidelmann et al., Celestial Mechanics 98 (2007) 155): heights of orbits are counted from it.
"""
