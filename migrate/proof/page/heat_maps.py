"""Tables of statistics as pictures: steps downwards, units across.

A picture is a small PNG inside the SVG, a point for each number. Its colours go from
dark to light only, so that they can be told apart in black and white, too.
"""

import base64
import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np

from bnlstm_compat import spec
from migrate.proof.page.elements import Markup, picture, short, tag

#: At most so many rows and columns in a picture; larger tables are averaged.
MOST_ROWS, MOST_COLUMNS = 96, 256
# So many tables are drawn as large as that.
_MOST_LARGE = 36
_COLOURS = 32
# The logarithm that stands for a variance of 0, which sets no scale.
_OF_ZERO = -60.0
_BAD = _COLOURS  # the palette's last
# Dark blue, grey, pale yellow; and for what is no number, magenta.
_ANCHORS = np.array([(8, 29, 88), (122, 125, 128), (255, 241, 168)], float)
_MAGENTA = (214, 0, 112)
_WIDTH, _LEFT, _RIGHT, _TOP = 340, 42, 10, 20


@dataclass(frozen=True)
class Scale:
    """Numbers from ``low`` to ``high``; of variances, their logarithms."""

    low: float
    high: float
    logarithmic: bool

    def colours(self, table) -> np.ndarray:
        """The colour of each number of a table, uint8."""
        size = (self.high - self.low) or 1.0
        with np.errstate(invalid="ignore"):
            share = (table - self.low) / size
            found = np.clip(np.floor(share * _COLOURS), 0, _COLOURS - 1)
        return np.where(np.isnan(found), _BAD, found).astype(np.uint8)

    def ends(self) -> list[str]:
        """What the two ends stand for."""
        values = (self.low, self.high)
        return [short(10.0**v if self.logarithmic else v) for v in values]


def prepared(table, kind, most_rows=MOST_ROWS, most_columns=MOST_COLUMNS):
    """A table of means, or of the logarithms of variances, small enough to draw; NaN
    for what is no number, or no variance. And its ``Scale``, from the 1st to the 99th
    percentile, variances of 0 left out; that of means is even around 0."""
    table = np.asarray(table, np.float64)
    logarithmic = kind == "variance"
    if logarithmic:
        with np.errstate(divide="ignore", invalid="ignore"):
            table = np.log10(np.where(table >= 0, table, np.nan))
            table = np.maximum(table, _OF_ZERO)
    table = np.where(np.isfinite(table), table, np.nan)
    table = _averaged(_averaged(table, most_rows).T, most_columns).T
    known = table[~np.isnan(table)]
    if logarithmic:
        known = known[known > _OF_ZERO]
        low, high = np.quantile(known, (0.01, 0.99)) if known.size else (-6.0, 0.0)
        low, high = (low - 0.05, high + 0.05) if high - low < 0.1 else (low, high)
    else:
        high = np.quantile(np.abs(known), 0.99) if known.size else 1.0
        high = float(high) or 1e-6
        low = -high
    return table, Scale(float(low), float(high), logarithmic)


def _averaged(table, most):
    """Means of neighbouring rows, where there are too many."""
    if len(table) <= most:
        return table
    edges = np.linspace(0, len(table), most + 1).astype(int)
    return np.add.reduceat(table, edges[:-1]) / np.diff(edges)[:, None]


def heat_map(site, kind, table, units, limits=(MOST_ROWS, MOST_COLUMNS)) -> Markup:
    """A picture of the statistics of one site.

    Args:
      site: of ``spec.SITES``. kind: "mean" or "variance". table: [M,4H] or [M,H].
      units: H. limits: the most rows and columns of the picture.
    """
    rows, columns = table.shape
    small, scale = prepared(table, kind, *limits)
    width = _WIDTH - _LEFT - _RIGHT
    height = min(max(13 * rows, 40), 160)
    parts = [
        _picture(scale.colours(small), _LEFT, _TOP, width, height),
        *_rows(rows, height),
        *_gates(columns, units, width, height),
        *_legend(scale, _TOP + height + 12, width),
    ]
    name = f"{site}: {kind}, {rows} x {columns}, {' to '.join(scale.ends())}"
    return picture(name, _WIDTH, _TOP + height + 40, *parts)


def _text(text, x, y, anchor="middle"):
    return tag("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def _rows(rows, height):
    """Numbers of steps at the left."""
    for row in np.unique(np.linspace(0, rows - 1, min(rows, 5)).astype(int)):
        y = _TOP + height * (row + 0.5) / rows + 4
        yield _text(row, _LEFT - 5, y, "end")


def _gates(columns, units, width, height):
    """Names of gates above, and lines between them."""
    count = columns // units
    if count == 1:
        yield _text("units", _LEFT + width / 2, _TOP - 6)
        return
    for number, gate in enumerate(spec.GATES):
        left = _LEFT + width * number / count
        yield _text(gate, left + width / count / 2, _TOP - 6)
        if number:
            yield tag(
                "line",
                x1=f"{left:.1f}",
                y1=f"{_TOP - 4}",
                x2=f"{left:.1f}",
                y2=f"{_TOP + height}",
                class_="between",
            )


def _legend(scale, y, width):
    strip = np.arange(_COLOURS, dtype=np.uint8)[None]
    yield _picture(strip, _LEFT, y, width, 8)
    low, high = scale.ends()
    yield _text(low, _LEFT, y + 22, "start")
    yield _text(high, _LEFT + width, y + 22, "end")
    if not scale.logarithmic:
        yield _text("0", _LEFT + width / 2, y + 22)


def _picture(colours, x, y, width, height):
    data = base64.b64encode(png(colours)).decode()
    return tag(
        "image",
        href=f"data:image/png;base64,{data}",
        x=str(x),
        y=str(y),
        width=str(width),
        height=str(height),
        preserveAspectRatio="none",
    )


def palette() -> bytes:
    """Red, green, blue of each colour."""
    at = np.linspace(0, len(_ANCHORS) - 1, _COLOURS)
    known = np.arange(len(_ANCHORS))
    channels = [np.interp(at, known, channel) for channel in _ANCHORS.T]
    made = np.round(np.stack(channels, axis=-1)).astype(np.uint8)
    return made.tobytes() + bytes(_MAGENTA)


def png(colours) -> bytes:
    """A PNG of a table [rows, columns] of numbers of colours, uint8.

    Source: the PNG specification (RFC 2083): signature, then chunks of length, name,
    content, CRC-32; each row of the picture begins with its filter, 0.
    """
    rows, columns = colours.shape
    lines = np.pad(colours, ((0, 0), (1, 0))).tobytes()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, content)
        for name, content in (
            (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
            (b"PLTE", palette()),
            (b"IDAT", zlib.compress(lines, 9)),
            (b"IEND", b""),
        )
    )


def _chunk(name, content):
    crc = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)


def fitting_limits(tables) -> tuple[int, int]:
    """The most rows and columns of each picture, so that a page with that many tables
    stays small."""
    share = max(1.0, math.sqrt(tables / _MOST_LARGE))
    return max(int(MOST_ROWS / share), 12), max(int(MOST_COLUMNS / share), 32)
