"""An adapter in this process, under the loop's time, also virtual: for who writes one."""

import asyncio
from collections.abc import Callable
from typing import Any

from sim_hw.bench.adapters.adapter import Adapter, Identity
from sim_hw.bench.adapters.registry import check_safe
from sim_hw.bench.adapters.server import Done, MappedDevice
from sim_hw.bench.wire.frames import FrameReader, frame
from sim_hw.bench.wire.memory_wire import MemoryWire


def wire_to(
    adapter: Adapter, identity: Identity, *, on_failed: Callable[[str], None] = lambda why: None
) -> MemoryWire:
    """A new connection to an adapter that was opened; what it does takes no time.

    `on_failed` hears the sentence by which it would be lost on a bench; the wire is cut then.
    Raises AdapterRefused for one that could not be made safe.
    """
    check_safe(type(adapter).__name__, type(adapter), adapter.setting.interface)
    reader = FrameReader()

    def hear(data: bytes) -> None:
        for payload in reader.feed(data):
            device.hear(payload)

    def fail(why: str) -> None:
        on_failed(why)
        device.close()
        wire.cut(why)

    wire = MemoryWire(hear, "trial")
    device = MappedDevice(
        adapter, identity, lambda payload: wire.device_says(frame(payload)), _at_once, fail
    )
    wire.on_close = device.close
    return wire


def _at_once(work: Callable[[], Any], done: Done) -> None:
    def do() -> None:
        try:
            result = work()
        except Exception as error:  # whatever an adapter does
            done(None, error)
        else:
            done(result, None)

    asyncio.get_running_loop().call_soon(do)
