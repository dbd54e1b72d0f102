"""Pumps that help a left ventricle: what pressure they add at a flow and a speed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class HeartPump:
    """A rotary pump: ``rise = head speed² - resistance Q - loss Q|Q|``, mmHg, mL/s, rpm.

    Attributes
    ----------
    least_rpm, most_rpm : float
        Speeds between which that holds.
    confirmed : bool
        False: written from memory of the source, and shown so.
    """

    name: str
    head_mmhg_per_rpm2: float
    resistance_mmhg_s_per_ml: float
    loss_mmhg_s2_per_ml2: float
    least_rpm: float
    most_rpm: float
    source: str
    confirmed: bool

    @property
    def citation(self) -> str:
        """The source, with the words that say so where it was not checked."""
        return self.source if self.confirmed else f"{self.source} (from memory, to be confirmed)"


@cache
def heart_pumps() -> dict[str, HeartPump]:
    """Return the pumps by name; the first is the default."""
    text = files("resources").joinpath("heart_pumps.toml").read_text("utf-8")
    return {row["name"]: HeartPump(**row) for row in tomllib.loads(text)["pump"]}
