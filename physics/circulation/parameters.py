"""Parameters of the closed circulation, and two sets of them: a published one and a healthy adult."""

import math
from dataclasses import astuple, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

CHAMBERS = ("LA", "LV", "RA", "RV")
"""Left atrium, left ventricle, right atrium, right ventricle: the order of chambers."""

VALVES = ("mitral", "aortic", "tricuspid", "pulmonary")
"""The order of valves: each is the one that the chamber at its place empties through."""

GORLIN = 44.3
"""Flow through 1 cm² at 1 mmHg, mL/s, as Gorlin and Gorlin 1951 (Am Heart J 41:1) found it for the valves of
the great arteries: areas by it are those that a catheter laboratory reports."""

GORLIN_INFLOW = 37.7
"""The same for mitral and tricuspid valve: 0.85 of ``GORLIN``."""

BERNOULLI = 50.2
"""The same without loss, √(2 · 133.322 Pa / 1060 kg/m³) through 1 cm²: of an effective area, as an ultrasound
examination reports it of leaks."""


@dataclass(frozen=True)
class Chamber:
    """A chamber whose elastance rises by ``active`` over ``passive`` in each beat.

    ``p = E(t) (V - V0)``, ``E(t) = active f(t) + passive``; ``f`` rises as half a cosine for
    ``contraction_s`` from ``onset_s`` on, and falls as half a cosine for ``relaxation_s``.
    """

    active_mmhg_per_ml: float
    passive_mmhg_per_ml: float
    contraction_s: float
    relaxation_s: float
    onset_s: float
    unstressed_ml: float


@dataclass(frozen=True)
class Bed:
    """A vascular bed: arteries and veins, each with resistance, compliance and inertance."""

    arterial_resistance_mmhg_s_per_ml: float
    arterial_compliance_ml_per_mmhg: float
    venous_resistance_mmhg_s_per_ml: float
    venous_compliance_ml_per_mmhg: float
    arterial_inertance_mmhg_s2_per_ml: float
    venous_inertance_mmhg_s2_per_ml: float

    def sized(self, share: float) -> "Bed":
        """Return that of a body so many times as large; see ``Circulation.sized``."""
        return Bed(
            self.arterial_resistance_mmhg_s_per_ml / share,
            self.arterial_compliance_ml_per_mmhg * share,
            self.venous_resistance_mmhg_s_per_ml / share,
            self.venous_compliance_ml_per_mmhg * share,
            self.arterial_inertance_mmhg_s2_per_ml / share,
            self.venous_inertance_mmhg_s2_per_ml / share,
        )


@dataclass(frozen=True)
class Valve:
    """A valve with and against its direction: ``ΔP = resistance Q + loss Q|Q|``.

    Resistances are in mmHg s/mL, losses in mmHg s²/mL². With no loss it is linear.
    """

    resistance: float = 0.0075
    loss: float = 0.0
    closed_resistance: float = 75006.2
    closed_loss: float = 0.0

    @classmethod
    def orifice(cls, area_cm2: float, leak_cm2: float = 0.0, discharge: float = GORLIN) -> "Valve":
        """Return a valve that lets blood through an area, and back through another.

        Parameters
        ----------
        area_cm2 : float
            Of the open valve: at each moment the flow is ``discharge`` · area · √gradient, but for a little
            friction. By Gorlin's formula, which takes means, it comes out smaller.
        leak_cm2 : float
            Effective area of the closed valve; 0 where it closes.
        discharge : float
            Flow through 1 cm² at 1 mmHg, mL/s.

        Raises
        ------
        ValueError
            No opening, or a leak below zero or larger than it.
        """
        if not area_cm2 > 0 or not 0 <= leak_cm2 <= area_cm2:
            raise ValueError(f"a valve of {area_cm2} cm² that leaks by {leak_cm2} cm² cannot be")
        open_loss = (discharge * area_cm2) ** -2
        if leak_cm2 == 0:
            return cls(_FRICTION, open_loss)
        return cls(_FRICTION, open_loss, _FRICTION, (BERNOULLI * leak_cm2) ** -2)

    def sized(self, share: float) -> "Valve":
        """Return that of a body so many times as large; see ``Circulation.sized``."""
        return Valve(
            self.resistance / share,
            self.loss / share**2,
            self.closed_resistance / share,
            self.closed_loss / share**2,
        )


_FRICTION = 0.002
"""Resistance of an orifice beside its loss, mmHg s/mL: 1 mmHg at the peak of ejection. It bounds how fast a
flow can answer a pressure near none, and so the step that is stable."""


PLACES = (*CHAMBERS, "systemic artery", "systemic vein", "pulmonary artery", "pulmonary vein")
"""Where blood is: the order of the first eight of ``State``."""


@dataclass(frozen=True)
class Passage:
    """Another way for blood than valves and beds: a hole in a septum, a shunt, a pump.

    ``p_begin - p_end + rise = resistance Q + loss Q|Q|``, either way; units as of ``Valve``.

    Attributes
    ----------
    begins, ends : str
        Two of ``PLACES``.
    rise_mmhg : float
        What a pump adds to the pressure at no flow.
    """

    name: str
    begins: str
    ends: str
    resistance: float
    loss: float = 0.0
    rise_mmhg: float = 0.0

    def __post_init__(self) -> None:
        strange = {self.begins, self.ends} - set(PLACES)
        if strange or self.begins == self.ends:
            raise ValueError(f"{self.name} leads from {self.begins} to {self.ends}; name two of {PLACES}")
        if not self.name or "." in self.name:
            raise ValueError(f"a passage's name has no dot: “{self.name}”")
        if not self.resistance > 0 or not self.loss >= 0:
            raise ValueError(f"{self.name} needs a resistance above zero and no loss below it")

    @classmethod
    def hole(cls, name: str, begins: str, ends: str, area_cm2: float) -> "Passage":
        """Return a hole of an effective area; one that is not above zero raises ``ValueError``."""
        if not area_cm2 > 0:
            raise ValueError(f"{name}: a hole of {area_cm2} cm² is none")
        return cls(name, begins, ends, _FRICTION, (BERNOULLI * area_cm2) ** -2)

    def numbers(self) -> tuple[float, ...]:
        """Return it as (5,): where it begins and ends in ``PLACES``, resistance, loss and rise."""
        ends = PLACES.index(self.begins), PLACES.index(self.ends)
        return (float(ends[0]), float(ends[1]), self.resistance, self.loss, self.rise_mmhg)


@dataclass(frozen=True)
class State:
    """All that the circulation remembers: volumes, pressures of arteries and veins, flows through them."""

    la_ml: float
    lv_ml: float
    ra_ml: float
    rv_ml: float
    systemic_artery_mmhg: float
    systemic_vein_mmhg: float
    pulmonary_artery_mmhg: float
    pulmonary_vein_mmhg: float
    systemic_artery_ml_per_s: float
    systemic_vein_ml_per_s: float
    pulmonary_artery_ml_per_s: float
    pulmonary_vein_ml_per_s: float

    def array(self) -> NDArray[np.float64]:
        """Return it as (12,) in the order of the fields."""
        return np.array(astuple(self), dtype=np.float64)


def healthy_valves() -> dict[str, Valve]:
    """Return four valves without stenosis or leak.

    Areas of healthy adults, cm²: mitral 4–6, aortic 3–4 (Baumgartner et al. 2009, Eur J Echocardiogr 10:1),
    tricuspid and pulmonary a little more.
    """
    return {
        "mitral": Valve.orifice(5.0, discharge=GORLIN_INFLOW),
        "aortic": Valve.orifice(3.5),
        "tricuspid": Valve.orifice(7.0, discharge=GORLIN_INFLOW),
        "pulmonary": Valve.orifice(4.0),
    }


@dataclass(frozen=True)
class Circulation:
    """The whole loop.

    Attributes
    ----------
    chambers : dict of Chamber
        By the names in ``CHAMBERS``.
    start : State
        Where it begins; the sum of its volumes is what flows round for good.
    valves : dict of Valve
        By the names in ``VALVES``.
    limits : tuple of str
        What must not be read out of it.
    passages : tuple of Passage
        Ways beside the valves and beds; each has a name of its own.
    """

    chambers: dict[str, Chamber]
    systemic: Bed
    pulmonary: Bed
    start: State
    heart_rate_per_min: float
    valves: dict[str, Valve] = field(default_factory=healthy_valves)
    limits: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()

    @property
    def beat_s(self) -> float:
        """Length of a beat, s."""
        return 60.0 / self.heart_rate_per_min

    def at(self, heart_rate_per_min: float) -> "Circulation":
        """Return it at another heart rate.

        Contraction and relaxation last as √RR (Bazett's rule); onsets within the beat stay, as the delay from
        atria to ventricles does.

        Raises
        ------
        ValueError
            A rate at which contraction and relaxation no longer fit into a beat, or none above zero.
        """
        if not heart_rate_per_min > 0:
            raise ValueError(f"a heart rate lies above zero, not at {heart_rate_per_min}")
        share = math.sqrt(self.heart_rate_per_min / heart_rate_per_min)
        chambers = {
            name: replace(
                chamber,
                contraction_s=chamber.contraction_s * share,
                relaxation_s=chamber.relaxation_s * share,
                onset_s=chamber.onset_s % self.beat_s,
            )
            for name, chamber in self.chambers.items()
        }
        longest = max(chamber.contraction_s + chamber.relaxation_s for chamber in chambers.values())
        if longest > 60.0 / heart_rate_per_min:
            raise ValueError(
                f"at {heart_rate_per_min:.0f}/min a beat is shorter than its contraction and relaxation"
            )
        return replace(self, chambers=chambers, heart_rate_per_min=heart_rate_per_min)

    def sized(self, share: float) -> "Circulation":
        """Return that of a body so many times as large: volumes and flows go with it, pressures stay.

        Elastances, resistances and inertances fall as these rise, losses by the square. The rate stays.

        Raises
        ------
        ValueError
            A share that is not above zero.
        """
        if not share > 0:
            raise ValueError(f"a body's size lies above zero, not at {share}")
        chambers = {
            name: replace(
                chamber,
                active_mmhg_per_ml=chamber.active_mmhg_per_ml / share,
                passive_mmhg_per_ml=chamber.passive_mmhg_per_ml / share,
                unstressed_ml=chamber.unstressed_ml * share,
            )
            for name, chamber in self.chambers.items()
        }
        flows = np.repeat([share, 1.0, share], 4)  # chambers, pressures, flows
        return replace(
            self,
            chambers=chambers,
            systemic=self.systemic.sized(share),
            pulmonary=self.pulmonary.sized(share),
            start=State(*(self.start.array() * flows).tolist()),
            valves={name: valve.sized(share) for name, valve in self.valves.items()},
            passages=tuple(
                replace(p, resistance=p.resistance / share, loss=p.loss / share**2) for p in self.passages
            ),
        )

    def with_valve(self, name: str, valve: Valve) -> "Circulation":
        """Return it with one of its ``VALVES`` replaced; another name raises ``ValueError``."""
        if name not in VALVES:
            raise ValueError(f"there is no {name} valve; there are {', '.join(VALVES)}")
        return replace(self, valves=self.valves | {name: valve})

    def with_passage(self, passage: Passage) -> "Circulation":
        """Return it with another way for blood, in place of one of the same name."""
        kept = tuple(p for p in self.passages if p.name != passage.name)
        return replace(self, passages=(*kept, passage))

    def without_passage(self, name: str) -> "Circulation":
        """Return it with one of its passages closed; another name raises ``ValueError``."""
        kept = tuple(p for p in self.passages if p.name != name)
        if len(kept) == len(self.passages):
            there = ", ".join(p.name for p in self.passages) or "none"
            raise ValueError(f"there is no passage {name}; there are {there}")
        return replace(self, passages=kept)

    def with_blood(self, more_ml: float) -> "Circulation":
        """Return it beginning with more blood (less, below zero) in the systemic veins."""
        rise = more_ml / self.systemic.venous_compliance_ml_per_mmhg
        start = replace(self.start, systemic_vein_mmhg=self.start.systemic_vein_mmhg + rise)
        return replace(self, start=start)

    def stored_ml(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the blood (..., 8) in each place of states (..., 12), mL: chambers, then arteries and veins.

        Of vessels it is what they hold above what they hold slack: pressure times compliance.
        """
        vessels = (
            self.systemic.arterial_compliance_ml_per_mmhg,
            self.systemic.venous_compliance_ml_per_mmhg,
            self.pulmonary.arterial_compliance_ml_per_mmhg,
            self.pulmonary.venous_compliance_ml_per_mmhg,
        )
        stored: NDArray[np.float64] = state[..., :8] * np.array((1.0, 1.0, 1.0, 1.0, *vessels))
        return stored

    def volume_ml(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all blood (...,) that states (..., 12) hold above what slack vessels hold, mL.

        It never changes: what leaves one place arrives at the next.
        """
        total: NDArray[np.float64] = self.stored_ml(state).sum(axis=-1)
        return total


REGAZZONI_2020 = Circulation(
    chambers={
        "LA": Chamber(0.07, 0.18, 0.17, 0.17, 0.9, 4.0),
        "LV": Chamber(4.482, 0.170, 0.25, 0.4, 0.1, 42.0),
        "RA": Chamber(0.06, 0.07, 0.17, 0.17, 0.9, 4.0),
        "RV": Chamber(0.200, 0.029, 0.25, 0.4, 0.1, 16.0),
    },
    systemic=Bed(0.733, 1.372, 0.32, 11.363, 0.005, 0.0005),
    pulmonary=Bed(0.046, 20.0, 0.0015, 16.0, 0.0005, 0.0005),
    start=State(
        87.183, 118.520, 86.833, 166.177, 87.675, 35.898, 19.545, 15.004, 71.104, 94.039, 94.084, 473.279
    ),
    heart_rate_per_min=75.0,
    valves=dict.fromkeys(VALVES, Valve()),
    limits=(
        "a numerical reference, no healthy adult: the left atrium lies at 16 and the systemic veins at "
        "36 mmHg, the atria contract together with the ventricles",
        "valves are linear resistances: no stenosis or regurgitation can be told from them",
    ),
)
"""Published parameters (Regazzoni et al. 2020, arXiv 2011.15040, and its code's start)."""

ADULT = Circulation(
    chambers={
        "LA": Chamber(0.2726, 0.1771, 0.11, 0.11, 0.0, 10.0),
        "LV": Chamber(2.394, 0.06709, 0.36, 0.15, 0.15, 10.0),
        "RA": Chamber(0.1363, 0.06, 0.11, 0.11, 0.0, 10.0),
        "RV": Chamber(0.2962, 0.0308, 0.36, 0.15, 0.15, 10.0),
    },
    systemic=Bed(0.9037, 1.487, 0.04, 50.0, 0.005, 0.0005),
    pulmonary=Bed(0.03822, 5.0, 0.012, 12.0, 0.0005, 0.0005),
    start=State(
        56.629, 117.556, 68.75, 114.465, 93.007, 8.074, 12.162, 9.731, 94.371, 114.17, 64.808, 166.097
    ),
    heart_rate_per_min=70.0,
    limits=(
        "an average healthy adult, no patient: fitted by docs/fit_adult.py to published means",
        "ventricles contract as a cosine: isovolumic contraction lasts about twice as long as it should, "
        "and the arterial pressure falls later after its peak, so that its mean lies higher, at 100 mmHg",
    ),
)
"""A healthy adult: 120/78 mmHg, ejection fraction 60 %, atria 0.15 s before ventricles."""
