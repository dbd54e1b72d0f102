"""Muscle that pulls less the faster it shortens."""

from dataclasses import replace

import numpy as np
import pytest

from physics.circulation import REGAZZONI_2020, Beats, Passage, Shortening, Table, measures_of, run
from tests.physics.cardiac.published import share
from tests.physics.cardiac.test_chart import CHART

MUSCLE = Shortening(130.0)
"""A man's left ventricle: 140 g."""
TABLE = CHART.cavity(share)
SLOWED = replace(TABLE, shortening=MUSCLE)


def at_rate(rate_per_s: float) -> float:
    """Return the share that is left as fibers shorten at a rate, at 100 mL: dV/dt = −rate (3 V + wall)."""
    return MUSCLE.share(100.0, -rate_per_s * (300.0 + MUSCLE.wall_ml))


def last_beats(table: Table) -> Beats:
    return run(REGAZZONI_2020, 8, cavities={"LV": table}).last()


@pytest.mark.parametrize(
    ("rate", "left"),
    [
        (0.0, 1.0), (2.5, 1 / 3), (5.0, 0.0), (7.0, 0.0),  # (1 − ½) / (1 + ½), and none from the fastest on
        (-1.0, 1 + 0.4 * 1 / (1 + 1)),  # y = 0.2 · 2 / 0.4 = 1
    ],
)  # fmt: skip
def test_hills_relation_by_hand(rate: float, left: float) -> None:
    assert at_rate(rate) == pytest.approx(left, abs=1e-12)


def test_it_falls_all_the_way_without_a_kink_at_rest_and_is_bounded() -> None:
    shares = np.array([at_rate(rate) for rate in np.linspace(-1000.0, 5.0, 4001)])
    assert (np.diff(shares) < 0.0).all()
    assert shares[0] < MUSCLE.most
    slopes = [(at_rate(1e-5 * way) - 1.0) / (1e-5 * way) for way in (-1.0, 1.0)]
    assert slopes == pytest.approx([-0.4, -0.4], rel=1e-4)  # −(1 + bend) / fastest


def test_the_rate_is_that_of_one_fiber() -> None:
    """Arts 1991: the fibers' strain is ⅓ ln(1 + 3 V / wall), here taken apart by differences."""
    strain = [np.log(1 + 3 * volume / MUSCLE.wall_ml) / 3 for volume in (100.0, 100.0 - 1e-4)]
    rate = (strain[0] - strain[1]) / 1e-4 * 300.0  # 300 mL/s out
    assert MUSCLE.share(100.0, -300.0) == pytest.approx(at_rate(rate), rel=1e-6)


@pytest.mark.parametrize("hole", [(), (Passage.hole("ventricular septal defect", "LV", "RV", 0.2),)])
def test_at_every_moment_the_wall_bears_the_pressure_at_the_speed_that_it_makes(hole: tuple) -> None:
    beats = run(replace(REGAZZONI_2020, passages=hole), 2, cavities={"LV": SLOWED})
    change = beats.flows_ml_per_s[:, 0] - beats.flows_ml_per_s[:, 1] - beats.passages_ml_per_s.sum(axis=1)
    courses = share(beats.times_s)
    left = [MUSCLE.share(v, c) for v, c in zip(beats.states[:, 1], change, strict=True)]
    np.testing.assert_allclose(beats.drives, courses * left, atol=1e-6)
    borne = [
        replace(TABLE, drive=lambda _, drive=drive: np.array([drive]))(volume, 0.0)
        for volume, drive in zip(beats.states[:, 1], beats.drives, strict=True)
    ]
    np.testing.assert_allclose(beats.pressures_mmhg[:, 1], borne, atol=1e-6)
    blood = REGAZZONI_2020.volume_ml(beats.states)
    assert np.ptp(blood) < 1e-9 * blood[0]


def test_it_ejects_slower_and_less_and_needs_less_pressure_beyond_the_artery() -> None:
    before, after = last_beats(TABLE), last_beats(SLOWED)
    flows = [b.flows_ml_per_s[:, 1].max() for b in (before, after)]
    gaps = [(b.pressures_mmhg[:, 1] - b.states[:, 4]).max() for b in (before, after)]
    assert flows[1] < 0.8 * flows[0]
    assert gaps[1] < 0.8 * gaps[0]
    name = "lv_end_systolic_volume_ml"
    # Little: this elastance is at its peak when ejection ends, and nothing moves.
    assert measures_of(after)[name] > measures_of(before)[name] + 0.5


def test_the_step_matters_as_little_as_without() -> None:
    name = "lv_ejection_fraction_percent"
    found = [
        measures_of(run(REGAZZONI_2020, 2, cavities={"LV": SLOWED}, step_s=step))[name]
        for step in (1e-3, 0.1e-3)
    ]
    assert found[0] == pytest.approx(found[1], abs=0.01)


def test_without_it_the_drive_is_the_course() -> None:
    beats = run(REGAZZONI_2020, 1, cavities={"LV": TABLE})
    np.testing.assert_array_equal(beats.drives, share(beats.times_s))
    assert run(REGAZZONI_2020, 1).drives.shape == (0,)
