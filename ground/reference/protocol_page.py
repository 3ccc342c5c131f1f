"""The device protocol as a page: what a device in any language has to send and to expect."""

from flight.icd.codec import MAXIMUM_DEPTH
from flight.icd.devices.description import interface_hash
from ground.hil.form_probes import LARGEST_NUMBER
from ground.hil.interfaces import interfaces
from ground.hil.judging import SAME
from ground.reference.markdown import code, page, table
from sim_hw.bench.effect_bounds import SLACK
from sim_hw.bench.wire.client import HEARTBEAT, SILENCE
from sim_hw.bench.wire.frames import LARGEST_PAYLOAD
from sim_hw.bench.wire.payloads import FEATURES, POWER, SELF_TEST, STIMULUS

_FEATURES = ", ".join(f"`{word}`" for word in FEATURES)
PATH = "reference/device-protocol.md"

INTRODUCTION = f"""\
What a real device says and hears, in any language: `sim_hw/bench/firmware` is one in C that runs on
Linux and without an operating system; [one in
Python](../how-to/write-a-device-in-another-language.md) has some sixty
lines. `msr hil check ADDRESS INTERFACE` proves that a device keeps the rules below; it lets the
device move, unless it is told to be `--still`.

## Payload

[MessagePack](https://msgpack.org), an array of three: `[sequence, bench_ns, message]`. `sequence`
counts from 1, by each sender anew on each connection (on a line without connections, from any
number on); `bench_ns` is the bench's monotonic clock when it sent; a device sends 0, for mission
time never crosses the wire. Maps have texts as keys; there are at most {MAXIMUM_DEPTH} levels and
{LARGEST_PAYLOAD} bytes (a device may say less: `maximum_frame` of its identity).

## Frames

| Address | What is sent |
| --- | --- |
| `serial:///dev/...?baud=115200` (also a pty), `unix:///...`, `tcp://127.0.0.1:port` | \
COBS(payload + CRC-32) and a zero byte |
| `qemu:///firmware.elf?machine=...`, `qemu:wheels?SPEED=2` | the same, on the first UART of an \
image in QEMU that the bench starts ([how](../how-to/firmware-in-qemu.md)) |
| `udp://127.0.0.1:port` | a datagram: payload + CRC-32 |
| `isotp:socketcan:can0?to=0x7E0&from=0x7E8` (`&fd=1` for CAN FD; an interface of python-can that \
has a descriptor) | payload + CRC-32 by ISO-TP (ISO 15765-2, normal addressing), in frames of \
these two numbers, of 11 bits where both have no more. Several devices may be on one bus |
| `zmq+tcp://...`, `zmq+ipc:///...` | a message: one payload; the device binds a ROUTER |

The CRC-32 is that of Ethernet and zlib, little endian, over the payload. What is damaged is dropped
and counted by who receives it, and the next zero begins anew; the bench begins with one. Plain
`tcp` and `udp` know no keys: beyond this machine they are refused unless `--allow-network` is
given.

## From the bench

| Message | Meaning |
| --- | --- |
| `["hello", source, boot]` | Who speaks, and its boot. Sent on each connection and at each change \
of boot: all that moves stops, its call is answered no more, and the device is safe. |
| `["call", number, method, {{argument: value}}, valid_ms]` | A method of the interface, or one of \
the bench's own. `number` is whole, of 0 to {LARGEST_NUMBER}. `valid_ms`, whole and 0 or more: how \
long after its receipt it may still be begun; 0: it is late. What is otherwise is no call: \
nothing is done, and nothing need be said. |
| `["cancel", number]` | Stop what that call does, where it is. No reply is owed. |

## From the device

| Message | Meaning |
| --- | --- |
| `["reply", number, result, error, reason, code, age_us]` | `error` is `""`, `"rejected"` \
(refused before anything happened) or `"fault"`. `code`: a word of the interface, or `safe`, \
`busy`, `safed`, `deadman`. `age_us`: of the sample, by the device's own clock. |
| `["signal", name, data, age_us]` | Unasked: `effect`, and the signals of the interface. |

A result has the fields of its type in the ICD, without `time_ns` and `boot`, which the bench knows;
that of a motion is what its last effect told, to {100 * SAME:g} %. Readings and `ping` are answered
also while it moves. An `age_us` is 0 or more: a message with another is none.

## The bench's own methods

| Method | Answers | |
| --- | --- | --- |
| `identity {{}}` | `interface`, `interface_hash`, `protocol` (1), `vendor`, `model`, `serial`, \
`firmware`, `maximum_frame` (128 or more), `features` | must |
| `ping {{}}` | `uptime_us`, microseconds, which rise and begin anew at power on. From it the \
bench tells how the device's clock goes beside its own: offset and drift, to half a round trip | \
must |
| `safe {{on}}` | `safe`. Latched until `on: false`; in it each actuation is a fault, and what \
moves stops | must, if it actuates |
| `self_test {{}}` | a list of one row or more, `[name, passed, value, unit, ...]`: what it has \
measured of itself. A dummy is known by one (`dummy_load`) | feature `{SELF_TEST}` |
| `stimulus {{name: number}}` | `{{}}`. What the world does to it, in SI units, by the names of \
the fields of its readings (temperature, heading, charge): it measures that. Empty: nothing \
changes. A name that it does not know, or what is no finite number: rejected, and none of them is \
taken | feature `{STIMULUS}` |
| `power {{on}}` | `{{}}`. The supply of what it drives. Off, it stops and each actuation is a \
fault (`no_power`), readings may be; it goes on talking. The simulated switch of `power.switch` \
opens and closes it | feature `{POWER}` |

`features` of the identity is a list of those words: {_FEATURES}. Others are passed over. A \
method that the device has not is `rejected`, like any unknown one.

## `effect`

`{{number, state, age_us, ...}}`: what the motion of call `number` has done since its start, in SI
units, by the names of the fields of its result; every 50 ms at the latest, and once at its end.
`state` is `moving`, `done`, `cancelled`, `new boot`, `safed`, `deadman` or `unplugged`.

**What a device says that it has done is what happens in the world.** So it is bounded: it does not
go back, not beyond what was asked for (by {100 * SLACK:g} %), not faster than the device can, and
belongs to the call that is open. What violates that is a lost device.

## Rules

1. No actuation before `hello` and `safe {{on: false}}` on this connection. Power-on state is safe.
2. When the bench is silent for {SILENCE:g} s: stop, be safe, and answer the call by a fault. What
   is damaged is no word of it: noise on a line keeps nothing moving. Then `hello` is
   needed again: on a line without connections silence is the only end of one. The bench sends a
   `ping` every {HEARTBEAT:g} s, and takes a device that is silent for {SILENCE:g} s for lost.
3. A motion whose call number comes again within one boot is answered from memory, not done again:
   the last one that was done, whatever came meanwhile, and the two latest that were a fault, which
   are that fault again.
4. An unknown method; an unknown, missing or doubled argument; a wrong type, not a number, what is
   out of range: `rejected`.
5. A call whose `valid_ms` is over is not begun: `rejected`, reason `late`.
6. Never more than one motion of one actuator: a second is a fault, `busy`. `cancel` and `safe` stop
   it where it is; what is asked for in safe is a fault, `safe`.
7. Whatever bytes come, it goes on answering, and acts on nothing that was damaged.

A device whose `uptime_us` goes back, or whose numbers begin anew, has restarted: its link is lost,
what was asked before is answered by nobody, and its readings are of a new boot.

## Interfaces

The hash is the SHA-256 of the interface's description (`flight.icd.devices.description`): methods,
types, units and limits. A device tells the one that it was made for, and another is refused.
"""


def protocol_page() -> dict[str, str]:
    """The page by its path."""
    rows = [[f"[{name}](devices.md#{name.lower()})", code(interface_hash(kind))]
            for name, kind in interfaces().items()]  # fmt: skip
    made_from = "flight/icd/devices and sim_hw/bench/wire"
    listed = table(("Interface", "Hash"), rows)
    return {PATH: page("Device protocol 1", made_from, INTRODUCTION.strip(), listed)}
