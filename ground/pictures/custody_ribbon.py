"""Where each tube was over the whole mission, by the ledgers, with every hand-over."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ground.pictures.labels import from_paper, on_paper, text_width
from ground.pictures.quiet import GAPS_NOTE, mission_scale
from ground.pictures.run_data import RunData, Span
from ground.pictures.sky import SolScale
from ground.pictures.style import (
    ALERT,
    FAINT,
    INK,
    MUTED,
    PLACES,
    inches,
    new_figure,
    say_nothing_here,
)
from ground.pictures.time_axis import sol_axis

LEFT, RIGHT, ROW, WORDS_ROW = 4.3, 1.8, 0.32, 0.24  # inches
SEEN = 0.015  # inches: a stay that is shorter on paper is not in the key
_NOTE = (
    "Places by the custody ledgers of the vehicles.  White line: a change of place.  A gripper "
    "holds a tube for minutes only."
)


@dataclass(frozen=True)
class TubeHistory:
    """One tube: its stays, and what is said of it at the end."""

    name: str
    content: str
    stays: tuple[Span, ...]
    verdict: str
    is_known: bool


def draw_custody_ribbon(run: RunData) -> Figure:
    """A ribbon for each tube, coloured by the place where it is; the way of one in words."""
    tubes = _in_order(run)
    histories = [_history(run, tube) for tube in tubes]
    rows = max(len(histories), 4)
    example = max(tubes, key=lambda tube: len(tube["hand_overs"]), default=None)
    top, below = 1.12, 0.62
    words = 0.0 if example is None else 0.5 + WORDS_ROW * len(example["hand_overs"])
    scale = mission_scale(run)
    note = f"{_NOTE}  {GAPS_NOTE}" if scale.gaps else _NOTE
    figure = new_figure(run, "Chain of custody", top + rows * ROW + below + words + 0.1, note)
    axes = inches(figure, LEFT, top, 12.8 - LEFT - RIGHT, rows * ROW)
    sol_axis([axes], scale)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    if not histories:
        say_nothing_here(axes, "This run left no sample manifest.")
    for row, history in enumerate(histories):
        _ribbon(axes, row, history, scale)
    _key(axes, _long_stays(axes, scale, histories))
    if example is not None:
        _in_words(figure, top + rows * ROW + below, example, run)
    return figure


def _long_stays(axes: Axes, scale: SolScale, histories: list[TubeHistory]) -> list[str]:
    """The places at which a tube stayed long enough to be seen in the picture."""
    stays = {stay for history in histories for stay in history.stays}
    long = {
        stay.name
        for stay in stays
        if np.ptp(on_paper(axes, [scale.sol(stay.start), scale.sol(stay.end)])) > SEEN
    }
    return [place for place in PLACES if place in long]


def _in_words(figure: Figure, top: float, tube: dict[str, Any], run: RunData) -> None:
    """Each hand-over of one tube: when, to which place, and the evidence for it."""
    total = figure.get_figheight()

    def write(x: float, y: float, text: str, **options: Any) -> None:
        figure.text(x / 12.8, 1 - y / total, text, va="center", **options)

    write(0.256, top + 0.15, f"The way of {tube['name']}", weight="bold", fontsize=11)
    for number, step in enumerate(tube["hand_overs"]):
        y = top + 0.15 + WORDS_ROW * (number + 1)
        title, colour = PLACES.get(step["place"], (step["place"], FAINT))
        write(0.256, y, run.clock.text(step["time"]), color=MUTED, fontsize=9.5)
        write(2.45, y, "■", color=colour, fontsize=12)
        write(2.7, y, title, fontsize=9.5)
        sensor = _sensors(step["verified_by"])
        size = min(9.5, max(7.5, 9.5 * 2.35 / text_width(sensor, 9.5)))
        write(4.55, y, _shortened(sensor, 2.25, size), color=MUTED, fontsize=size)
        write(6.9, y, _shortened(step["reading"], 5.6, 9.5), fontsize=9.5)


def _in_order(run: RunData) -> list[dict[str, Any]]:
    """The tubes of the manifest: those that were moved first, in the order of their first move."""
    order = list(run.tube_names)

    def rank(tube: dict[str, Any]) -> tuple[float, int]:
        moves = [each["time"] for each in tube["hand_overs"][1:]]
        place = order.index(tube["id"]) if tube["id"] in order else len(order)
        return (moves[0] if moves else float("inf"), place)

    return sorted(run.manifest, key=rank)


def _history(run: RunData, tube: dict[str, Any]) -> TubeHistory:
    steps = [(float(each["time"]), str(each["place"])) for each in tube["hand_overs"]]
    ends = [*(seconds for seconds, _ in steps[1:]), run.duration][: len(steps)]
    stays = tuple(Span(start, end, place) for (start, place), end in zip(steps, ends, strict=True))
    place = tube.get("place") or ""
    is_known = place in PLACES and not tube.get("problem")
    trouble = str(tube.get("problem") or tube["statement"]).replace("_", " ")
    verdict = PLACES[place][0] if is_known else trouble
    return TubeHistory(tube["name"], tube.get("content", ""), stays, verdict, is_known)


def _ribbon(axes: Axes, row: int, history: TubeHistory, scale: SolScale) -> None:
    for stay in history.stays:
        start, end = scale.sol(stay.start), scale.sol(stay.end)
        _, colour = PLACES.get(stay.name, (stay.name, FAINT))
        axes.barh(row, end - start, left=start, height=0.62, color=colour, linewidth=0)
    changes = [scale.sol(stay.start) for stay in history.stays[1:]]
    axes.vlines(changes, row - 0.31, row + 0.31, color="white", linewidth=1.0, zorder=3)
    if not history.stays:
        first, last = axes.get_xlim()
        axes.plot([first, last], [row, row], color=FAINT, linestyle=(0, (2, 3)), linewidth=1.2)
    name_width = text_width(history.name, 10.5)
    room = LEFT - 0.35 - name_width
    content = _shortened(history.content, room, 9.0)
    axes.annotate(
        history.name, (0, row), xycoords=("axes fraction", "data"), xytext=(-8, 0),
        textcoords="offset points", ha="right", va="center", weight="bold", annotation_clip=False,
    )  # fmt: skip
    axes.annotate(
        content, (0, row), xycoords=("axes fraction", "data"),
        xytext=(-(LEFT - 0.25) * 72, 0), textcoords="offset points", ha="left", va="center",
        color=MUTED, fontsize=9, annotation_clip=False,
    )  # fmt: skip
    axes.annotate(
        _shortened(history.verdict, RIGHT - 0.2, 9.5), (1, row),
        xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
        va="center", fontsize=9.5, color=INK if history.is_known else ALERT,
        annotation_clip=False,
    )  # fmt: skip


def _sensors(names: str) -> str:
    """Like `entry, impact sensor, break wires`: a vehicle is named once."""
    told: list[str] = []
    for name in names.replace("_", " ").split(","):
        vehicle, _, device = name.strip().partition(".")
        told += [part for part in (vehicle, device) if part and part not in told]
    return ", ".join(told)


def _shortened(text: str, room: float, size: float) -> str:
    """As much of a text as there is room for, in inches."""
    room *= 1.08  # the width of a text is estimated on the safe side
    if text_width(text, size) <= room:
        return text
    count = max(1, int(room / text_width("x", size)) - 1)
    return text[:count].rstrip(" ,;(") + "…"


def _key(axes: Axes, places: list[str]) -> None:
    """The colours of the places in a line above the ribbons."""
    y = -0.5 - 0.22 / ROW
    names = [text_width(PLACES[place][0], 9.5) for place in places]
    room = 12.8 - 0.45
    gap = min(0.47, (room - sum(names)) / max(len(names), 1))
    widths = [name + gap for name in names]
    inch = min(0.0, room + 0.256 - LEFT - sum(widths))
    for place, width in zip(places, widths, strict=True):
        title, colour = PLACES[place]
        left, right, word = from_paper(axes, [inch, inch + 0.2, inch + 0.27])
        axes.barh(y, right - left, left=left, height=0.4, color=colour, clip_on=False, zorder=4)
        axes.text(word, y, title, va="center", fontsize=9.5, zorder=6)
        inch += width
