"""The circulation under its baroreflex, in time: what happens to a patient, and what the nerves do about it.

Nerves and effectors are those of Ursino 1998, with their delays and time constants. What they ask for is
taken relative to what they ask for at the patient's own baseline, so that there nothing changes:
contractility, resistance and length of the beat by their ratios, blood held by slack veins by its difference.
The carotid sinus' set point is the baseline's mean pressure. Effectors act from beat to beat.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from physics.circulation.baroreflex import Baroreflex, Effector
from physics.circulation.loop import STEP_S, Beats, run
from physics.circulation.measures import measures_of
from physics.circulation.parameters import Circulation

SETTLING_BEATS = 60
"""Beats in which the baseline settles before the reflex is let in."""

SETTLING_S = 200.0
"""How long the nerves hear the baseline before: ten times the slowest effector's time constant."""


@dataclass(frozen=True)
class Effects:
    """What the effectors have come to; their basal values left out but where a ratio is made."""

    lv_elastance: float
    rv_elastance: float
    resistance: float
    veins_ml: float
    beat_s: float


@dataclass(frozen=True)
class Response:
    """What the reflex has made of a patient: factors of what was at ease, of both ventricles' contractility.

    ``blood_ml`` is what slack veins have let go of: it fills vessels up to where they press.
    """

    heart_rate: float = 1.0
    contractility: float = 1.0
    right_contractility: float = 1.0
    resistance: float = 1.0
    blood_ml: float = 0.0

    @classmethod
    def between(cls, before: Effects, now: Effects) -> "Response":
        """Return by what effects differ from those before."""
        return cls(
            before.beat_s / now.beat_s,
            now.lv_elastance / before.lv_elastance,
            now.rv_elastance / before.rv_elastance,
            now.resistance / before.resistance,
            before.veins_ml - now.veins_ml,
        )

    def of(self, given: Circulation) -> Circulation:
        """Return a circulation so changed, its blood left out."""
        chambers = dict(given.chambers)
        for name, ratio in (("LV", self.contractility), ("RV", self.right_contractility)):
            active = chambers[name].active_mmhg_per_ml * ratio
            chambers[name] = replace(chambers[name], active_mmhg_per_ml=active)
        resistance = given.systemic.arterial_resistance_mmhg_s_per_ml * self.resistance
        systemic = replace(given.systemic, arterial_resistance_mmhg_s_per_ml=resistance)
        changed = replace(given, chambers=chambers, systemic=systemic)
        return changed.at(given.heart_rate_per_min * self.heart_rate)


@dataclass(frozen=True, eq=False)
class Ease:
    """A patient's settled circulation and its nerves, used to it.

    Attributes
    ----------
    circulation : Circulation
        It begins where it has settled.
    beats : Beats
        Of the settling.
    """

    circulation: Circulation
    beats: Beats
    arc: "_Arc"


@dataclass(frozen=True, eq=False)
class Regulated:
    """What was computed, beat by beat.

    Attributes
    ----------
    beats : list of Beats
        Each begins where the one before ended.
    heart_rates_per_min, mean_pressures_mmhg : ndarray, shape (n,)
        Of each beat; pressures of the systemic artery.
    last : Circulation
        The circulation of the last beat, as the reflex has it.
    baseline : Beats
        The last beat before.
    """

    beats: list[Beats]
    heart_rates_per_min: NDArray[np.float64]
    mean_pressures_mmhg: NDArray[np.float64]
    last: Circulation
    baseline: Beats


def at_ease(
    baseline: Circulation,
    reflex: Baroreflex | None = None,
    *,
    settled: Beats | None = None,
    step_s: float = STEP_S,
) -> Ease:
    """Let a patient's circulation settle and the nerves get used to it.

    Parameters
    ----------
    reflex : Baroreflex
        Ursino's where none is given.
    settled : Beats
        Of this circulation, where it has settled already.
    """
    settled = settled or run(baseline, SETTLING_BEATS, step_s=step_s)
    return Ease(replace(baseline, start=settled.end()), settled, _used_to(settled, reflex or Baroreflex()))


def regulated(
    baseline: Circulation | Ease,
    beats: int,
    change: Callable[[Circulation], Circulation] = lambda circulation: circulation,
    *,
    reflex: Baroreflex | None = None,
    beta_occupancy: float = 0.0,
    step_s: float = STEP_S,
) -> Regulated:
    """Let something happen to a patient's circulation and the reflex answer, within minutes.

    Parameters
    ----------
    baseline : Circulation or Ease
        As the patient is, the reflex at ease.
    beats : int
        How many after the change.
    change : callable
        What happens: it gets the settled baseline and returns what it has become.
    reflex : Baroreflex
        Ursino's where none is given; that of an ``Ease`` is its own.
    beta_occupancy : float
        Share of β-receptors that a blocker takes from the change on, 0 to 1.

    Raises
    ------
    ValueError
        An occupancy outside 0 to 1, or no beat.
    """
    if beats < 1:
        raise ValueError("at least one beat must be computed")
    _check_occupancy(beta_occupancy)
    ease = baseline if isinstance(baseline, Ease) else at_ease(baseline, reflex, step_s=step_s)
    arc = ease.arc.copy()
    before, given = arc.effects(), change(ease.circulation)
    state, veins = given.start, before.veins_ml
    made: list[Beats] = []
    for _ in range(beats):
        now = arc.effects()
        # Blood that slack veins let go of fills them up to where they press.
        given = replace(given, start=state).with_blood(veins - now.veins_ml)
        veins = now.veins_ml
        acting = Response.between(before, now).of(given)
        made.append(run(acting, 1, step_s=step_s))
        arc.hear(made[-1], beta_occupancy)
        state = made[-1].end()
    return Regulated(
        made,
        np.array([60.0 / b.times_s[-1] for b in made]),
        np.array([measures_of(b)["mean_arterial_pressure_mmhg"] for b in made]),
        acting,
        ease.beats.last(),
    )


def reset(
    baseline: Circulation | Ease,
    change: Callable[[Circulation], Circulation] = lambda circulation: circulation,
    *,
    beta_occupancy: float = 0.0,
) -> Circulation:
    """Return what a circulation has become weeks after something has happened to it.

    By then the reflex has reset itself: nerves hear the new pressure as they heard the old one, so that they
    hold nothing against the change. What a blocker takes of their effect on the heart stays taken.

    Parameters
    ----------
    baseline, change, beta_occupancy
        As for ``regulated``.

    Raises
    ------
    ValueError
        An occupancy outside 0 to 1.
    """
    _check_occupancy(beta_occupancy)
    ease = baseline if isinstance(baseline, Ease) else at_ease(baseline)
    taken = Response.between(ease.arc.effects(), ease.arc.effects(beta_occupancy))
    return taken.of(change(ease.circulation))


def _check_occupancy(share: float) -> None:
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"an occupancy lies between 0 and 1, not at {share}")


class Reflex:
    """The nerves of a patient beside a heart that beats on: they hear its pressure, and it asks what they do.

    Parameters
    ----------
    own : Beats
        A beat of the patient's own: its mean pressure is the set point, and under it nothing moves.
    reflex : Baroreflex
        Ursino's where none is given.
    """

    def __init__(self, own: Beats, reflex: Baroreflex | None = None) -> None:
        self._ease = _used_to(own, reflex or Baroreflex())
        self._before = self._ease.effects()
        self._arc = self._ease.copy()

    def begin_again(self) -> None:
        """Be at ease again."""
        self._arc = self._ease.copy()

    def hear(self, part: Beats) -> None:
        """Let the pressure of the systemic artery act, in a part of a beat of even steps."""
        self._arc.hear(part, 0.0)

    @property
    def response(self) -> Response:
        """What the effectors have come to."""
        return Response.between(self._before, self._arc.effects())


def _used_to(beats: Beats, reflex: Baroreflex) -> "_Arc":
    """Return nerves that have heard the last of a patient's own beats until nothing changed any more."""
    own = beats.last()
    center = measures_of(beats)["mean_arterial_pressure_mmhg"]
    arc = _Arc(replace(reflex, nerves=replace(reflex.nerves, center_mmhg=center)))
    for _ in range(int(np.ceil(SETTLING_S / float(own.times_s[-1] - own.times_s[0])))):
        arc.hear(own, 0.0)
    return arc


class _Arc:
    """From the artery's pressure to what the effectors have come to; it remembers what is under way."""

    def __init__(self, reflex: Baroreflex) -> None:
        self._reflex = reflex
        self._slow = reflex.nerves.center_mmhg
        self._time = 0.0
        self._heard = np.empty((3, 0))
        self._changes: dict[str, float] = {}

    def copy(self) -> "_Arc":
        """Return one that remembers the same."""
        other = _Arc(self._reflex)
        other._slow, other._time, other._heard = self._slow, self._time, self._heard
        other._changes = dict(self._changes)
        return other

    def hear(self, beat: Beats, beta_occupancy: float) -> None:
        """Let a beat's pressure of the systemic artery act."""
        nerves, step = self._reflex.nerves, float(beat.times_s[1] - beat.times_s[0])
        pressure = beat.states[1:, 4]
        slow = _lagged(pressure, step, nerves.lag_s, self._slow)
        self._slow = float(slow[-1])
        afferent = nerves.afferent(slow + nerves.lead_s / nerves.lag_s * (pressure - slow))
        times = self._time + beat.times_s[1:] - beat.times_s[0]
        self._time = float(times[-1])
        spikes = np.array([times, nerves.drive(nerves.sympathetic(afferent)), nerves.vagal(afferent)])
        heard = np.concatenate([self._heard, spikes], axis=1)
        for name, effector, row, gain in self._effectors(beta_occupancy):
            asked = gain * np.interp(times - effector.delay_s, heard[0], heard[row])
            begun = self._changes.get(name, float(asked[0]))
            self._changes[name] = float(_lagged(asked, step, effector.time_constant_s, begun)[-1])
        longest = max(effector.delay_s for _, effector, _, _ in self._effectors(0.0))
        self._heard = heard[:, heard[0] >= self._time - longest - 1.0]

    def _effectors(self, beta_occupancy: float) -> list[tuple[str, Effector, int, float]]:
        """Return each effector with what it hears (1 sympathetic drive, 2 vagus) and by which gain."""
        r, left = self._reflex, 1.0 - beta_occupancy
        vagus = Effector(0.0, r.vagal_gain_s2, r.vagal_time_constant_s, r.vagal_delay_s)
        heart = [
            (name, effector, 1, effector.gain * left)
            for name, effector in (
                ("lv", r.lv_elastance_mmhg_per_ml), ("rv", r.rv_elastance_mmhg_per_ml), ("beat", r.beat_s),
            )
        ]  # fmt: skip
        vessels = [
            (name, effector, 1, effector.gain)
            for name, effector in (
                ("splanchnic", r.splanchnic_resistance_mmhg_s_per_ml),
                ("other", r.other_resistance_mmhg_s_per_ml),
                ("splanchnic veins", r.splanchnic_veins_ml),
                ("other veins", r.other_veins_ml),
            )
        ]
        return [*heart, *vessels, ("vagus", vagus, 2, vagus.gain)]

    def effects(self, lost: float = 0.0) -> Effects:
        """Return what the effectors have come to, a share of the sympathetic one on the heart lost."""
        r, changes, left = self._reflex, self._changes, 1.0 - lost
        splanchnic = r.splanchnic_resistance_mmhg_s_per_ml.basal + changes["splanchnic"]
        other = r.other_resistance_mmhg_s_per_ml.basal + changes["other"]
        return Effects(
            r.lv_elastance_mmhg_per_ml.basal + left * changes["lv"],
            r.rv_elastance_mmhg_per_ml.basal + left * changes["rv"],
            1.0 / (1.0 / splanchnic + 1.0 / other),
            changes["splanchnic veins"] + changes["other veins"],
            r.beat_s.basal + left * changes["beat"] + changes["vagus"],
        )


@njit(cache=True)
def _lagged(
    values: NDArray[np.float64], step: float, time_constant: float, begun: float
) -> NDArray[np.float64]:
    """Return values (n,) as something follows them that closes its distance with a time constant."""
    out, at = np.empty_like(values), begun
    closes = 1.0 - np.exp(-step / time_constant)
    for k in range(len(values)):
        at += (values[k] - at) * closes
        out[k] = at
    return out
