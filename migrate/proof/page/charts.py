"""Line charts and dots on a logarithmic scale, as SVG inside the page."""

import math

import numpy as np

from migrate.proof.page.elements import Markup, picture, short, tag

# Sizes in units that are about a pixel on a phone.
_WIDTH, _HEIGHT = 340, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 10, 10, 34
_MOST_TICKS = 5
_MOST_POINTS = 400
_MOST_DOTS = 64
_LONGEST = 18
# The mark of each kind of difference, as a path around (0, 0).
MARKS = {
    "inference": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "training": "M-3.6 -3.6h7.2v7.2h-7.2z",
    "states": "M0 -4.6L4.6 3.6H-4.6z",
    "statistics": "M0 -5L5 0L0 5L-5 0z",
}


def mark(kind, x, y) -> Markup:
    """The mark of a kind of difference."""
    return tag(
        "path", d=MARKS[kind], class_="mark", transform=f"translate({x:.1f} {y:.1f})"
    )


class _Log:
    """A logarithmic axis of whole decades from ``start`` to ``stop``, in units; a zero
    stands at the start, what is not finite at the stop."""

    def __init__(self, values, start, stop):
        values = np.asarray(values, float)
        shown = values[np.isfinite(values) & (values > 0)]
        exponents = np.log10(shown) if shown.size else np.array([-8.0])
        self.low, self.high = math.floor(exponents.min()), math.ceil(exponents.max())
        self.high += self.low == self.high
        self.zero = bool((values == 0).any())
        self.low -= self.zero
        self._start, self._size = start, stop - start

    def __call__(self, value):
        share = 1.0
        if value <= 0:
            share = 0.0
        elif math.isfinite(value):
            share = (math.log10(value) - self.low) / (self.high - self.low)
        return self._start + self._size * min(max(share, 0.0), 1.0)

    def ticks(self):
        """(value, text) of each."""
        every = math.ceil((self.high - self.low) / _MOST_TICKS)
        first = self.low + self.zero
        found = [
            (10.0**power, f"1e{power}") for power in range(first, self.high + 1, every)
        ]
        return [(0.0, "0"), *found] if self.zero else found


def _line(x1, y1, x2, y2, class_):
    return tag(
        "line",
        x1=f"{x1:.1f}",
        y1=f"{y1:.1f}",
        x2=f"{x2:.1f}",
        y2=f"{y2:.1f}",
        class_=class_,
    )


def _text(text, x, y, anchor="middle"):
    return tag("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def by_step(name, what, distance, level, limit) -> Markup:
    """Differences by step: a solid line with dots, the level dashed, the limit dotted.

    Args:
      name: of the chart. what: of its steps. distance, level: [steps]. limit: a number.
    """
    steps = len(distance)
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    values = np.concatenate([distance, level, [limit]])
    scale = _Log(values, bottom, _TOP)

    def across(step):
        return _LEFT + (right - _LEFT) * step / max(steps - 1, 1)

    parts = []
    for value, text in scale.ticks():
        y = scale(value)
        parts += [
            _line(_LEFT, y, right, y, "grid"),
            _text(text, _LEFT - 4, y + 4, "end"),
        ]
    ticks = np.unique(np.linspace(0, steps - 1, min(steps, 6)).astype(int))
    parts += [_text(step, across(step), bottom + 15) for step in ticks]
    parts.append(_text(what, (_LEFT + right) / 2, _HEIGHT - 4))
    if math.isfinite(limit):
        parts.append(_line(_LEFT, scale(limit), right, scale(limit), "limit"))
    at, shown = _thinned(distance)
    parts.append(_path(across, scale, at, _thinned(level)[1], "level"))
    parts.append(_path(across, scale, at, shown, "distance"))
    if len(at) <= _MOST_DOTS:
        parts += [
            tag("circle", cx=f"{across(s):.1f}", cy=f"{scale(v):.1f}", r="2.4")
            for s, v in zip(at, shown, strict=True)
            if not math.isnan(v)
        ]
    described = (
        f"{name}: at most {short(np.nanmax(distance))}, level "
        f"{short(np.nanmax(level))}, limit {short(limit)}"
    )
    return picture(described, _WIDTH, _HEIGHT, *parts)


def _thinned(values):
    """(steps, values), of long sequences the largest of several steps."""
    every = math.ceil(len(values) / _MOST_POINTS)
    starts = np.arange(0, len(values), every)
    return starts, np.fmax.reduceat(values, starts)


def _path(across, scale, at, values, class_):
    """A line that is interrupted where nothing was measured."""
    points, pen = [], "M"
    for step, value in zip(at, values, strict=True):
        if math.isnan(value):
            pen = "M"
            continue
        points.append(f"{pen}{across(step):.1f} {scale(value):.1f}")
        pen = "L"
    return tag("path", d="".join(points), class_=f"line {class_}")


def shares(cells) -> Markup:
    """For each cell and kind the distance over the limit, which is at 1.

    Args:
      cells: for each its number, its scope, and a mapping from kinds to shares.
    """
    values = [value for *_, found in cells for value in found.values()]
    row, top = 20, 22
    left, right = 148, _WIDTH - 24
    bottom = top + row * len(cells)
    scale = _Log([*values, 1.0], left, right)
    parts = []
    for value, _ in scale.ticks():
        x = scale(value)
        parts.append(_line(x, top - 4, x, bottom, "grid"))
        parts.append(_text(f"{value:g}", x, bottom + 14))
    parts += [
        _line(scale(1), top - 4, scale(1), bottom, "limit"),
        _text("limit", scale(1), top - 8, "end"),
    ]
    for place, (number, scope, found) in enumerate(cells):
        y = top + row * (place + 0.5)
        parts.append(_text(f"{number} {_end(scope)}", left - 10, y + 4, "end"))
        parts += [mark(kind, scale(value), y) for kind, value in found.items()]
    largest = max(values, default=0.0)
    name = f"Share of what is allowed, by cell: at most {short(largest)}"
    return picture(name, _WIDTH, bottom + 20, *parts)


def _end(text):
    """The end of a long name, which is what tells it from others."""
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"


def swatch(class_) -> Markup:
    """A piece of a line, for a legend."""
    line = tag("line", x1="1", y1="6", x2="29", y2="6", class_=f"line {class_}")
    dot = tag("circle", cx="15", cy="6", r="2.4") if class_ == "distance" else ""
    return tag(
        "svg", line, dot, viewBox="0 0 30 12", class_="swatch", aria_hidden="true"
    )


def mark_swatch(kind) -> Markup:
    """A mark, for a legend."""
    return tag(
        "svg",
        mark(kind, 6, 6),
        viewBox="0 0 12 12",
        class_="swatch",
        aria_hidden="true",
    )
