"""Medicines: how they are taken up and cleared, what they do to the circulation, and whence each number."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

ORIGINS = {
    "published": "",
    "derived": "derived from the source",
    "memory": "from memory, to be confirmed",
    "fitted": "fitted, not predicted",
    "assumed": "assumed",
}
"""Where a number comes from, and what is said beside it."""


@dataclass(frozen=True)
class Parameter:
    """A number with what it is worth.

    Attributes
    ----------
    cv_percent : float
        Standard deviation between patients, in percent of the value.
    source : str
        Of the value; of the spread too, where it names one.
    origin : str
        One of ``ORIGINS``.
    """

    value: float
    unit: str
    cv_percent: float
    source: str
    origin: str

    @property
    def citation(self) -> str:
        """The source, with the words that say so where it is not that source's own number."""
        words = ORIGINS[self.origin]
        return f"{self.source} ({words})" if words else self.source


@dataclass(frozen=True)
class Effect:
    """What a concentration does: ``most C^steepness / (half^steepness + C^steepness)``.

    Attributes
    ----------
    on : str
        ``beta_receptors`` (share taken), ``heart_rate``, ``contractility``, ``resistance``, ``compliance``
        (of the systemic arteries; relative changes all), or ``blood`` (mL that fill vessels; slack veins
        that widen take as much).
    per_mmhg : float
        By how much the effect is larger, as a share, for each mmHg of systolic pressure above the
        population's.
    """

    on: str
    most: Parameter
    half: Parameter
    steepness: float = 1.0
    per_mmhg: float = 0.0


@dataclass(frozen=True)
class Response:
    """What a medicine does to the patients of one population; elsewhere it is not known.

    Attributes
    ----------
    lasting : bool
        Known under lasting treatment only.
    systolic_mmhg : tuple of float or None
        The population's pressure and the range that effects are scaled over.
    reflex : Parameter or None
        Share of the baroreflex' gains that these patients have left; all where there is none.
    notes : tuple of str
        What must be said beside its numbers.
    """

    population: str
    effects: tuple[Effect, ...]
    lasting: bool
    systolic_mmhg: tuple[float, float, float] | None = None
    reflex: Parameter | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Medicine:
    """A medicine.

    Attributes
    ----------
    kinetics : dict of Parameter
        ``bioavailability``, ``absorption``, ``clearance``, ``central``, ``exchange``, ``peripheral``: those
        that it needs.
    acts_from : str
        ``central`` or ``peripheral``: the compartment whose concentration its effects hang on.
    standard_times : int
        Doses that the standard one is given in.
    standard_mg_per_day, most_mg_per_day, most_mg_per_h : float
        The standard dose (0 where there is none), and what is not exceeded, taken and by infusion (0: it is
        not given so).
    """

    name: str
    group: str
    kinetics: dict[str, Parameter]
    acts_from: str
    standard_mg_per_day: float
    standard_times: int
    most_mg_per_day: float
    most_mg_per_h: float
    doses_source: str
    responses: tuple[Response, ...]


@cache
def medicines() -> dict[str, Medicine]:
    """Return the medicines by name, in the table's order."""
    text = files("resources").joinpath("medicines.toml").read_text("utf-8")
    return {row["name"]: _medicine(row) for row in tomllib.loads(text)["medicine"]}


def _medicine(row: dict[str, Any]) -> Medicine:
    kinetics = {name: Parameter(**fields) for name, fields in row["kinetics"].items()}
    return Medicine(
        row["name"], row["group"], kinetics, row["acts_from"], row["standard_mg_per_day"],
        row["standard_times"], row["most_mg_per_day"], row["most_mg_per_h"], row["doses_source"],
        tuple(_response(response) for response in row["response"]),
    )  # fmt: skip


def _response(row: dict[str, Any]) -> Response:
    effects = tuple(
        Effect(**effect | {"most": Parameter(**effect["most"]), "half": Parameter(**effect["half"])})
        for effect in row["effect"]
    )
    systolic = row.get("systolic_mmhg")
    return Response(
        row["population"],
        effects,
        row["lasting"],
        (systolic[0], systolic[1], systolic[2]) if systolic else None,
        Parameter(**row["reflex"]) if "reflex" in row else None,
        tuple(row.get("notes", ())),
    )
