"""Whether values can be Hounsfield units: air and soft tissue lie where they belong.

By definition air is −1000 and water 0; fat is near −100, soft tissue from 20 to 80. A scanner stores most CT
with 1024 added, and a file that leaves its rescale intercept out shows air at 0 and soft tissue at 1070.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume
from twin.errors import UserError

STORED_WITH = 1024.0
"""What most scanners add to Hounsfield units before they store them."""

_LOOKED_AT = 2_000_000


class NotHounsfield(UserError):
    """Values do not look like Hounsfield units.

    Attributes
    ----------
    add_hu : float
        What makes them so, added to every value; 0 where nothing does.
    """

    def __init__(self, message: str, hint: str, add_hu: float = 0.0) -> None:
        super().__init__(message, hint)
        self.add_hu = add_hu


@dataclass(frozen=True)
class Shift:
    """Where air and soft tissue lie in values whose rescale intercept is left out."""

    air: float
    soft: float

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return (
            f"air is at {self.air:.0f} and soft tissue at {self.soft:.0f}, where Hounsfield units have "
            "−1000 and 50. The file seems to leave its rescale intercept out."
        )


def sample(volume: Volume) -> NDArray[np.float32]:
    """Return finite values from all over a volume, in its unit; shape (n,)."""
    voxels = volume.voxels if volume.voxels.ndim == 3 else volume.voxels[0]
    step = max(1, round((voxels.size / _LOOKED_AT) ** (1 / 3)))
    some = voxels[::step, ::step, ::step].astype(np.float32).ravel()
    some = some * np.float32(volume.slope) + np.float32(volume.intercept)
    return np.asarray(some[np.isfinite(some)])


def shifted(some: NDArray[np.float32]) -> Shift | None:
    """Return where air and tissue lie if air lies at 0 or above and soft tissue a thousand above that.

    A small piece of bone and muscle, in HU, has as many values between the two as above; so has an MR.
    """
    air, soft = some[some < 200], some[(some >= 900) & (some < 1200)]
    between = np.count_nonzero((some >= 300) & (some < 850))
    below = np.count_nonzero(some < -100)
    if min(air.size, soft.size) < 0.05 * some.size or below > 0.01 * some.size or between > 0.5 * soft.size:
        return None
    found = Shift(float(np.median(air)), float(np.median(soft)))
    return found if found.air > -20 else None


def check(volume: Volume) -> None:
    """Refuse values that cannot be Hounsfield units, or do not look like them.

    Some of any CT lies below −20, which is air, lung or fat, and a good part of it where air, fat and soft
    tissue lie. A scan of nothing but bone, metal or contrast agent is refused too: a person must say so.

    Raises
    ------
    NotHounsfield
    """
    some = sample(volume)
    if some.size == 0:
        raise NotHounsfield("These values are not Hounsfield units: none is a number.", "Import it again.")
    shift = shifted(some)
    if shift is not None:
        add = -STORED_WITH if -20 < shift.soft - STORED_WITH < 120 else 0.0
        hint = (
            f"If this is a CT, {add:+.0f} HU added to every value (add_hu) bring soft tissue to "
            f"{shift.soft + add:.0f}." if add else "Import files that give the rescale intercept."
        )  # fmt: skip
        raise NotHounsfield(
            f"These values are not Hounsfield units: {shift.words}", hint.replace("-", "−"), add
        )
    low, high = float(some.min()), float(some.max())
    light = np.count_nonzero((some > -1200) & (some < -20)) / some.size
    air, soft = (some > -1200) & (some < -700), (some > -150) & (some < 150)
    usual = np.count_nonzero(air | soft) / some.size
    why = ""
    if high - low < 200:
        why = "a CT spans far more"
    elif light < 0.005:
        why = f"{100 * light:.1f} % of them lie below −20, where a CT has air, lung and fat"
    elif usual < 0.2:
        why = f"{100 * usual:.0f} % of them lie where air, fat and soft tissue do (under −700, −150 to 150)"
    if why:
        ends = f"They run from {low:.0f} to {high:.0f}".replace("-", "−")
        raise NotHounsfield(
            f"These values do not look like Hounsfield units. {ends}; {why}.",
            "If this is no CT, leave it as it is. Only if you know that air is −1000 and water 0 in it, "
            "say so all the same (assume_hu).",
        )
