"""What implants are made of."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Range = tuple[float, float]


@dataclass(frozen=True)
class ImplantMaterial:
    """Stiffness and strength of an implant material, MPa, as (low, high) over its grades.

    ``None`` where the table holds no figure. ``confirmed`` False: from memory, shown so.
    """

    name: str
    young_mpa: Range
    poisson: float | None
    yield_mpa: Range | None
    fatigue_1e7_mpa: Range | None
    source: str
    confirmed: bool


@cache
def implant_materials() -> dict[str, ImplantMaterial]:
    """Return the implant materials by name."""
    table = tomllib.loads(files("resources").joinpath("implant_materials.toml").read_text("utf-8"))
    return {
        row["name"]: ImplantMaterial(
            row["name"],
            _range(row["young_mpa"]),
            row.get("poisson"),
            _range(row["yield_mpa"]) if "yield_mpa" in row else None,
            _range(row["fatigue_1e7_mpa"]) if "fatigue_1e7_mpa" in row else None,
            table["source"],
            table["confirmed"],
        )
        for row in table["material"]
    }


def _range(values: list[float]) -> Range:
    low, high = values
    return low, high
