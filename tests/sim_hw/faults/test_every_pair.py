"""Each kind of fault at each device that can have it: it takes effect, and it heals."""

import asyncio
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from sim_hw.faults.actuation_kinds import (
    AcknowledgedWithoutEffect,
    ActuationKind,
    EffectWithoutAcknowledgement,
    Jam,
    NoMove,
    Partial,
    Reversed,
    Runaway,
    Slow,
)
from sim_hw.faults.answer_kinds import (
    AnswerKind,
    Delayed,
    Dropout,
    Intermittent,
    SlowRate,
    Stale,
    StaleStamp,
)
from sim_hw.faults.catalogue import builtin_kinds
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_kinds import DeviceKind
from sim_hw.faults.reading_kinds import ValueKind
from sim_hw.faults.value_kinds import (
    Bias,
    Drift,
    Noise,
    NotANumber,
    OutOfRange,
    Quantised,
    Saturation,
    Scale,
    Spike,
    Stuck,
    SwappedAxes,
    SwappedSign,
    WrongButPlausible,
)
from sim_hw.serving.interposing import NoAnswer
from tests.sim_hw.faults.parts import Bench, Held, all_parts

PARTS = all_parts()
SAMPLES: list[DeviceKind] = [
    NotANumber(),
    Stuck(),
    Bias(offset=7.0),
    Scale(factor=3.0),
    Drift(per_second=0.5),
    Noise(sigma=2.0),
    Noise(sigma=2.0, shape="even"),
    Spike(size=50.0, probability=1.0),
    Saturation(highest=0.5),
    Quantised(step=100.0),
    OutOfRange(),
    WrongButPlausible(),
    SwappedSign(),
    SwappedAxes(),
    Dropout(),
    Dropout(how="silent"),
    Intermittent(bad=5.0, good=5.0),
    Delayed(by=2.0),
    SlowRate(period=1e6),
    Stale(age=1e6),
    StaleStamp(age=30.0),
    StaleStamp(),
    AcknowledgedWithoutEffect(),
    EffectWithoutAcknowledgement(),
    Slow(by=2.0),
    NoMove(),
    Jam(at=0.25),
    Partial(share=0.5),
    Runaway(factor=2.0),
    Reversed(),
]


def test_every_kind_has_a_sample() -> None:
    kinds = [kind for kind in builtin_kinds() if kind.target == "device"]
    by_itself = {"spurious_actuation"}  # of no call: test_spurious
    assert {kind.name() for kind in kinds} == {sample.name() for sample in SAMPLES} | by_itself


def ids(kind: DeviceKind) -> str:
    return str(kind).partition("(")[0] + str(SAMPLES.index(kind))


@pytest.mark.parametrize("kind", SAMPLES, ids=ids)
async def test_it_takes_effect_at_every_device_that_can_have_it_and_heals(kind: DeviceKind) -> None:
    tried = 0
    for service, part in PARTS.items():
        if type(kind).why_not(part):
            assert type(kind).why_not(part).startswith(f"{service} has nothing")
            continue
        kind.check(part, None, ())
        for name in type(kind).usual(part):
            if not (isinstance(kind, SwappedAxes) and not _has_two_axes(part, name)):
                await look_at(kind, part, name)
                tried += 1
    assert tried >= 10


def _has_two_axes(part: DevicePart, name: str) -> bool:
    from sim_hw.faults.leaves import vectors_of

    return max(vectors_of(part.types()[name]).values()) >= 2


async def look_at(kind: DeviceKind, part: DevicePart, name: str) -> None:
    where = f"{kind.name()} of {part.service}.{name}"
    held = Held(name)
    kind.check(part, name, ())
    bench = Bench(part, kind, held)
    if name in part.interface.signals:
        await signalled(kind, bench, name, where)
    elif isinstance(kind, ActuationKind):
        await acted(kind, bench, name, where)
    else:
        await answered(kind, bench, name, where)


async def signalled(kind: DeviceKind, bench: Bench, name: str, where: str) -> None:
    plain, heard = bench.tell(name)
    assert heard == plain, where
    bench.held.active, bench.held.time = True, 1.0
    if isinstance(kind, Spike):
        bench.held.time = 2.0
    plain, *told = bench.tell(name)
    await asyncio.sleep(3.0)
    told = told or []
    if isinstance(kind, SlowRate | StaleStamp):
        plain, *told = bench.tell(name)
    assert bench.held.hits, where
    assert bench.held.hits[0][0] == f"{bench.part.service}.{name}"
    if isinstance(kind, Delayed):
        assert not told, where
    else:
        assert told != [plain], where
    bench.held.active = False
    plain, *told = bench.tell(name)
    assert told == [plain], where


async def answered(kind: DeviceKind, bench: Bench, name: str, where: str) -> None:
    before = await bench.ask(name)
    assert before == bench.seam._last[name] and not bench.held.hits, where
    bench.held.active, bench.held.time = True, 1.0
    began = asyncio.get_running_loop().time()
    if isinstance(kind, SlowRate | StaleStamp):
        await bench.ask(name)
    silent = isinstance(kind, Dropout) and (kind.how == "silent" or not _is_reading(bench, name))
    asked = bench.stand.count
    try:
        told: Any = await bench.ask(name)
        assert not silent, where
    except NoAnswer:
        assert silent, where
        told = None
    assert bench.stand.count == asked + 1, where  # the device was asked all the same
    waited = asyncio.get_running_loop().time() - began
    assert (waited > 1.9) == isinstance(kind, Delayed), where
    (hit, *_) = bench.held.hits
    assert hit[0] == f"{bench.part.service}.{name}", where
    if isinstance(kind, ValueKind | StaleStamp | Stale | SlowRate):
        assert hit[1] != hit[2], where
    if isinstance(told, dict) and isinstance(kind, ValueKind) and "time_ns" in told:
        assert told["time_ns"] == bench.stand.count * 1_000_000_000 and told["valid"], where
    bench.held.active = False
    hits = len(bench.held.hits)
    after = await bench.ask(name)
    assert len(bench.held.hits) == hits, where
    assert asyncio.get_running_loop().time() - began == pytest.approx(waited), where
    assert (isinstance(kind, AnswerKind | ValueKind) and after is not None) or before is None, where


def _is_reading(bench: Bench, name: str) -> bool:
    from sim_hw.faults.device_call import tells_reading

    return tells_reading(bench.part.types()[name])


async def acted(kind: DeviceKind, bench: Bench, name: str, where: str) -> None:
    await bench.ask(name)
    good = bench.stand.told[-1]
    bench.held.active, bench.held.time = True, 1.0
    began = asyncio.get_running_loop().time()
    bench.stand.told.clear()
    try:
        await bench.ask(name)
        raised: BaseException | None = None
    except (DeviceFault, NoAnswer) as error:
        raised = error
    done = [told for told in bench.stand.told if told[0] == name]
    waited = asyncio.get_running_loop().time() - began
    match kind:
        case AcknowledgedWithoutEffect():
            assert not done and raised is None, where
        case EffectWithoutAcknowledgement():
            assert done == [good] and isinstance(raised, NoAnswer), where
        case Jam():
            assert isinstance(raised, DeviceFault) and done != [good], where
            bench.stand.told.clear()
            with pytest.raises(DeviceFault):
                await bench.ask(name)
            assert not bench.stand.told, where
        case NoMove():
            assert not done and isinstance(raised, DeviceFault), where
        case Slow():
            assert done == [good] and waited == pytest.approx(2.0), where
        case _:
            assert len(done) == 1 and done != [good] and raised is None, where
    assert bench.held.hits and bench.held.hits[0][0] == f"{bench.part.service}.{name}", where
    bench.held.active = False
    bench.stand.told.clear()
    await bench.ask(name)
    assert [told for told in bench.stand.told if told[0] == name] == [good], where
