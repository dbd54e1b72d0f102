"""From doses to concentrations: one or two compartments, filled from the gut, by a bolus or by infusion.

Amounts (mg) follow a linear system whose solution is exact, by the matrix's exponential; hours, L, ng/mL.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from twin.errors import UserError

NG_PER_ML = 1e3
"""Of 1 mg/L."""


class Route(StrEnum):
    """How it gets in."""

    ORAL = "oral"
    BOLUS = "bolus"
    INFUSION = "infusion"


@dataclass(frozen=True)
class Regimen:
    """What is given.

    Attributes
    ----------
    amount : float
        mg of each dose; of an infusion, mg/h.
    every_h : float
        From dose to dose.
    count : int or None
        Doses; None for treatment that lasts, as it has become by then. Of no meaning to an infusion.
    hours : float or None
        How long an infusion runs; None until its effect no longer changes.

    Raises
    ------
    UserError
        An amount, an interval, a number or a time that is not above zero.
    """

    route: Route
    amount: float
    every_h: float = 24.0
    count: int | None = None
    hours: float | None = None

    def __post_init__(self) -> None:
        named = {
            "dose": self.amount, "interval": self.every_h,
            "number of doses": self.count, "time": self.hours,
        }  # fmt: skip
        for name, value in named.items():
            if value is not None and not (np.isfinite(value) and value > 0):
                raise UserError(f"A {name} of {value:g} is none.", "Give one above zero.")

    @classmethod
    def daily(cls, mg: float, times: int = 1) -> "Regimen":
        """Return lasting treatment by mouth: so many mg a day, in so many equal doses."""
        if times < 1:
            raise UserError(f"A dose {times} times a day is none.", "Give at least one.")
        return cls(Route.ORAL, mg / times, 24.0 / times)

    @classmethod
    def infusion(cls, ug_per_kg_min: float, weight_kg: float, hours: float | None = None) -> "Regimen":
        """Return an infusion by body weight."""
        if not 0 < weight_kg < 400:
            raise UserError(f"A patient of {weight_kg:g} kg is none.", "Give the weight in kg.")
        return cls(Route.INFUSION, ug_per_kg_min * weight_kg * 60e-3, hours=hours)

    @property
    def lasting(self) -> bool:
        """Whether it is repeated for good."""
        return self.route is not Route.INFUSION and self.count is None

    @property
    def mg_per_day(self) -> float:
        """Given in a day; of a few doses, all of the first day's."""
        if self.route is Route.INFUSION:
            return 24.0 * self.amount
        a_day = 24.0 / self.every_h
        return self.amount * (max(a_day, 1.0) if self.count is None else min(max(a_day, 1.0), self.count))


@dataclass(frozen=True)
class Kinetics:
    """A body's volumes and flows for a medicine.

    Attributes
    ----------
    bioavailability : float
        mg that reach the blood of 1 mg taken by mouth.
    absorption_per_h : float
        Share of what is left in the gut taken up in an hour; 0 where it is not taken by mouth.
    exchange_l_per_h, peripheral_l : float
        Between the two compartments, and the second one's volume; 0 where there is one only.
    """

    clearance_l_per_h: float
    central_l: float
    bioavailability: float = 1.0
    absorption_per_h: float = 0.0
    exchange_l_per_h: float = 0.0
    peripheral_l: float = 0.0

    def concentrations(
        self, regimen: Regimen, times_h: NDArray[np.float64], *, peripheral: bool = False
    ) -> NDArray[np.float64]:
        """Return concentrations (n,), ng/mL, at times (n,) after the first dose.

        Under lasting treatment times count from a dose after which nothing changes from interval to interval;
        they must lie within one.

        Parameters
        ----------
        peripheral : bool
            In the second compartment instead of the blood.

        Raises
        ------
        UserError
            By mouth, what is not taken so.
        """
        system, given = self._system(regimen)
        times = np.asarray(times_h, dtype=np.float64)
        if regimen.route is Route.INFUSION:
            amounts = _infused(system, given, times, regimen.hours)
        elif regimen.count is None:
            # What is left of all doses before: given, and once more for each interval that has gone.
            left = np.eye(len(system)) - _exponentials(system, np.array([regimen.every_h]))[0]
            amounts = _exponentials(system, times) @ np.linalg.solve(left, given)
        else:
            since = times[:, None] - regimen.every_h * np.arange(regimen.count)
            begun = np.where(since[..., None, None] >= 0, _exponentials(system, np.maximum(since, 0.0)), 0.0)
            amounts = (begun @ given).sum(axis=1)
        if peripheral and self.peripheral_l:
            return np.asarray(amounts[:, 1] / self.peripheral_l * NG_PER_ML)
        return np.asarray(amounts[:, 0] / self.central_l * NG_PER_ML)

    def _system(self, regimen: Regimen) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return rates (m, m) per hour between blood, second compartment and gut, and what is given (m,)."""
        two, oral = self.peripheral_l > 0, regimen.route is Route.ORAL
        if oral and not self.absorption_per_h > 0:
            raise UserError("It is not taken by mouth.", "Give it by bolus or infusion.")
        size = 1 + two + oral
        rates, given = np.zeros((size, size)), np.zeros(size)
        rates[0, 0] = -self.clearance_l_per_h / self.central_l
        if two:
            out, back = self.exchange_l_per_h / self.central_l, self.exchange_l_per_h / self.peripheral_l
            rates[:2, :2] += [[-out, back], [out, -back]]
        given[0] = regimen.amount
        if oral:
            rates[-1, -1], rates[0, -1] = -self.absorption_per_h, self.absorption_per_h
            given[:] = 0.0
            given[-1] = regimen.amount * self.bioavailability
        return rates, given


def _exponentials(system: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.linalg import expm

    return np.asarray(expm(system * times[..., None, None]))


def _infused(
    system: NDArray[np.float64], given: NDArray[np.float64], times: NDArray[np.float64], hours: float | None
) -> NDArray[np.float64]:
    """Return amounts (n, m) under an infusion of ``given`` an hour; without an end, what they come to."""
    settled = np.linalg.solve(-system, given)
    if hours is None:
        return np.broadcast_to(settled, (len(times), len(settled)))
    running = np.minimum(times, hours)
    amounts = settled - _exponentials(system, running) @ settled
    return np.asarray(np.einsum("nij,nj->ni", _exponentials(system, times - running), amounts))
