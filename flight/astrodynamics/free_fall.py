"""Free fall around Mars, point mass and J2, by the classical Runge-Kutta method of order 4.

Written out on plain floats: a run takes a million such steps, and the shared integrator, which
serves a right-hand side of any length, takes several times as long for the same bits.
"""

import math

from flight.astrodynamics.gravity import MARS, acceleration

State = tuple[float, ...]
"""Position (m) and velocity (m/s)."""

_MU = MARS.gravitational_parameter
_OBLATE = MARS.oblateness


def falling(time: float, state: State) -> State:
    """Rate of change of a state in free fall, as `integrators.rk4_step` wants it."""
    return (*state[3:6], *acceleration((state[0], state[1], state[2]), MARS))


def fall(state: State, step: float, count: int = 1) -> State:
    """The state after so many steps (s, forward or backward): bit by bit that of `rk4_step`."""
    x, y, z, u, v, w = state
    h = step
    half, sixth = 0.5 * h, h / 6.0
    pull, oblate, sqrt = -_MU, _OBLATE, math.sqrt
    for _ in range(count):
        # Four times the acceleration: a call each would be a third of the time.
        squared = x * x + y * y + z * z
        factor = pull / (squared * sqrt(squared))
        flat, tilt = oblate / squared, 5.0 * z * z / squared
        plane = factor * (1.0 + flat * (1.0 - tilt))
        ax, ay, az = plane * x, plane * y, factor * (1.0 + flat * (3.0 - tilt)) * z
        u2, v2, w2 = u + half * ax, v + half * ay, w + half * az
        p, q, r = x + half * u, y + half * v, z + half * w
        squared = p * p + q * q + r * r
        factor = pull / (squared * sqrt(squared))
        flat, tilt = oblate / squared, 5.0 * r * r / squared
        plane = factor * (1.0 + flat * (1.0 - tilt))
        bx, by, bz = plane * p, plane * q, factor * (1.0 + flat * (3.0 - tilt)) * r
        u3, v3, w3 = u + half * bx, v + half * by, w + half * bz
        p, q, r = x + half * u2, y + half * v2, z + half * w2
        squared = p * p + q * q + r * r
        factor = pull / (squared * sqrt(squared))
        flat, tilt = oblate / squared, 5.0 * r * r / squared
        plane = factor * (1.0 + flat * (1.0 - tilt))
        cx, cy, cz = plane * p, plane * q, factor * (1.0 + flat * (3.0 - tilt)) * r
        u4, v4, w4 = u + h * cx, v + h * cy, w + h * cz
        p, q, r = x + h * u3, y + h * v3, z + h * w3
        squared = p * p + q * q + r * r
        factor = pull / (squared * sqrt(squared))
        flat, tilt = oblate / squared, 5.0 * r * r / squared
        plane = factor * (1.0 + flat * (1.0 - tilt))
        dx, dy, dz = plane * p, plane * q, factor * (1.0 + flat * (3.0 - tilt)) * r
        x += sixth * (u + 2.0 * (u2 + u3) + u4)
        y += sixth * (v + 2.0 * (v2 + v3) + v4)
        z += sixth * (w + 2.0 * (w2 + w3) + w4)
        u += sixth * (ax + 2.0 * (bx + cx) + dx)
        v += sixth * (ay + 2.0 * (by + cy) + dy)
        w += sixth * (az + 2.0 * (bz + cz) + dz)
    return x, y, z, u, v, w
