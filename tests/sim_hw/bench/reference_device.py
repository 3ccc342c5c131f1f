"""A device of the protocol in Python, for tests: right in all, but for one defect that it may have.

It has its own clock (the loop's, from its power on), wheels that turn at `SPEED`, and speaks frames
over a memory wire. `defect` names what it does wrong; see `DEFECTS`.
"""

import asyncio
import math
from typing import Any

import msgpack

from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from sim_hw.bench.wire.frames import FrameReader, frame
from sim_hw.bench.wire.memory_wire import MemoryWire

SPEED = 1.0  # m/s, rad/s
TICK = 0.02  # s
SILENCE = 1.0  # s
SCHEMA: dict[str, dict[str, tuple[float, float]]] = {
    "state": {},
    "drive": {"distance": (-10.0, 10.0)},
    "turn": {"angle": (-math.pi, math.pi)},
}
OWN = ("identity", "ping", "safe", "self_test", "power")
SWITCHES = ("safe", "power")

DEFECTS: dict[str, str] = {
    "moves_before_hello": "an actuation before hello is done",
    "not_safe_at_power_on": "after hello it moves although it was never let out of safe",
    "no_dead_man": "it moves on when the bench is silent",
    "dead_man_forgets_safe": "after silence it takes the next motion at once",
    "dead_man_says_nothing": "the call that silence has ended is never answered",
    "does_repeats_again": "a call number that comes again is done again",
    "takes_unknown_method": "a method that there is not is answered with a result",
    "takes_unknown_argument": "an argument that there is not is passed over",
    "takes_missing_argument": "a missing argument counts as zero",
    "takes_wrong_type": "a text counts as a number",
    "takes_nan": "not a number is taken",
    "takes_out_of_range": "limits are clipped in silence",
    "takes_late": "a call whose time is over is begun",
    "two_motions": "a second motion begins while one is under way",
    "dies_of_garbage": "damaged bytes end it",
    "acts_on_damaged": "a damaged frame is acted upon",
    "wrong_hash": "it is made for another interface",
    "wrong_type_of_reading": "the odometer is a text",
    "leaves_out_a_field": "a reading lacks a field",
    "out_of_range_reading": "the motor is at 900 K",
    "few_effects": "effects come every 400 ms",
    "no_last_effect": "a motion ends without its last effect",
    "ignores_cancel": "a cancelled motion goes on",
    "clock_runs_backwards": "uptime_us decreases",
    "power_of_any": "its supply is switched by what is no switch",
    "power_stays": "it moves on without its supply",
    "power_ends_it": "it says nothing more when its supply is off",
    "effect_beyond": "it says that it did twice what was asked",
}


class ReferenceDevice:
    """The device; `wire()` is a new connection to it, as a plug put in. `power_cycle` restarts."""

    serial = "SN1"

    def __init__(self, defect: str = "", *, power: bool = False) -> None:
        assert defect in DEFECTS or not defect, defect
        self.defect, self.has_power = defect, power or defect.startswith("power_")
        self.loop = asyncio.get_running_loop()
        self.asked: list[tuple[str, dict[str, Any]]] = []  # motions that were begun
        self.last: MemoryWire | None = None
        self.power_cycle()

    def power_cycle(self) -> None:
        """Switched off and on: odometer and clock begin at 0, and it is safe."""
        if self.last is not None:
            self.last.cut()
        self.born = self.loop.time()
        self.odometer = self.turned = 0.0
        self.greeted, self.safe, self.powered = False, True, True
        self.motion: dict[str, Any] | None = None
        self.others: list[dict[str, Any]] = []
        self.answered: dict[int, bytes | None] = {}
        self.heard_at = 0.0
        self.sequence = 0
        self.pings = 0
        self.dead = False
        self.mute = False

    def now(self) -> float:
        return self.loop.time() - self.born

    def wire(self) -> MemoryWire:
        """Puts the plug in."""
        if self.last is not None and not self.last.closed:
            self.last.cut()
        self.stop("unplugged", reply=False)
        self.greeted, self.safe, self.answered, self.sequence = False, True, {}, 0
        self.reader = FrameReader(512)
        self.last = MemoryWire(self.hear, "reference")
        return self.last

    # ------------------------------------------------------------- hearing

    def hear(self, data: bytes) -> None:
        if self.dead:
            return
        before = self.reader.damaged
        for payload in self.reader.feed(data):
            self.take(payload)
        if self.reader.damaged > before:
            if self.defect == "dies_of_garbage":
                self.dead = True
            if self.defect == "acts_on_damaged":
                self.safe = False
                self.begin(0, "drive", {"distance": 1.0})

    def take(self, payload: bytes) -> None:
        if self.now() - self.heard_at > SILENCE and "dead_man" not in self.defect:
            self.greeted, self.safe, self.powered = False, True, True
        try:
            _, _, message = msgpack.unpackb(payload, strict_map_key=False)
            kind = message[0]
            if kind == "hello":
                self.stop("new boot", reply=False)
                self.greeted, self.safe, self.answered = True, True, {}
                if self.defect == "not_safe_at_power_on":
                    self.safe = False
            elif kind == "call":
                self.heard_at = self.now()
                self.call(*message[1:5])
            elif kind == "cancel" and self.motion and self.motion["number"] == message[1]:
                self.heard_at = self.now()
                if self.defect != "ignores_cancel":
                    self.stop("cancelled", reply=False)
        except Exception:
            return
        self.heard_at = self.now()

    def call(self, number: int, method: str, arguments: Any, valid_ms: int) -> None:
        if not isinstance(arguments, dict) or type(number) is not int or not 0 <= number < 2**32:
            return  # it is no call
        if number in self.answered and self.defect != "does_repeats_again":
            kept = self.answered[number]
            if kept is not None:
                self.write(kept)
            return
        self.answered[number] = None
        wrong = self.wrong(method, arguments)
        if wrong:
            self.reply(number, None, "rejected", wrong)
        elif valid_ms <= 0 and self.defect != "takes_late":
            self.reply(number, None, "rejected", "late")
        elif method in OWN:
            self.own(number, method, arguments)
        elif method not in ("drive", "turn"):
            self.reply(number, self.state() if method == "state" else {})
        elif self.safe and not (self.defect == "moves_before_hello" and not self.greeted):
            self.reply(number, None, "fault", "it is safe", "safe")
        elif not self.powered:
            self.reply(number, None, "fault", "its supply is off", "no_power")
        elif self.motion is not None and self.defect != "two_motions":
            self.reply(number, None, "fault", "it moves already", "busy")
        else:
            if self.motion is not None:
                self.others.append(self.motion)
            self.begin(number, method, arguments)

    def wrong(self, method: str, arguments: Any) -> str:
        defect = self.defect
        if method in OWN:
            if method == "power" and not self.has_power:
                return "no method power"
            if set(arguments) != ({"on"} if method in SWITCHES else set()):
                return "other arguments"
            switches = method in SWITCHES and not (method == "power" and defect == "power_of_any")
            return "on: a switch" if switches and type(arguments["on"]) is not bool else ""
        if method not in SCHEMA:
            return "" if defect == "takes_unknown_method" else f"no method {method}"
        for name in arguments:
            if name not in SCHEMA[method] and defect != "takes_unknown_argument":
                return f"no argument {name}"
        for name, (low, high) in SCHEMA[method].items():
            if name not in arguments:
                if defect == "takes_missing_argument":
                    arguments[name] = 0.0
                    continue
                return f"{name} is missing"
            value = arguments[name]
            if isinstance(value, str) and defect == "takes_wrong_type":
                arguments[name] = 0.0
            elif type(value) not in (int, float):
                return f"{name} is no number"
            elif math.isnan(value):
                if defect != "takes_nan":
                    return f"{name} is not a number"
                arguments[name] = 0.0
            elif not low <= value <= high:
                if defect != "takes_out_of_range":
                    return f"{name} is out of range"
                arguments[name] = min(max(value, low), high)
        return ""

    def own(self, number: int, method: str, arguments: dict[str, Any]) -> None:
        if method == "identity":
            digest = "0" * 64 if self.defect == "wrong_hash" else interface_hash(Wheels)
            self.reply(number, {
                "interface": "Wheels", "interface_hash": digest, "protocol": 1, "vendor": "tests",
                "model": "reference", "serial": self.serial, "firmware": "1.0",
                "maximum_frame": 512,
                "features": ["self_test", *(["power"] if self.has_power else [])],
            })  # fmt: skip
        elif method == "ping":
            self.pings += 1
            uptime = int(self.now() * 1e6)
            if self.defect == "clock_runs_backwards":
                uptime = 10**9 - 10**6 * self.pings
            self.reply(number, {"uptime_us": uptime})
        elif method == "power":
            self.powered = bool(arguments["on"]) or self.defect == "power_stays"
            if not self.powered:
                self.stop("no_power", reply=True)
            self.reply(number, {})
            if not self.powered and self.defect == "power_ends_it" and self.last is not None:
                self.last.cut()
        elif method == "safe":
            self.safe = bool(arguments["on"]) or not self.greeted
            if self.safe:
                self.stop("safed", reply=True)
            self.reply(number, {"safe": self.safe})
        else:
            self.reply(number, [["motor", True, 1.0, "1", "1"]])

    def state(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "valid": True, "reason": "", "odometer": self.odometer, "turned": self.turned,
            "motor_temperature": 280.0, "motor_current": 0.5, "dead_wheels": [],
        }  # fmt: skip
        if self.defect == "wrong_type_of_reading":
            told["odometer"] = "1.0"
        if self.defect == "leaves_out_a_field":
            del told["turned"]
        if self.defect == "out_of_range_reading":
            told["motor_temperature"] = 900.0
        return told

    # -------------------------------------------------------------- motions

    def begin(self, number: int, method: str, arguments: dict[str, Any]) -> None:
        self.asked.append((method, dict(arguments)))
        goal = arguments["distance" if method == "drive" else "angle"]
        self.motion = {
            "number": number, "method": method, "goal": goal, "begun": self.now(), "done": 0.0,
            "told": self.now(),
        }  # fmt: skip
        self.loop.call_later(TICK, self.tick)

    def tick(self) -> None:
        motion = self.motion
        if motion is None or self.dead:
            return
        silent = self.now() - self.heard_at > SILENCE
        if silent and self.defect != "no_dead_man":
            self.safe = self.defect != "dead_man_forgets_safe"
            self.greeted = not self.safe
            self.stop("deadman", reply=self.defect != "dead_man_says_nothing")
            return
        self.advance(motion)
        if abs(motion["done"]) >= abs(motion["goal"]):
            self.stop("done", reply=True)
            return
        if self.now() - motion["told"] >= (0.4 if self.defect == "few_effects" else 0.04):
            self.effect(motion, "moving")
        self.loop.call_later(TICK, self.tick)

    def advance(self, motion: dict[str, Any]) -> None:
        way = min(SPEED * (self.now() - motion["begun"]), abs(motion["goal"]))
        done = math.copysign(way, motion["goal"])
        if motion["method"] == "drive":
            self.odometer += abs(done - motion["done"])
        else:
            self.turned += done - motion["done"]
        motion["done"] = done

    def stop(self, state: str, *, reply: bool) -> None:
        motion, self.motion = self.motion, None
        if motion is None:
            return
        if state != "done":
            self.advance(motion)
        if not (state == "done" and self.defect == "no_last_effect"):
            self.effect(motion, state)
        if not reply:
            return
        if state == "done":
            self.reply(motion["number"], {**self.done(motion), "valid": True, "reason": ""})
        else:
            self.reply(motion["number"], None, "fault", f"stopped: {state}", state)

    def done(self, motion: dict[str, Any]) -> dict[str, Any]:
        drives = motion["method"] == "drive"
        factor = 2.0 if self.defect == "effect_beyond" else 1.0
        return {
            "distance": factor * motion["done"] if drives else 0.0,
            "turned": 0.0 if drives else motion["done"],
            "seconds": self.now() - motion["begun"],
        }

    def effect(self, motion: dict[str, Any], state: str) -> None:
        motion["told"] = self.now()
        told = {"number": motion["number"], "state": state, "age_us": 0, **self.done(motion)}
        self.say(["signal", "effect", told, 0])

    # -------------------------------------------------------------- speaking

    def reply(
        self, number: int, result: Any, error: str = "", why: str = "", code: str = ""
    ) -> None:
        message = msgpack.packb(["reply", number, result, error, why, code, 0])
        self.answered[number] = message
        self.write(message)

    def say(self, message: list[Any]) -> None:
        self.write(msgpack.packb(message))

    def write(self, message: bytes) -> None:
        self.sequence += 1
        payload = b"\x93" + msgpack.packb(self.sequence) + b"\x00" + message
        if self.last is not None and not self.mute:
            self.last.device_says(frame(payload))
