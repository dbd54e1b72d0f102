"""What is asked of the heart at hand, beside its own: sliders, operations, a medicine. No widgets.

Named as the parameters of the step that solves it in full. What the circulation answers acts on the running
beat; what changes the wall waits for the full solution.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.trail import Trail
from twin.errors import UserError

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.queue import Plan, Work
    from physics.cardiac import LiveHeart
    from physics.circulation import Beats, Circulation
    from physics.circulation.regulation import Reflex
    from physics.heart_steps import BeatParams
    from physics.medication import Treatment
    from physics.whatif import Spreads
    from resources.heart_pumps import HeartPump
    from resources.medicines import Medicine
    from twin.domain import Heart

_GIVEN = ("medicine", "mg_per_day", "mg_per_h", "population")
"""Parameters of a medicine."""
MEMBERS = 20
"""Of the ensemble behind a medicine's intervals."""

CONDITIONS, VALVES, PUMP = "Conditions", "Valves and defects", "Pump"
INFARCT, RHYTHM = "Infarct or patch", "Rhythm"


@dataclass(frozen=True)
class Control:
    """A slider: its name, unit and ends; ``own`` is the patient's own (None: as the heart says).

    ``off``: its lower end is none at all, written so.
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    step: float
    own: float | None
    help: str
    group: str = CONDITIONS
    off: bool = False

    @property
    def places(self) -> int:
        """How many steps there are from end to end."""
        return round((self.high - self.low) / self.step)

    def value_at(self, place: int) -> float:
        """Return the value at a place of the slider."""
        return 0.0 if self.off and place == 0 else round(self.low + place * self.step, 6)

    def place_of(self, value: float) -> int:
        """Return the place of the slider nearest to a value."""
        return min(max(round((value - self.low) / self.step), 0), self.places)

    def text(self, value: float) -> str:
        """Return a value as it is read beside the slider."""
        if self.off and value == 0.0:
            return "off"
        sign = "+" if self.low < 0 < value and self.own == 0.0 else ""
        return f"{sign}{value:g} {self.unit}".strip().replace("-", "−")

    def why_not(self, value: float) -> str:
        """Return why a value cannot be asked for: it lies off the slider; nothing where it can."""
        low = self.value_at(1) if self.off else self.low
        if low <= value <= self.high or (self.off and value == 0.0):
            return ""
        off = ", or 0 for off" if self.off else ""
        ends = f"{self.text(low)} to {self.text(self.high)}{off}"
        return f"{self.title} goes from {ends}: {self.text(value)} is not taken."


ORIFICE = (
    "Orifice area of the open valve as the model has it; less is stenosis.\n"
    "It is an effective area, not the geometric one of planimetry: at each moment the flow is\n"
    "Gorlin's constant × area × √gradient. Doppler's effective orifice area (continuity equation)\n"
    "of the same valve is {share} of it; the area by Gorlin's formula, from mean flow and mean\n"
    "gradient, is smaller than it too, since the flow rises and falls"
)
"""What is said of the area of an open valve; ``share`` is what Bernoulli's law makes of it."""

CONTROLS = (
    Control("preload_ml", "Preload", "mL", -500, 500, 10, 0.0, "Blood more or less in the systemic veins"),
    Control("resistance_percent", "Afterload", "%", 50, 250, 5, 100.0, "Resistance of the systemic arteries"),
    Control("contractility_percent", "Contractility", "%", 40, 160, 2, 100.0, "Peak tension of the fibers"),
    Control("rate_per_min", "Heart rate", "/min", 40, 150, 1, None, "Beats a minute"),
    Control("stiffness_percent", "Stiffness", "%", 50, 250, 5, 100.0, "Passive stiffness of the wall"),
    Control("aortic_area_cm2", "Aortic orifice", "cm²", 0.4, 4.0, 0.1, None,
            ORIFICE.format(share="0.88"), VALVES),
    Control("aortic_leak_cm2", "Aortic leak", "cm²", 0.0, 0.6, 0.02, None,
            "Effective orifice of the closed aortic valve: regurgitation", VALVES),
    Control("mitral_area_cm2", "Mitral orifice", "cm²", 0.6, 6.0, 0.1, None,
            ORIFICE.format(share="0.75"), VALVES),
    Control("mitral_leak_cm2", "Mitral leak", "cm²", 0.0, 1.0, 0.02, None,
            "Effective orifice of the closed mitral valve: regurgitation", VALVES),
    Control("ventricular_defect_cm2", "Hole, ventricles", "cm²", 0.0, 1.5, 0.05, None,
            "Ventricular septal defect: its effective area", VALVES),
    Control("atrial_defect_cm2", "Hole, atria", "cm²", 0.0, 4.0, 0.1, None,
            "Atrial septal defect: its effective area", VALVES),
    Control("arterial_duct_cm2", "Arterial duct", "cm²", 0.0, 0.4, 0.01, None,
            "From the aorta to the pulmonary artery, open since birth: its effective area", VALVES),
    Control("pump_rpm", "Speed", "rpm", 3900, 7000, 100, 0.0,
            "From the left ventricle to the aorta", PUMP, off=True),
    Control("infarct_percent", "Tension lost", "%", 0, 100, 5, 100.0,
            "Share of the tension that the marked segments have lost", INFARCT),
    Control("infarct_stiffness_percent", "Stiffness there", "%", 50, 1000, 50, 100.0,
            "Of the marked segments at rest: a scar or a patch is stiffer than the wall", INFARCT),
    Control("lead_angle_deg", "Lead, around", "°", -180, 180, 10, 180.0,
            "From the septum's middle by way of the anterior wall", RHYTHM),
    Control("lead_height", "Lead, up", "", 0.0, 1.0, 0.05, 0.5, "0 at the apex, 1 at the base", RHYTHM),
)  # fmt: skip
"""What hands change, named as the step's parameters that solves it in full."""


def speed_of(pump: HeartPump) -> Control:
    """Return the speed's control, between the speeds that a pump's curve holds for."""
    control = next(c for c in CONTROLS if c.name == "pump_rpm")
    return replace(control, low=pump.least_rpm - control.step, high=pump.most_rpm)


class WhatIf(QObject):
    """What is asked of the heart at hand.

    Signals
    -------
    changed
        Something else is asked, a medicine or intervals have been worked out, or it cannot be
        (``complaint``).
    trailed
        There is something to go back or forth to, or no longer.
    """

    changed = Signal()
    trailed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._live: LiveHeart | None = None
        self._heart: Heart | None = None
        self._own: Circulation | None = None
        self._own_beat: Beats | None = None
        self._standing: Circulation | None = None
        self._work: Work | None = None
        self._sure: Work | None = None
        self.spreads: Spreads | None = None
        """Intervals of what is asked; None until they are asked for and worked out."""
        self.pump: str | None = None
        """The pump whose speed is asked for; None: the first of the table."""
        self._reflex: Reflex | None = None
        self._feels = False
        self.values: dict[str, Any] = {}
        """What is another than the patient's own, by the step's parameters."""
        self.treatment: Treatment | None = None
        """What the medicine that is asked for comes to; None until it is worked out."""
        self.complaint = ""
        self.trail = Trail()
        self._walking = False

    def begin(self, heart: Heart, live: LiveHeart, own_beat: Beats, reflex: Reflex) -> None:
        """Ask nothing yet of a heart that is ready to beat, and of its reflex."""
        from physics.circulation.flat import circulation_of

        self._heart, self._live, self._own_beat = heart, live, own_beat
        self._own = circulation_of(heart.circulation, heart.limits)
        self._standing = None
        self._reflex, self._feels = reflex, False

    def end(self) -> None:
        """Let go of the heart."""
        self._stop_work()
        self._doubt()
        self._heart = self._live = self._own = self._own_beat = self._standing = self._reflex = None
        self.values, self.treatment, self.complaint, self.pump = {}, None, "", None
        self.trail.clear()

    # -- what is asked -----------------------------------------------------------------------------

    @property
    def walled(self) -> bool:
        """Whether the wall is changed: the chart is of the heart without that."""
        return bool(self.values.get("infarct_segments")) or "rhythm" in self.values

    @property
    def why_not_walled(self) -> str:
        """Why the wall cannot be changed in places; nothing where it can."""
        from physics.heart.segments import NAMES

        if self._heart is None or set(NAMES) & set(self._heart.mesh.region_names):
            return ""
        return "This wall's 17 segments are not told: its images did not show the right ventricle."

    @property
    def limits(self) -> tuple[str, ...]:
        """What must not be read out of what is asked."""
        from physics.whatif import live_limits

        given = self.treatment.limits if self.treatment is not None and self._heart is not None else ()
        more = tuple(line for line in given if self._heart is None or line not in self._heart.limits)
        return (*live_limits(self.asked), *more) if self.values else ()

    def own_value(self, control: Control) -> float:
        """Return the patient's own value of a control."""
        from physics.whatif import own_of

        if control.own is not None:
            return control.own
        if self._own is None:
            return control.low
        if control.name == "rate_per_min":
            return round(self._own.heart_rate_per_min, 1)
        value = own_of(self._own)[control.name]
        return control.high if math.isinf(value) else round(value, 2)

    def value(self, control: Control) -> float:
        """Return where a control stands."""
        return float(self.values.get(control.name, self.own_value(control)))

    def count(self, group: str) -> int:
        """Return how many controls of a group have been moved."""
        return sum(control.group == group and control.name in self.values for control in CONTROLS)

    # -- hands -------------------------------------------------------------------------------------

    def set_value(self, control: Control, value: float) -> str:
        """Change a control, from the next frame on; returns why it cannot be, or nothing."""
        why = control.why_not(value)
        if why:
            self.complaint = why
            self.changed.emit()
            return why
        pump = {"pump": self.pump} if control.name == "pump_rpm" else {}
        own = abs(value - self.own_value(control)) < 1e-9  # set back by hand: nothing is asked
        return self.ask(**{control.name: None if own else value}, **pump)

    def take_pump(self, name: str | None) -> None:
        """Choose a pump, which stands still at first: its speeds are its own."""
        self.pump = name
        self.ask(pump=None, pump_rpm=None)

    @property
    def heart_pump(self) -> HeartPump:
        """The pump whose speed is asked for."""
        from resources.heart_pumps import heart_pumps

        pumps = heart_pumps()
        return pumps[self.pump or next(iter(pumps))]

    def ask(self, **values: Any) -> str:
        """Change parameters (None: back to the patient's own); returns why that cannot be, or nothing."""
        if self._live is None:
            return ""
        before = self.values
        self.values = {name: v for name, v in (before | values).items() if v is not None}
        why = self._apply()
        if why:
            self.values = before
            self._apply()
        elif self.values != before:
            self._step(before, frozenset(values))
        self.complaint = why
        self.changed.emit()
        return why

    @property
    def reflex(self) -> bool:
        """Whether the baroreflex answers."""
        return bool(self.values.get("reflex"))

    def told_of_reflex(self) -> str:
        """Return what the reflex has come to, in up to four short lines; empty where it does not answer."""
        from physics.whatif.reflex import told_of

        if self._live is None or not self.reflex:
            return ""
        if self.walled:
            return "not known with such a wall"
        lines = list(told_of(self._live.response, self._live.circulation.heart_rate_per_min))
        return "\n".join(lines) or "at rest"

    def reset(self) -> None:
        """Go back to the patient's own."""
        if self._live is not None:
            self._stop_work()
            if self.values:
                self._step(self.values, frozenset())
            self.values, self.treatment, self.complaint, self.pump = {}, None, "", None
            self._apply()
            self.changed.emit()

    def _step(self, before: dict[str, Any], names: frozenset[str]) -> None:
        if not self._walking:
            ends = bool(self.trail.past), bool(self.trail.future)
            self.trail.step(before, names)
            if ends != (True, False):
                self.trailed.emit()

    def walk(self, *, forth: bool = False) -> None:
        """Go back to what was asked before the last gesture, or forth again."""
        values = self.trail.forth(self.values) if forth else self.trail.back(self.values)
        given = {name: values[name] for name in _GIVEN if name in values}
        values = {name: v for name, v in values.items() if name not in given}
        self._walking = True
        try:
            if given != {name: self.values[name] for name in _GIVEN if name in self.values}:
                self._stop_work()
                self.treatment = None
            else:
                values |= given
            self.values, self.pump = values, values.get("pump")
            self.complaint = self._apply()
            if given and "medicine" not in values:
                from resources.medicines import medicines

                dose = float(given.get("mg_per_day") or given["mg_per_h"])
                self.give(medicines()[given["medicine"]], dose, given.get("population"))
        finally:
            self._walking = False
        self.changed.emit()
        self.trailed.emit()

    def give(self, medicine: Medicine | None, dose: float, population: str | None = None) -> None:
        """Give a medicine, mg a day by mouth or mg an hour where it is infused only; None: none."""
        self._stop_work()
        self.treatment, self.complaint = None, ""
        drop = dict.fromkeys(_GIVEN)
        if medicine is None or self._live is None:
            self.ask(**drop)
            return
        how = "mg_per_day" if medicine.most_mg_per_day else "mg_per_h"
        if self.ask(**drop | {"medicine": medicine.name, how: dose, "population": population}):
            return
        asked, own, beat = self.asked, self._own, self._own_beat
        standing = self._standing

        def work() -> Any:
            from physics.whatif import stand_in, treated

            assert own is not None
            assert beat is not None
            here = standing or stand_in(own, beat)
            return here, treated(here, asked, 0)

        def arrived(found: Any) -> None:
            if self._own is own and self._medicine_of(self.asked) == self._medicine_of(asked):
                self._treat(found, asked)

        self._desk.reader.compute(work, arrived)

    def _treat(self, found: Any, asked: BeatParams) -> None:
        """Let a medicine act that has been worked out, and have its intervals worked out aside."""
        if isinstance(found, UserError):
            self.complaint = str(found)
            self.changed.emit()
            return
        self._standing, self.treatment = found
        why = self._apply()
        if why:
            self.treatment = None
            self._apply()
        else:
            title = f"Intervals of {asked.medicine}"
            self._work = self._desk.start(title, self._intervals(asked, title), key="medicine")
        self.complaint = why
        self.changed.emit()

    def _intervals(self, asked: BeatParams, title: str) -> Plan:
        from physics.whatif import treated
        from twin.jobs import Job

        found = yield Job(treated, self._standing, asked, MEMBERS, title=title)
        self.treatment = found
        self.changed.emit()

    # -- how sure ----------------------------------------------------------------------------------

    @property
    def why_not_sure(self) -> str:
        """Why intervals cannot be asked for now; nothing where they can."""
        if self._heart is None or not self.values:
            return "Nothing is changed yet."
        if self.walled:
            return "None can be told: the ensemble beats on the chart of the wall as it was."
        if "medicine" in self.values and self.treatment is None:
            return "The medicine is not worked out yet."
        return "They are being worked out." if self._sure is not None else ""

    def ask_how_sure(self) -> None:
        """Have intervals of what is asked worked out aside, by the ensemble that was fitted."""
        if self.why_not_sure:
            return
        title = "Intervals of the change"
        self._sure = self._desk.start(title, self._spreads(self.asked, title), key="intervals")
        self.changed.emit()

    def _spreads(self, asked: BeatParams, title: str) -> Plan:
        from physics.whatif import spreads
        from twin.jobs import Job

        acting, mine = () if self.treatment is None else self.treatment.ensemble, self._sure
        try:
            found = yield Job(spreads, self._heart, asked, acting, title=title)
            if self._sure is mine:
                self.spreads = found
        finally:
            if self._sure is mine:
                self._sure = None
                self.changed.emit()

    def _doubt(self) -> None:
        """Let go of intervals: they are of something else."""
        self.spreads = None
        if self._sure is not None:
            self._desk.queue.cancel(self._sure)
            self._sure = None

    def _stop_work(self) -> None:
        if self._work is not None:
            self._desk.queue.cancel(self._work)
            self._work = None

    def _apply(self) -> str:
        """Let what is asked act on the heart; returns why it cannot be, or nothing."""
        from physics.whatif import controls_of

        self._doubt()
        if self._live is None or self._own is None:
            return ""
        acting = None if self.treatment is None else self.treatment.acting
        try:
            self._live.control(controls_of(self._own, self.asked, acting))
            if self._feels != self.reflex:
                self._feels = self.reflex
                self._live.feel(self._reflex if self.reflex else None)
        except UserError as error:
            return str(error)
        except ValueError as error:
            return f"This cannot be: {error}."
        return ""

    @property
    def asked(self) -> BeatParams:
        """All of it, as the step's parameters that solves it in full."""
        from physics.heart_steps import BeatParams
        from twin.params import parse

        made: BeatParams = parse(BeatParams, self.values)
        return made

    @staticmethod
    def _medicine_of(asked: BeatParams) -> tuple[Any, ...]:
        return asked.medicine, asked.mg_per_day, asked.mg_per_h, asked.population


def told_of(treatment: Treatment) -> Iterator[str]:
    """Yield what a medicine comes to, a line a number, with its interval once there is one.

    Rate and pressure are those of an elastance in the wall's place, by which the medicine is worked out: the
    heart's own stand among the last beat's numbers.
    """
    for name, number in treatment.concentrations_ng_per_ml.items():
        yield f"{name}: {number.after:.3g} ng/mL{_interval(number)}"
    for key, name, unit in (
        ("heart_rate_per_min", "Heart rate, by an elastance", "/min"),
        ("systolic_pressure_mmhg", "Systolic, by an elastance", "mmHg"),
    ):
        number = treatment.numbers[key]
        yield f"{name}: {number.before:.0f} → {number.after:.0f} {unit}{_interval(number)}"
    acting = treatment.acting
    for name, factor in (("Contractility", acting.contractility), ("Resistance", acting.resistance)):
        if abs(factor - 1.0) > 5e-3:
            yield f"{name}: {100 * (factor - 1):+.0f} %".replace("-", "−")
    if abs(acting.blood_ml) > 1.0:
        yield f"Blood that fills vessels: {acting.blood_ml:+.0f} mL".replace("-", "−")


def _interval(number: Any) -> str:
    return f" ({number.low:.3g}–{number.high:.3g})" if number.high > number.low else ""
