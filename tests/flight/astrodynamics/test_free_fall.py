"""Free fall written out is the shared integrator's, bit by bit."""

import random

from flight.astrodynamics.free_fall import fall, falling
from flight.astrodynamics.integrators import State, rk4_step


def test_written_out_it_has_the_bits_of_the_shared_integrator() -> None:
    draw = random.Random(1)
    for _ in range(200):
        state: State = tuple(
            draw.uniform(-1.0, 1.0) * size for size in (4e6, 4e6, 4e6, 3e3, 3e3, 3e3)
        )
        if sum(each * each for each in state[:3]) < 1e12:
            continue
        step, count = draw.uniform(-60.0, 60.0), draw.randrange(4)
        expected = state
        for _ in range(count):
            expected = rk4_step(falling, 0.0, expected, step)
        assert fall(state, step, count) == expected
