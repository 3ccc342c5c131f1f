"""The timeline of a drill: states, events, fault bands, what was awaited, what broke."""

from collections.abc import Sequence
from dataclasses import dataclass

from ground.drills.html.text import nice_step, seconds, tag, text, unit_of_axis
from ground.drills.record import Mark, Record, Waited

WIDTH, LEFT, RIGHT = 1120.0, 116.0, 14.0
LANE, GAP, TOP = 22.0, 8.0, 46.0
LETTER = 5.9  # px that a small letter takes
STATES = ("#c5d8ee", "#d5e8d4", "#f6e3c5", "#e3d3ea", "#cfe7e7", "#efd3d3", "#dfe0c8", "#d8dbe6")
_MOST_TICKS = 11


@dataclass(frozen=True)
class Window:
    """The part of a drill that a picture shows, s of mission time."""

    begin: float
    end: float
    zero: float

    def x(self, time: float) -> float:
        """Where a time is."""
        share = (time - self.begin) / max(self.end - self.begin, 1e-9)
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def shows(self, time: float) -> bool:
        """Whether a time is in it."""
        return self.begin <= time <= self.end


def windows(record: Record) -> list[tuple[str, Window]]:
    """The whole drill, and what is around its faults where that is much shorter."""
    if record.began is None or record.ended is None:
        return []
    whole = Window(record.began, record.ended, record.began)
    times = [t for f in record.faults for t in (f.began, f.first, f.last, f.ended) if t is not None]
    times += [t for w in _waits(record) for t in (w.since, w.met) if t is not None]
    times += [broken.time for broken in record.broken]
    if not times:
        return [("The whole drill", whole)]
    begin, end = min(times), max(times)
    margin = max(0.15 * (end - begin), 0.5)
    near = Window(max(whole.begin, begin - margin), min(whole.end, end + margin), record.began)
    if near.end - near.begin > 0.5 * (whole.end - whole.begin):
        return [("The whole drill", whole)]
    return [("Around the faults", near), ("The whole drill", whole)]


def timeline(record: Record, window: Window) -> str:
    """The picture of a window, as SVG."""
    lanes = list(dict.fromkeys(mark.lane for mark in record.marks))
    waits = _waits(record)
    rows = len(lanes) + len(waits) + (1 if record.broken else 0)
    height = TOP + rows * (LANE + GAP) + 12.0
    parts = [_axis(window, height), *_bands(record, window, height)]
    y = TOP
    for lane in lanes:
        parts += _lane(lane, [m for m in record.marks if m.lane == lane], window, y)
        y += LANE + GAP
    for waited in waits:
        parts += _waited(waited, window, y)
        y += LANE + GAP
    if record.broken:
        parts += _broken(record, window, y)
    return tag(
        "svg", *parts, viewBox=f"0 0 {WIDTH:g} {height:g}", class_="timeline", role="img",
        aria_label=f"Timeline of {record.drill}",
    )  # fmt: skip


def _waits(record: Record) -> list[Waited]:
    return [*record.within, *([record.heal] if record.heal is not None else [])]


def _axis(window: Window, height: float) -> str:
    span = window.end - window.begin
    unit, length = unit_of_axis(span)
    step = nice_step(span / length, _MOST_TICKS) * length
    parts = []
    tick = (int((window.begin - window.zero) // step) + 1) * step
    while window.zero + tick <= window.end:
        x = window.x(window.zero + tick)
        parts.append(_line(x, TOP - 8.0, x, height - 6.0, "grid"))
        parts.append(_text(x, TOP - 12.0, f"{tick / length:g}", "tick"))
        tick += step
    parts.append(_text(LEFT - 8.0, TOP - 12.0, f"T+ ({unit})", "unit"))
    return "".join(parts)


def _bands(record: Record, window: Window, height: float) -> list[str]:
    parts = []
    for number, fault in enumerate(record.faults):
        begin = fault.began if fault.began is not None else fault.first
        if begin is None:
            continue
        end = fault.ended if fault.ended is not None else window.end
        if end < window.begin or begin > window.end:
            continue
        left, right = window.x(begin), window.x(end)
        told = f"{fault.id}: {fault.kind} at {fault.target}, {fault.hits} hits"
        parts.append(
            tag(
                "rect", tag("title", text(told)), x=f"{left:.1f}", y=TOP - 30.0,
                width=f"{max(right - left, 2.0):.1f}", height=height - TOP + 24.0, class_="band",
            )
        )  # fmt: skip
        label = min(max(left + 3.0, LEFT), WIDTH - RIGHT - 8.0 * len(fault.id))
        parts.append(_text(label, TOP - 33.0 + 9.0 * (number % 2) - 4.0, fault.id, "fault"))
    return parts


def _lane(lane: str, marks: Sequence[Mark], window: Window, y: float) -> list[str]:
    parts = [_text(LEFT - 8.0, y + 15.0, lane, "lane")]
    states = [mark for mark in marks if mark.kind == "state"]
    palette: dict[str, str] = {}
    for number, mark in enumerate(states):
        end = states[number + 1].time if number + 1 < len(states) else window.end
        if end < window.begin or mark.time > window.end:
            continue
        top = mark.text.split(".")[0]
        colour = palette.setdefault(top, STATES[len(palette) % len(STATES)])
        left, right = window.x(max(mark.time, window.begin)), window.x(min(end, window.end))
        parts.append(_state(mark, left, right, y, colour))
    for mark in marks:
        if mark.kind != "state" and window.shows(mark.time):
            parts.append(_event(mark, window, y))
    return parts


def _state(mark: Mark, left: float, right: float, y: float, colour: str) -> str:
    width = max(right - left, 1.0)
    room = int((width - 6.0) / LETTER)
    name = mark.text if len(mark.text) <= room else mark.text.split(".")[-1]
    label = _text(left + 4.0, y + 14.5, name, "state") if len(name) <= room else ""
    box = tag(
        "rect", tag("title", text(f"{mark.lane}: {mark.text} from {mark.time:.3f} s")),
        x=f"{left:.1f}", y=y, width=f"{width:.1f}", height=LANE, rx=2, fill=colour,
        stroke="#ffffff",
    )  # fmt: skip
    return box + label


def _event(mark: Mark, window: Window, y: float) -> str:
    x, low = window.x(mark.time), y + LANE
    title = tag("title", text(f"{mark.time:.3f} s: {mark.text}"))
    if mark.kind == "warning":
        points = f"{x - 5:.1f},{low + 2} {x + 5:.1f},{low + 2} {x:.1f},{low - 7}"
        return tag("polygon", title, points=points, class_="warning")
    return tag("circle", title, cx=f"{x:.1f}", cy=low - 2.0, r=2.6, class_="event")


def _waited(waited: Waited, window: Window, y: float) -> list[str]:
    parts = [_text(LEFT - 8.0, y + 15.0, waited.name, "lane strong")]
    if waited.since is None:
        return [*parts, _text(LEFT + 4.0, y + 15.0, "its trigger never came", "late")]
    limit = waited.since + waited.limit
    end = waited.met if waited.met is not None else limit
    good = waited.met is not None and waited.met <= limit + 1e-9
    left, right = window.x(waited.since), window.x(end)
    told = f"{waited.what}: {seconds(waited.took)} of {seconds(waited.limit)}"
    if waited.met is None:
        told = f"{waited.what}: not within {seconds(waited.limit)}"
    parts.append(
        tag(
            "rect", tag("title", text(told)), x=f"{left:.1f}", y=y + 4.0,
            width=f"{max(right - left, 2.0):.1f}", height=LANE - 8.0, rx=2,
            class_="good" if good else "bad",
        )
    )  # fmt: skip
    if window.shows(limit):
        at = window.x(limit)
        parts.append(_line(at, y + 1.0, at, y + LANE - 1.0, "limit"))
    length = LETTER * len(told)
    if right + 6.0 + length <= WIDTH - RIGHT:
        parts.append(_text(right + 6.0, y + 15.0, told, "told"))
    elif right - left > length + 12.0:
        parts.append(_text(left + 6.0, y + 15.0, told, "inside"))
    else:
        parts.append(_text(max(LEFT + 2.0, left - 6.0 - length), y + 15.0, told, "told"))
    return parts


def _broken(record: Record, window: Window, y: float) -> list[str]:
    parts = [_text(LEFT - 8.0, y + 15.0, "violated", "lane strong")]
    for broken in record.broken:
        if window.shows(broken.time):
            x = window.x(broken.time)
            title = tag("title", text(f"{broken.time:.3f} s: {broken.what}: {broken.detail}"))
            path = f"M{x - 5:.1f} {y + 6}l10 10m0 -10l-10 10"
            parts.append(tag("path", title, d=path, class_="violated"))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    return tag("line", x1=f"{x1:.1f}", y1=y1, x2=f"{x2:.1f}", y2=y2, class_=class_)


def _text(x: float, y: float, words: str, class_: str) -> str:
    return tag("text", text(words), x=f"{x:.1f}", y=f"{y:.1f}", class_=class_)
