"""Truth beside belief: small charts over time."""

from collections.abc import Callable

from ground.drills.curves import PAIRS
from ground.drills.html.text import nice_step, seconds, tag, text
from ground.drills.html.timeline import Window
from ground.drills.record import Curve, Record

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 360.0, 176.0, 54.0, 26.0, 22.0, 10.0
Place = Callable[[float], float]
_CLASSES = {"truth": "truth", "belief": "belief"}


def charts(record: Record, window: Window) -> str:
    """A chart of each pair of truth and belief that the record has, and of each curve alone."""
    by_name = {curve.name: curve for curve in record.curves}
    groups: list[list[Curve]] = []
    for truth, belief in (pair for pairs in PAIRS.values() for pair in pairs):
        group = [by_name.pop(name) for name in (truth, belief) if name in by_name]
        if group:
            groups.append(group)
    groups += [[curve] for curve in by_name.values()]
    drawn = [_chart(group, record, window) for group in groups]
    return tag("div", *drawn, class_="charts") if any(drawn) else ""


def _chart(group: list[Curve], record: Record, window: Window) -> str:
    points = [_points(curve, window) for curve in group]
    values = [value for line in points for _, value in line]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or max(abs(high) * 0.05, 1e-3)
    low, high = low - margin, high + margin

    def x(time: float) -> float:
        share = (time - window.begin) / max(window.end - window.begin, 1e-9)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [_title(group), *_values_axis(low, high, y), _bands(record, window, x)]
    for curve, line in zip(group, points, strict=True):
        path = " ".join(f"{x(time):.1f},{y(value):.1f}" for time, value in line)
        parts.append(tag("polyline", points=path, class_=_CLASSES[curve.kind]))
    parts += _times_axis(window)
    names = " and ".join(curve.name for curve in group)
    return tag(
        "svg", *parts, viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", class_="chart", role="img",
        aria_label=names,
    )  # fmt: skip


def _points(curve: Curve, window: Window) -> list[tuple[float, float]]:
    return [
        (time, value)
        for time, value in zip(curve.times, curve.values, strict=True)
        if value is not None and window.begin <= time <= window.end
    ]


def _title(group: list[Curve]) -> str:
    unit = "" if group[0].unit == "1" else f" ({group[0].unit})"
    parts = []
    for index, curve in enumerate(group):
        told = f"{curve.name}{unit if index == 0 else ''}"
        parts.append(tag("tspan", text(told), class_=f"name {_CLASSES[curve.kind]}"))
    return tag("text", "  ·  ".join(parts), x=8, y=14, class_="title")


def _values_axis(low: float, high: float, y: Place) -> list[str]:
    step = nice_step(high - low, 4)
    parts, tick = [], (int(low // step) + 1) * step
    while tick < high:
        at = y(tick)
        parts.append(
            tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=f"{at:.1f}", y2=f"{at:.1f}", class_="grid")
        )
        parts.append(
            tag(
                "text", text(_number(tick, step)), x=LEFT - 5.0, y=f"{at + 3.5:.1f}", class_="value"
            )
        )
        tick += step
    return parts


def _number(value: float, step: float) -> str:
    if abs(value) < 1e-9 * step:
        return "0"
    digits = max(0, -int(f"{step:e}".split("e")[1]))
    return f"{value:.{min(digits, 6)}f}" if abs(value) < 1e6 else f"{value:.3g}"


def _bands(record: Record, window: Window, x: Place) -> str:
    parts = []
    for fault in record.faults:
        begin = fault.began if fault.began is not None else fault.first
        end = fault.ended if fault.ended is not None else window.end
        if begin is None or end < window.begin or begin > window.end:
            continue
        left, right = x(max(begin, window.begin)), x(min(end, window.end))
        parts.append(
            tag(
                "rect", x=f"{left:.1f}", y=TOP, width=f"{max(right - left, 1.0):.1f}",
                height=HEIGHT - TOP - BOTTOM, class_="band",
            )
        )  # fmt: skip
    return "".join(parts)


def _times_axis(window: Window) -> list[str]:
    begin, end = window.begin - window.zero, window.end - window.zero
    return [
        tag("text", text(f"T+{seconds(begin)}"), x=LEFT, y=HEIGHT - 6.0, class_="time"),
        tag("text", text(f"T+{seconds(end)}"), x=WIDTH - RIGHT, y=HEIGHT - 6.0, class_="time end"),
    ]
