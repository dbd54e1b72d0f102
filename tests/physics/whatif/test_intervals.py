"""How sure a change is: an ensemble of few members whose answer is known one by one."""

from dataclasses import replace

import numpy as np
import pytest

from physics.circulation import ADULT, measures_of
from physics.circulation.settling import settled
from physics.heart_steps import BeatParams, _fitted_beat
from physics.medication import Changes
from physics.personal.kept import members_of
from physics.whatif import spreads
from physics.whatif.full import _compared
from physics.whatif.intervals import NOT_KEPT, OF_PEOPLE, OF_THE_DOSE, WALLED, Spread
from tests.physics.whatif.made import elastic_heart
from twin.domain import Heart, Number
from twin.progress import Progress

RESISTANCE = "circulation.systemic.arterial_resistance_mmhg_s_per_ml"
OWN = ADULT.systemic.arterial_resistance_mmhg_s_per_ml
FACTORS = (0.8, 1.0, 1.2)
ASKED = BeatParams(resistance_percent=150.0)


def known(*peaks: float) -> Heart:
    """The adult whose arterial resistance is known to a fifth, and peak tension as said."""
    rows = [(1.0, peak, factor * OWN) for factor, peak in zip(FACTORS, peaks, strict=True)]
    return replace(
        elastic_heart(), member_names=("stiffness", "peak_kpa", RESISTANCE), members=np.array(rows)
    )


def test_a_change_is_that_of_each_member_with_itself() -> None:
    """Beside each member by itself, on the circulation alone with its elastance as it is."""
    pairs = []
    for factor in FACTORS:
        pair = [
            measures_of(
                settled(
                    replace(
                        ADULT,
                        systemic=replace(
                            ADULT.systemic, arterial_resistance_mmhg_s_per_ml=factor * more * OWN
                        ),
                    )
                )
            )["mean_arterial_pressure_mmhg"]
            for more in (1.0, 1.5)
        ]
        pairs.append((pair[1], pair[1] - pair[0]))
    found = spreads(known(1.0, 1.0, 1.0), ASKED, (), Progress())
    assert found.limits == ()
    spread = found.numbers["mean_arterial_pressure_mmhg"]
    ends = np.percentile(np.array(pairs), (2.5, 97.5), axis=0)
    told = [[spread.low, spread.least_change], [spread.high, spread.most_change]]
    # The chart's tension rises and falls otherwise than the chamber's elastance: within a tenth of it.
    np.testing.assert_allclose(told, ends, rtol=0.1)
    # Paired, the change is surer than the number: 0.4 of its mean against the pressures apart.
    assert spread.most_change - spread.least_change < 0.8 * (spread.high - spread.low)
    assert spread.least_change > 15.0


def test_a_medicine_that_acts_otherwise_in_others_widens_the_interval() -> None:
    """Of three members one has a third less resistance, one none less: told, and wider than all alike."""
    heart, asked = known(1.0, 1.0, 1.0), BeatParams()
    name = "mean_arterial_pressure_mmhg"
    alike = spreads(heart, asked, (Changes(resistance=0.8),), Progress())
    apart = spreads(heart, asked, [Changes(resistance=r) for r in (0.66, 0.8, 1.0)], Progress())
    assert (alike.limits, apart.limits) == ((OF_THE_DOSE,), (OF_PEOPLE,))
    one, more = alike.numbers[name], apart.numbers[name]
    assert one.most_change < -5.0
    assert more.most_change > -2.0  # of whom nothing acts in
    assert more.most_change - more.least_change > 2.0 * (one.most_change - one.least_change)


def test_members_are_hearts_of_their_own() -> None:
    heart = known(0.9, 1.0, 1.1)
    first, last = members_of(heart, 2)
    assert (first.peak_kpa, last.peak_kpa) == (0.9, 1.1)
    assert last.circulation[RESISTANCE.removeprefix("circulation.")] == pytest.approx(1.2 * OWN)
    assert first.circulation["heart_rate_per_min"] == heart.circulation["heart_rate_per_min"]
    assert not list(members_of(elastic_heart(), 2))


def test_where_none_can_be_told_it_says_why() -> None:
    """A tension of 3 kPa lies beyond the chart's 2: one of three members is lost, too many."""
    lost = spreads(known(1.0, 1.0, 3.0), ASKED, (), Progress())
    assert not lost.numbers
    assert "1 of 3 members" in lost.limits[0]
    assert spreads(known(1.0, 1.0, 1.0), replace(ASKED, infarct_segments=(17,)), (), Progress()).limits == (
        WALLED,
    )
    assert spreads(elastic_heart(), ASKED, (), Progress()).limits == (NOT_KEPT,)


def test_a_line_tells_the_number_s_interval_and_the_change_s() -> None:
    numbers = [Number("ejection fraction", 60.31, "%"), Number("twist", 16.0, "°")]
    spread = {"lv_ejection_fraction_percent": Spread(57.0, 63.0, -5.2, -3.6)}
    numbers.append(Number("cardiac output", 5.0, "L/min"))
    (number, line), (twist, _), (_, bare) = _compared(
        numbers, None, {"lv_ejection_fraction_percent": 64.63, "cardiac_output_l_per_min": 6.0}, spread
    )  # fmt: skip
    assert bare == "cardiac output: 6 L/min → 5 L/min (no interval), −1 L/min"
    assert line == "ejection fraction: 64.63 % → 60.31 % (57–63), −4.32 points (−5.2 to −3.6)"
    assert (number.low, number.high) == (57.0, 63.0)
    assert number.remark == "Own: 64.63 %; change −4.32 points (−5.2 to −3.6)."
    assert twist.low is None
    ((_, line),) = _compared(
        numbers[:1], None, {"lv_ejection_fraction_percent": 68.0}, spread
    )  # the full beat's change lies outside: whose the interval is
    assert line.endswith("−7.69 points (reduced hearts: −5.2 to −3.6)")


def test_a_changed_beat_with_intervals_is_not_taken_for_the_patient_s_own() -> None:
    changed, fitted = (
        [{"name": name, "low": 57.0}] for name in ("ejection fraction", "ejection fraction, given")
    )
    assert not _fitted_beat({"numbers": changed})
    assert _fitted_beat({"numbers": fitted})
