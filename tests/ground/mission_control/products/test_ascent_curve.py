"""What the console draws of an ascent: as many points as one can see, and each phase's first."""

from flight.icd.ascent_record import AscentSample
from ground.mission_control.products.ascent_record import AscentProduct, curve_of

MOST_POINTS = 600


def sample(second: float, phase: str) -> AscentSample:
    far, zero = 3_396_000.0, (0.0, 0.0, 0.0)
    position, velocity = (far + 10.0 * second, 0.0, 0.0), (3.0 * second, 4.0 * second, 0.0)
    return AscentSample(
        100.0 + second, phase, position, velocity, (1.0, 0.0, 0.0, 0.0), zero, (0.0, 3.0, 4.0),
        zero, (0.0, 0.0), 1.0, 50.0, 0.0,
    )  # fmt: skip


def test_it_counts_from_its_first_sample() -> None:
    told = curve_of(AscentProduct((sample(0.0, "ejecting"), sample(2.0, "first_burn")), 1, ()))
    assert told["began_s"] == 100.0
    assert told["rows"] == [
        [0.0, 0.0, 0.0, 50.0, 5.0, "ejecting"], [2.0, 20.0, 10.0, 50.0, 5.0, "first_burn"],
    ]  # fmt: skip


def test_of_many_samples_not_every_one_is_told_but_each_phase() -> None:
    phases = ["first_burn"] * 1501 + ["holding"] + ["coasting"] * 1500
    samples = tuple(sample(place / 10.0, phase) for place, phase in enumerate(phases))
    rows = curve_of(AscentProduct(samples, 9, ()))["rows"]
    assert MOST_POINTS / 2 < len(rows) <= MOST_POINTS + 4
    assert [row[5] for row in rows].count("holding") == 1
    assert rows[0][0] == 0.0 and rows[-1][0] == (len(phases) - 1) / 10.0


def test_of_nothing_nothing_is_told() -> None:
    assert curve_of(AscentProduct((), 0, ()))["rows"] == []
