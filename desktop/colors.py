"""Which color an item has: its own, or that of its structure in the table."""

from __future__ import annotations

from desktop.session import Item
from resources.colors import LOAD_COLOR, MEASURE_COLOR, structure_color

_OF_KIND = {
    "volume": "#7D8791",
    "labelmap": "#B8A67E",
    "landmarks": "#F2CC60",
    "measurement": MEASURE_COLOR,
    "key image": MEASURE_COLOR,
    "model": LOAD_COLOR,
    "result": "#E2605D",
}


def color_of(item: Item) -> str:
    """Return ``#RRGGBB``."""
    if item.color:
        return item.color
    if not item.part and item.kind in _OF_KIND:
        return _OF_KIND[item.kind]
    return structure_color(item.term or item.structure, max(item.label - 1, 0))


CURVE_COLORS = {
    "dark": {"ventricle": "#4FB3BF", "aorta": "#E8706A", "atrium": "#B79CE0", "measured": "#E3B341"},
    "light": {"ventricle": "#0B6B77", "aorta": "#B3261E", "atrium": "#6B4FA0", "measured": "#7A5200"},
}
"""By theme: what a heart's curves are drawn in, live and in results."""
