"""Writes what a run leaves behind, tiny, for the pictures to read."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from flight.icd.ascent_record import AscentSample
from ground.mission_control.archive.sample_blocks import INSERT_BLOCK, block_of
from ground.mission_control.archive.schema import SCHEMA

SOL = 88_775.244
ATSAH, SKYLAND = "M2020-00374-10", "M2020-00495-12"
NS = 1_000_000_000


def write_summary(folder: Path, **changes: Any) -> None:
    """A run of the mission `short`, two sols long."""
    summary = {
        "mission": "short",
        "title": "Two tubes to orbit",
        "verdict": "success",
        "seed": 1,
        "landing": "2028-08-05T12:00:00Z",
        "phases": [
            {"name": "commissioning", "began": 0.0, "ended": SOL},
            {"name": "fetch", "began": SOL, "ended": None},
        ],
        "tubes": [{"id": ATSAH, "name": "Atsah"}, {"id": SKYLAND, "name": "Skyland"}],
        "vehicles_lost": {},
        "mission_seconds": 2.0 * SOL,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps({**summary, **changes}))


class ArchiveWriter:
    """Writes a tiny archive as mission control does."""

    def __init__(self, folder: Path) -> None:
        (folder / "ground").mkdir(parents=True)
        self.database = sqlite3.connect(folder / "ground" / "archive.sqlite")
        self.database.executescript(SCHEMA)
        self.streams = 0
        self.events = 0
        self.commands = 0

    def series(self, source: str, channel: str, *samples: tuple[float, Any]) -> None:
        self.streams += 1
        self.database.execute(
            "INSERT INTO streams VALUES (?, ?, ?, '1')", (self.streams, source, channel)
        )
        rows = [(int(s * NS), 1, int(s * NS), value, 1) for s, value in samples]
        self.database.execute(INSERT_BLOCK, block_of(self.streams, rows))

    def event(self, source: str, name: str, seconds: float, **data: Any) -> None:
        self.events += 1
        self.database.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, 'ACTIVITY_HI', 0, ?, ?, 1)",
            (source, int(seconds * NS), self.events, name, f"{name}: it", json.dumps(data)),
        )

    def command(
        self,
        vehicle: str,
        name: str,
        sent: float,
        *rungs: tuple[str, float],
        verdict: str | None,
        stage: str = "run",
        step: str = "step",
    ) -> None:
        self.commands += 1
        identifier = f"mc-{self.commands:05}"
        known_ns = int((rungs[-1][1] + 1000.0) * NS) if verdict else None
        self.database.execute(
            "INSERT INTO commands (identifier, vehicle, name, arguments, stage, lifetime, bundle, "
            "deadline, step, issued_ns, sent_ns, verdict, verdict_ns) "
            "VALUES (?, ?, ?, '{}', ?, 1, '', 1, ?, 0, ?, ?, ?)",
            (identifier, vehicle, name, stage, step, int(sent * NS), verdict, known_ns),
        )
        for rung, seconds in rungs:
            self.database.execute(
                "INSERT INTO rungs VALUES (?, ?, ?, 0, ?, '', ?)",
                (identifier, int(seconds * NS), rung, int(seconds * NS), vehicle),
            )

    def close(self) -> None:
        self.database.commit()
        self.database.close()


def must_show_something(file: Path) -> None:
    with Image.open(file) as image:
        assert image.width == 1600
        pixels = np.asarray(image.convert("RGB"))
    assert file.stat().st_size < 400_000
    darker = (pixels < 200).all(axis=2).mean()
    assert darker > 0.003, f"{file.name} is blank"


def ascent_samples() -> list[AscentSample]:
    """An ascent in 480 samples: a second out of the tube, two burns of 80 s, and the trim."""
    phases = (
        ("ejecting", 10, 0.1, 0.0), ("first_burn", 160, 0.5, 25.0), ("holding", 30, 0.5, 0.0),
        ("coasting", 100, 1.0, 0.0), ("second_burn", 160, 0.5, 70.0), ("trimming", 20, 1.0, 0.125),
    )  # fmt: skip
    samples: list[AscentSample] = []
    time, radius, speed = 500.0, 3_392_000.0, 240.0
    for phase, count, step, push in phases:
        for number in range(count):
            part = number / count
            pressure = float(round(2500.0 * (1.0 - abs(2.0 * part - 1.0)))) if push == 25.0 else 0.0
            samples.append(
                AscentSample(
                    time, phase, (radius, 0.0, 0.0), (0.25 * speed, speed, 0.0),
                    (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (push, 0.25, 0.0), (1.0, 0.0, 0.0),
                    (0.0, 0.0), 2.0, pressure, 0.03125,
                )
            )  # fmt: skip
            time, radius, speed = time + step, radius + 0.25 * speed * step, speed + push * step
    return samples
