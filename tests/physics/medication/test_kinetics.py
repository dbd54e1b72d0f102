"""Doses to concentrations; closed formulas stand in ``physics.verify``."""

import numpy as np
import pytest

from physics.medication import Kinetics, Regimen, Route
from twin.errors import UserError

TWO = Kinetics(6.0, 30.0, 0.8, 1.2, 20.0, 70.0)


def test_all_that_reaches_the_blood_is_cleared() -> None:
    """The area under the curve: taken up over cleared, 0.8 · 2 mg / 6 L/h = 266.7 ng h/mL."""
    hours = np.linspace(0.0, 150.0, 1501)
    swallowed = TWO.concentrations(Regimen(Route.ORAL, 2.0, count=1), hours)
    assert np.trapezoid(swallowed, hours) == pytest.approx(0.8 * 2.0 / 6.0 * 1e3, rel=1e-3)
    assert swallowed[0] == 0.0


def test_doses_add_and_come_to_the_steady_state() -> None:
    hours = np.linspace(0.0, 8.0, 33)
    many = TWO.concentrations(Regimen(Route.ORAL, 1.0, 8.0, count=120), 8.0 * 119 + hours)
    lasting = TWO.concentrations(Regimen(Route.ORAL, 1.0, 8.0), hours)
    np.testing.assert_allclose(many, lasting, rtol=1e-9)
    assert lasting[0] == pytest.approx(lasting[-1])
    first, second = (TWO.concentrations(Regimen(Route.BOLUS, 1.0, 8.0, n), np.array([9.0])) for n in (1, 2))
    after_one = TWO.concentrations(Regimen(Route.BOLUS, 1.0, count=1), np.array([1.0]))
    assert second[0] == pytest.approx(first[0] + after_one[0])


def test_an_infusion_rises_to_its_rate_over_the_clearance_and_falls_when_it_ends() -> None:
    hours = np.array([0.0, 1.0, 300.0, 300.5, 310.0])
    found = TWO.concentrations(Regimen(Route.INFUSION, 3.0, hours=300.0), hours)
    assert found[0] == 0.0
    assert found[2] == pytest.approx(500.0, rel=1e-6)  # 3 mg/h over 6 L/h
    assert found[1] < found[2] > found[3] > found[4] > 0.0
    assert TWO.concentrations(Regimen(Route.INFUSION, 3.0), hours)[0] == pytest.approx(500.0)


def test_the_second_compartment_lags_and_comes_to_the_same() -> None:
    bolus, hours = Regimen(Route.BOLUS, 1.0, count=1), np.linspace(0.0, 6.0, 601)
    blood, tissue = (TWO.concentrations(bolus, hours, peripheral=p) for p in (False, True))
    assert blood.argmax() == 0
    assert tissue[0] == 0.0
    # Where the tissue is highest nothing goes in or out: both are equal.
    assert tissue.max() == pytest.approx(blood[tissue.argmax()], rel=0.02)


def test_regimens_count_by_day_and_weight() -> None:
    assert Regimen.daily(100.0, 2) == Regimen(Route.ORAL, 50.0, 12.0)
    assert Regimen.daily(100.0, 2).mg_per_day == 100.0
    assert Regimen.daily(100.0).lasting
    assert Regimen(Route.BOLUS, 0.5, 2.0, 2).mg_per_day == 1.0
    # 10 µg/kg/min for 75 kg: 0.75 mg/min.
    assert Regimen.infusion(10.0, 75.0).amount == pytest.approx(45.0)
    assert not Regimen.infusion(10.0, 75.0).lasting


@pytest.mark.parametrize("dose", [0.0, -5.0, float("nan"), float("inf")])
def test_a_dose_that_is_none_is_refused(dose: float) -> None:
    with pytest.raises(UserError, match="is none"):
        Regimen.daily(dose)


def test_absurd_regimens_are_refused() -> None:
    with pytest.raises(UserError, match="interval of -1"):
        Regimen(Route.ORAL, 1.0, -1.0)
    with pytest.raises(UserError, match="0 times a day"):
        Regimen.daily(5.0, 0)
    with pytest.raises(UserError, match="patient of 0 kg"):
        Regimen.infusion(5.0, 0.0)
    with pytest.raises(UserError, match="not taken by mouth"):
        Kinetics(6.0, 30.0).concentrations(Regimen.daily(1.0), np.zeros(1))
