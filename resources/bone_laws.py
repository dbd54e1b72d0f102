"""Bone: from CT number to density, elastic modulus and yield strain, as published."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

FROM_MEMORY = "from memory, to be confirmed"
"""Said beside every figure that was not checked against its source."""


@dataclass(frozen=True)
class Limits:
    """What holds for every bone element: densities g/cm³, moduli MPa."""

    poisson: float
    apparent_cap_g_cm3: float
    young_low_mpa: float
    young_high_mpa: float


@dataclass(frozen=True)
class LinearLaw:
    """A line through published points: ``y = slope x + offset``; densities in g/cm³."""

    title: str
    slope: float
    offset: float
    mineral: str
    source: str
    confirmed: bool


@dataclass(frozen=True)
class TissueDensities:
    """Densities (g/cm³ of ``mineral``) that air, fat and muscle stand for on a CT."""

    air_g_cm3: float
    fat_g_cm3: float
    muscle_g_cm3: float
    mineral: str
    source: str
    confirmed: bool


@dataclass(frozen=True)
class ModulusLaw:
    """``E = coefficient · rate**rate_exponent · density**exponent``, MPa and g/cm³.

    ``density`` is ``apparent`` or ``ash``; ``rate`` is the strain rate per second and only
    matters where ``rate_exponent`` is not 0.
    """

    name: str
    coefficient: float
    exponent: float
    density: str
    source: str
    confirmed: bool
    rate_exponent: float = 0.0

    @property
    def citation(self) -> str:
        """The source, with the words that say so where it was not checked."""
        return self.source if self.confirmed else f"{self.source} ({FROM_MEMORY})"


@dataclass(frozen=True)
class YieldStrains:
    """Principal yield strains (1, positive); cortical from an apparent density upward."""

    cortical_tension: float
    cortical_compression: float
    trabecular_tension: float
    trabecular_compression: float
    cortical_from_apparent_g_cm3: float
    source: str
    confirmed: bool


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("resources").joinpath("bone_laws.toml").read_text("utf-8"))


def limits() -> Limits:
    """Return Poisson's ratio, the density cap and the modulus' limits."""
    table = _table()
    return Limits(
        table["poisson"], table["apparent_cap_g_cm3"], table["young_low_mpa"], table["young_high_mpa"]
    )


def default_calibration() -> LinearLaw:
    """Return the line HU → mineral density (g/cm³) of a scanner without a phantom."""
    row = _table()["calibration"]["default"]
    return LinearLaw(
        row["title"], row["slope_g_cm3_per_hu"], row["offset_g_cm3"], row["mineral"], row["source"],
        row["confirmed"],
    )  # fmt: skip


def tissue_densities() -> TissueDensities:
    """Return what air, fat and muscle stand for in a calibration by the patient's own tissues."""
    row = dict(_table()["calibration"]["internal"])
    del row["title"]
    return TissueDensities(**row)


def ash_law(mineral: str) -> LinearLaw:
    """Return the line mineral density → ash density for ``K2HPO4`` or ``HA``."""
    for row in _table()["ash"]:
        if row["mineral"] == mineral:
            return LinearLaw("ash density", **row)
    raise KeyError(f"no ash density law for {mineral}")


def ash_over_apparent() -> float:
    """Return the ratio of ash to apparent density (Schileo 2008)."""
    return _table()["apparent"]["ash_over_apparent"]


@cache
def modulus_laws() -> dict[str, ModulusLaw]:
    """Return the modulus laws by name; the first is the default."""
    return {row["name"]: ModulusLaw(**row) for row in _table()["modulus"]}


def yield_strains() -> YieldStrains:
    """Return the principal yield strains of bone."""
    return YieldStrains(**_table()["yield"])
