"""The picture that other sites show beside a link to this one: a question and its answer, in the operator's colours.

It holds no text, for no font can be relied on where a site is exported, least of all one with Chinese signs; the name
stands beside it wherever it is shown, from `og:title` and `og:site_name`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faqkb.server.colours import Palette

FILE = "share.png"
"""At the top of the site, where it stays when the content changes: other sites keep its address."""
WIDTH, HEIGHT = 1200, 630  # what Open Graph's readers show whole
_Coverage = npt.NDArray[np.float64]
_LINES = ((600, 358, 400), (600, 408, 440), (600, 458, 460), (600, 508, 300))  # of the answer: left, top, width
_TELLING = 1  # the line that is marked


def shared_picture(palette: Palette) -> bytes:
    """Return the picture as PNG, 1200 by 630 pixels, the same bytes for the same colours."""
    ground, tint, paper = (_rgb(each) for each in _colours(palette))
    canvas = np.broadcast_to(ground, (HEIGHT, WIDTH, 3)).copy()
    for colour, shape in _drawing(ground, tint, paper):
        canvas += shape[..., np.newaxis] * (colour - canvas)
    return _png(np.rint(canvas).astype(np.uint8))


def _colours(palette: Palette) -> Sequence[str]:
    return palette.light.accent, palette.light.accent_ground, palette.light.on_accent


def _drawing(ground: _Coverage, tint: _Coverage, paper: _Coverage) -> list[tuple[_Coverage, _Coverage]]:
    """Return what is drawn, one over the other: a colour, and how much of each pixel it covers."""
    faint = ground + 0.14 * (paper - ground)
    text = ground + 0.45 * (paper - ground)
    drawn = [
        (faint, _box(560, 606, 560, 140, 24)),  # a further answer, below the edge
        (paper, _box(560, 100, 560, 96, 48)),  # the question
        (text, _box(612, 138, 300, 20, 10)),
        (ground, _box(1036, 112, 72, 72, 36)),
        (paper, _box(560, 232, 560, 350, 24)),  # the answer
        (ground, _box(600, 284, 360, 26, 13)),
        (tint, _box(584, 392, 512, 48, 12)),
        (paper, _bubble(90, 160)),
        (ground, _mark(90, 160)),
    ]
    lines = [(ground if at == _TELLING else text, _box(x, y, width, 16, 8)) for at, (x, y, width) in enumerate(_LINES)]
    return [*drawn, *lines]


def _places() -> tuple[_Coverage, _Coverage]:
    """Return x and y of the middle of each pixel, of shapes (1, WIDTH) and (HEIGHT, 1)."""
    x, y = (np.arange(count, dtype=np.float64) + 0.5 for count in (WIDTH, HEIGHT))
    return x[np.newaxis, :], y[:, np.newaxis]


def _box(left: float, top: float, width: float, height: float, radius: float) -> _Coverage:
    """Return how much of each pixel a box with round corners covers, 0..1."""
    x, y = _places()
    across = np.abs(x - left - width / 2) - width / 2 + radius
    down = np.abs(y - top - height / 2) - height / 2 + radius
    outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0)) + np.minimum(np.maximum(across, down), 0) - radius
    return np.clip(0.5 - outside, 0, 1)


def _bubble(left: float, top: float) -> _Coverage:
    """Return the bubble of static/icon.svg, twelve times as large."""
    x, y = _places()
    tail = np.minimum(x - left - 108, (top + 264 + 72 - y) - (x - left - 108) * 72 / 84)
    below = np.minimum(tail, y - top - 200)
    return np.maximum(_box(left, top, 360, 264, 36), np.clip(below + 0.5, 0, 1))


def _mark(left: float, top: float) -> _Coverage:
    """Return the letter within the bubble."""
    strokes = [_box(left + 132, top + 84, 34, 122, 4), _box(left + 132, top + 84, 96, 31, 4)]
    return np.maximum(np.maximum(*strokes), _box(left + 132, top + 132, 84, 30, 4))


def _rgb(colour: str) -> _Coverage:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.float64)


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return an image of shape (height, width, 3) as PNG (W3C, Portable Network Graphics, third edition)."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)  # 0: no filter
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # eight bits each of red, green and blue
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
