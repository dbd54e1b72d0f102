"""Loads on the hip: measured and balanced forces by activity, in % of body weight."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

GRAVITY = 9.81
"""m/s²; 75 kg weigh 735.75 N."""

Force = tuple[float, float, float]


@dataclass(frozen=True)
class LoadCase:
    """One activity at its peak.

    Attributes
    ----------
    forces : dict of str to (x, y, z)
        Force on the femur by what exerts it, in % of body weight; femur frame: +x medial,
        +y anterior, +z proximal.
    confirmed : bool
        False: written from memory of the source, and shown so.
    bergmann_magnitude : float
        Bergmann 2001's hip contact force for the activity, % of body weight: a check.
    """

    name: str
    title: str
    forces: dict[str, Force]
    source: str
    confirmed: bool
    bergmann_magnitude: float


@dataclass(frozen=True)
class BenchTest:
    """An implant's test stand: the force and how the femur is inclined in it."""

    name: str
    force_n: float
    adduction_deg: float
    flexion_deg: float


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("resources").joinpath("hip_loads.toml").read_text("utf-8"))


@cache
def hip_load_cases() -> dict[str, LoadCase]:
    """Return the load cases by name, in the table's order."""
    table = _table()
    return {
        case["name"]: LoadCase(
            case["name"],
            case["title"],
            {name: tuple(force) for name, force in case["forces"].items()},
            table["source"],
            case["confirmed"],
            case["bergmann_magnitude"],
        )
        for case in table["case"]
    }


def hip_peaks() -> dict[str, tuple[float, float]]:
    """Return the range of the peak hip contact force by activity, % of body weight."""
    return {name: (low, high) for name, (low, high) in _table()["peaks"].items()}


def rehabilitation_loads() -> dict[str, tuple[float, float]]:
    """Return the range of the hip contact force by exercise, % of body weight (from memory)."""
    return {name: (low, high) for name, (low, high) in _table()["rehabilitation"].items()}


def stem_bench_test() -> BenchTest:
    """Return the test of a hip stem by ISO 7206-4."""
    return BenchTest(**_table()["bench"])
