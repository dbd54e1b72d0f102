"""What a clinician calls an image of the heart: by its series' words, else by the heart's measured axis."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.errors import UserError

if TYPE_CHECKING:
    from twin.domain import Motion

_COUNTS = {"2": "two", "3": "three", "4": "four"}
_CHAMBERS = re.compile(r"(?<![a-z0-9])(2|3|4|two|three|four)[ _-]?ch(?:amber)?s?(?![a-z])")
_SHORT = re.compile(r"(?<![a-z])(?:sax|short[ _-]?ax(?:is|e)?)(?![a-z])")
_OUTFLOW = re.compile(r"(?<![a-z])(rvot|lvot)(?![a-z])")

ACROSS_DEGREES = 20.0
"""So far may the normal of a short-axis plane lie off the ventricle's axis: our judgment."""
ALONG_DEGREES = 75.0
"""From here on a plane lies along the axis; it is a long-axis view where it meets apex and base too."""
BESIDE_MM = 15.0
"""So far may apex and middle of the base lie beside a long-axis plane."""


def told_view(series: str) -> str:
    """Return the view that a series' description names; empty where it names none, or more than one.

    >>> told_view("cine_trufi_retro 4CH")
    'four-chamber'
    """
    text = series.lower()
    found = {f"{_COUNTS.get(n, n)}-chamber" for n in _CHAMBERS.findall(text)}
    found |= {"short axis"} if _SHORT.search(text) else set()
    found |= {name.upper() for name in _OUTFLOW.findall(text)}
    return found.pop() if len(found) == 1 else ""


def seen_view(affine: NDArray[np.float64], motion: Motion) -> str:
    """Return what planes of an image are of a ventricle that was measured: short or long axis; else empty.

    Which chambers a long axis shows the ventricle's axis alone does not tell.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Of the image: (i, j, k, 1) to LPS mm.
    motion : Motion
        In the same frame of reference.
    """
    from segmentation.heart.late_wall import axis_of

    if "endocardium" not in [surface.name for surface in motion.surfaces]:
        return ""
    try:
        axis = axis_of(motion, motion.fullest)
    except UserError:  # closed: where its base lies is not known
        return ""
    normal = np.cross(affine[:3, 0], affine[:3, 1])
    normal /= np.linalg.norm(normal)
    along = axis.apex - axis.center
    off = np.degrees(np.arccos(min(abs(float(along @ normal)) / float(np.linalg.norm(along)), 1.0)))
    if off <= ACROSS_DEGREES:
        return "short axis"
    beside = [abs(float((end - affine[:3, 3]) @ normal)) for end in (axis.apex, axis.center)]
    return "long axis" if off >= ALONG_DEGREES and max(beside) <= BESIDE_MM else ""
