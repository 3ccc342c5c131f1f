"""Which of radar and camera is believed: what is wrong from the first, what jumps, what creeps."""

from collections.abc import Callable

import pytest

from flight.icd.devices.descent import RadarReading, TerrainFix
from flight.lander.ground_sources import IMAGES, PLACES, RANGE, VELOCITY
from flight.lander.measured_lines import MeasuredLine
from tests.flight.lander.descent_bench import GROUND, Bench, navigation

STEP = 0.2
SINKING = 50.0
Off = Callable[[float], float]


def nothing(time: float) -> float:
    return 0.0


class Fall:
    """A lander that sinks at a steady 50 m/s over flat ground, and knows its height to 300 m, its
    velocity to 3 m/s; radar five times a second, an image every 0.6 s, each off by something (m,
    m/s) at a time (s since the beginning)."""

    def __init__(self, height: float = 3_500.0, left_out: tuple[str, ...] = ()) -> None:
        start = navigation((0.0, 0.0, GROUND + height), (0.0, 0.0, -SINKING))
        for error in (*start.errors, *start.felt_only.errors):
            error.position, error.velocity = 300.0**2, 3.0**2
        start.can_be_insisted = "insistence" not in left_out
        self.bench = Bench(start, left_out)
        self.height, self.time, self._beat = height, 0.0, 0
        self.range = self.velocity = self.images = self.places = nothing
        self.sees = True

    def pass_by(self, seconds: float) -> "Fall":
        n, bench = self.bench.where, self.bench
        for _ in range(round(seconds / STEP)):
            n.propagate(bench.hovering(STEP)(n.number))
            self.time, self.height = self.time + STEP, self.height - SINKING * STEP
            noise = 1.0 if self._beat % 2 else -1.0
            bench.radar.answers["measure"] = [
                RadarReading(
                    range=self.height + noise + self.range(self.time), range_valid=True,
                    velocity=(0.0, 0.0, -SINKING + 0.01 * noise + self.velocity(self.time)),
                    velocity_valid=True,
                )
            ]  # fmt: skip
            bench.do(bench.descent.sensing.listen())
            if self.sees and self._beat % 3 == 0:
                bench.camera.answers["locate"] = [
                    TerrainFix(
                        time_ns=round(n.time * 1e9), east=self.places(self.time), north=0.0,
                        height=self.height + noise + self.images(self.time), matches=50,
                    )
                ]  # fmt: skip
                bench.do(bench.descent.sensing.match())
            self._beat += 1
        return self

    @property
    def wrong(self) -> float:
        """m by which the navigation is too high."""
        return self.bench.descent.height_over_ground - self.height

    @property
    def doubted(self) -> list[str]:
        return list(self.bench.descent.sensing.sources.doubted)

    def told(self, name: str) -> int:
        return len(self.bench.told(name))


def always(off: float) -> Off:
    return lambda time: off


def since(begin: float, off: float) -> Off:
    return lambda time: off if time >= begin else 0.0


def test_while_all_agree_nobody_is_doubted() -> None:
    fall = Fall().pass_by(20.0)
    assert fall.doubted == [] and abs(fall.wrong) < 5.0
    assert not fall.told("jump_believed") and not fall.told("height_by_images")


@pytest.mark.parametrize("off", [100.0, 300.0])
def test_a_range_that_is_too_long_from_the_first_is_found_by_images_and_taken_back(
    off: float,
) -> None:
    fall = Fall(2_500.0)
    fall.range, fall.sees = always(off), False
    fall.pass_by(6.0)
    assert fall.wrong == pytest.approx(off, rel=0.1)  # nothing speaks against it so far
    fall.sees = True
    fall.pass_by(9.0)
    assert fall.doubted == [RANGE] and abs(fall.wrong) < 15.0
    assert fall.bench.told("source_doubted")[0]["device"] == "landing_radar"
    assert fall.bench.descent.sensing.range_missed


def test_without_images_a_range_that_is_too_long_from_the_first_is_believed() -> None:
    # Nothing could tell: the test shows that it is the images that do.
    fall = Fall(2_500.0)
    fall.range, fall.sees = always(300.0), False
    assert fall.pass_by(15.0).doubted == [] and fall.wrong == pytest.approx(300.0, rel=0.1)


def test_of_two_that_could_be_wrong_the_nearer_ground_is_believed_until_it_is_not_there() -> None:
    fall = Fall(2_500.0)
    fall.range = always(-300.0)
    fall.pass_by(12.0)
    assert fall.doubted == [IMAGES] and fall.wrong == pytest.approx(-300.0, rel=0.1)
    sources = fall.bench.descent.sensing.sources
    assert not sources.come_through(fall.bench.descent.height_over_ground)
    assert not sources.come_through(-1.0)  # it may be that much wrong
    assert sources.come_through(-60.0)
    assert fall.doubted == [RANGE] and fall.wrong == pytest.approx(0.0, abs=20.0)
    assert fall.told("ground_not_there") == 1
    assert not sources.come_through(-60.0)  # there is no third ground


def test_a_range_that_was_wrong_for_a_while_is_believed_again_later_than_at_once() -> None:
    fall = Fall()
    fall.range = lambda time: 300.0 if time < 15.0 else 0.0
    fall.pass_by(14.0)
    assert fall.doubted == [RANGE]
    fall.pass_by(3.0)
    assert fall.doubted == [RANGE]
    fall.pass_by(16.0)
    assert fall.doubted == [] and fall.told("source_believed") == 1


def test_a_jump_is_believed_when_images_say_the_same_and_told_once() -> None:
    fall = Fall()
    fall.pass_by(10.0)
    fall.range = fall.images = since(fall.time, 900.0)
    fall.pass_by(1.0)
    assert abs(fall.wrong) < 5.0 and not fall.told("jump_believed")
    fall.pass_by(16.0)
    assert fall.wrong == pytest.approx(900.0, abs=20.0)
    assert fall.told("jump_believed") == 1
    assert fall.bench.told("jump_believed")[0]["jump"] == pytest.approx(900, abs=20)


@pytest.mark.parametrize("off", [300.0, -300.0])
def test_a_jump_of_the_radar_alone_is_never_believed(off: float) -> None:
    fall = Fall()
    fall.pass_by(10.0)
    fall.range = since(fall.time, off)
    fall.pass_by(25.0)
    assert abs(fall.wrong) < 15.0 and not fall.told("jump_believed")


def test_without_that_safeguard_no_jump_is_believed() -> None:
    fall = Fall(left_out=("insistence",))
    fall.pass_by(10.0)
    fall.range = fall.images = since(fall.time, 900.0)
    fall.pass_by(16.0)
    assert abs(fall.wrong) < 15.0 and not fall.told("jump_believed")


def test_a_velocity_that_ranges_and_images_contradict_is_doubted_on_all_axes() -> None:
    fall = Fall(3_500.0)
    fall.velocity = always(10.0)
    fall.pass_by(20.0)
    assert fall.doubted == [VELOCITY]
    n = fall.bench.where
    assert n.local_velocity() == pytest.approx((0.0, 0.0, -SINKING), abs=1.0)
    assert fall.bench.descent.sensing.velocity_missed and fall.bench.descent.sensing.needs_images


def test_a_range_that_creeps_is_found_by_its_rate() -> None:
    fall = Fall(3_000.0)
    fall.range = lambda time: 8.0 * time
    fall.pass_by(20.0)
    assert fall.doubted == [RANGE] and abs(fall.wrong) < 30.0


def test_the_place_by_images_alone_is_not_believed_beyond_the_gate() -> None:
    fall = Fall(3_500.0)
    fall.pass_by(8.0)
    fall.places = since(fall.time, 600.0)
    fall.pass_by(12.0)
    assert abs(fall.bench.where.local()[0]) < 20.0
    assert PLACES not in fall.doubted or fall.doubted == [PLACES]


def test_a_line_that_is_none_says_nothing() -> None:
    line = MeasuredLine()
    for number in range(30):
        line.add(0.2 * number, 100.0 if number % 3 else -100.0, 1.0)
    assert line.of_places(6.0, 1.0, 0.0) is None
    steady = MeasuredLine()
    for number in range(5):
        steady.add(0.8 * number, 5.0 + 0.8 * number, 0.1)
        assert (steady.of_places(3.2, 1.0, 0.0) is not None) is (number == 4)
    found = steady.of_places(3.2, 1.0, 0.0)
    assert found is not None and (found.offset, found.slope) == pytest.approx((8.2, 1.0))
    assert steady.of_places(20.0, 1.0, 0.0) is None  # long ago
