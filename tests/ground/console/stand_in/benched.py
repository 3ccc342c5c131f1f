"""A bench as the stand-in tells it: wheels that are real, a battery that is shadowed."""

from tests.ground.console.stand_in.recording import Values


class Benched:
    """Does what is ordered."""

    def __init__(self) -> None:
        self.stopped = ""
        self.state, self.by, self.broken = "safe", "", ""

    def told(self) -> Values:
        method = {
            "method": "drive", "n": 120, "misses": 3, "slips": 1, "unanswered": 0, "p50_s": 0.0021,
            "p99_s": 0.0093, "max_s": 0.0412, "deadline_s": 0.02,
            "bars": [[0.0014, 20], [0.002, 70], [0.0028, 27], [0.0416, 3]],
        }  # fmt: skip
        wheels = {
            "service": "rover.wheels", "mode": "real", "interface": "Wheels", "state": self.state,
            "words": self.stopped or ("nobody has armed it" if self.state == "safe" else ""),
            "boot": 2, "identity": "Desk demo-motor SN0001 0.1", "by_hand": True,
            "arm_for": 900.0, "armed_by": self.by,
            "armed_left_s": 300.0 if self.by else None, "methods": [method],
            "faults": ["open", "delay"], "broken": self.broken,
            "life": [[90.0, "safe"], [60.0, "armed"], [30.0, "lost"], [20.0, self.state]],
            "clock": {"offset": -3.0, "offset_within": 2e-4, "ppm": 41.2, "ppm_within": 2.5,
                      "samples": 900, "boot": 2},
        }  # fmt: skip
        gauge = {
            "service": "rover.battery", "mode": "shadow", "interface": "Battery", "state": "lost",
            "words": "modbus://127.0.0.1:502: nobody serves it", "boot": 1, "identity": "",
            "by_hand": False, "arm_for": 900.0, "armed_by": "", "armed_left_s": None, "methods": [],
            "faults": [], "broken": "", "life": [], "clock": None,
        }  # fmt: skip
        floor = {
            "rate_hz": 50.0, "p50_s": 1e-4, "p99_s": 2e-3, "max_s": 9e-3, "miss_rate": 0.0,
            "during": True,
        }  # fmt: skip
        return {
            "title": "Motors on the desk", "stopped": self.stopped,
            "stops": {"key": "space", "file": "/run/msr/stop"}, "timing": "missed",
            "floor": floor, "devices": [wheels, gauge],
        }  # fmt: skip

    def order(self, user: str, order: str, kind: str = "") -> None:
        if order in ("inject", "heal"):
            self.broken = kind if order == "inject" else ""
            return
        if order == "arm":
            self.state, self.by = "armed", user
            return
        if order == "stop":
            self.stopped = f"stopped by {user}"
        if order == "release":
            self.stopped = ""
        self.state, self.by = "safe", ""
