"""Medicines and heart pumps: every number says what it is and whence it comes."""

from itertools import chain

import pytest

from resources.heart_pumps import heart_pumps
from resources.medicines import ORIGINS, Medicine, Parameter, medicines


def parameters(medicine: Medicine) -> list[Parameter]:
    effects = chain.from_iterable(response.effects for response in medicine.responses)
    return [*medicine.kinetics.values(), *chain.from_iterable((e.most, e.half) for e in effects)]


@pytest.mark.parametrize("name", medicines())
def test_every_number_has_unit_source_and_origin(name: str) -> None:
    medicine = medicines()[name]
    for parameter in parameters(medicine):
        assert parameter.unit
        assert parameter.origin in ORIGINS
        assert len(parameter.source) > 3
        assert parameter.cv_percent >= 0
    assert {e.on for r in medicine.responses for e in r.effects} <= {
        "beta_receptors", "heart_rate", "contractility", "resistance", "compliance", "blood"
    }  # fmt: skip


def test_half_lives_are_the_published_ones() -> None:
    """Hours as in the table's sources; dobutamine 2 minutes and a little, nitroglycerin 8.1 ln 2 = 5.6."""
    for name, low, high in (
        ("metoprolol", 3.5, 3.7), ("enalapril", 10.5, 11.5), ("amlodipine", 40.0, 50.0),
        ("hydrochlorothiazide", 5.6, 14.8), ("dobutamine", 2.0 / 60, 2.5 / 60),
        ("glyceryl trinitrate", 5.0 / 60, 6.0 / 60),
    ):  # fmt: skip
        held = medicines()[name].kinetics
        assert low <= 0.6931 * held["central"].value / held["clearance"].value <= high


def test_what_was_fitted_or_remembered_is_said() -> None:
    held = medicines()["enalapril"]
    assert held.kinetics["clearance"].citation.endswith("(from memory, to be confirmed)")
    assert held.responses[0].effects[0].most.citation.endswith("(fitted, not predicted)")
    assert medicines()["amlodipine"].kinetics["bioavailability"].citation.endswith("assumed")


def test_the_pump_lies_on_the_curve_that_was_read_off() -> None:
    """HeartMate 3 at 6000 rpm: 131, 105 and 70 mmHg at 0, 4 and 6 L/min."""
    pump = heart_pumps()["HeartMate 3"]
    for litres, head in ((0.0, 131.0), (4.0, 105.0), (6.0, 70.0)):
        flow = litres / 0.06
        found = (
            pump.head_mmhg_per_rpm2 * 6000.0**2
            - pump.resistance_mmhg_s_per_ml * flow
            - pump.loss_mmhg_s2_per_ml2 * flow**2
        )
        assert found == pytest.approx(head, abs=8.3)
    assert "from memory" not in pump.citation
    assert "from memory" in heart_pumps()["axial, after Simaan"].citation
