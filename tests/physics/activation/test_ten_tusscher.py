"""A single epicardial cell."""

import numpy as np
import pytest

from physics.activation import ten_tusscher
from physics.activation.ten_tusscher import RESTING_MV, STATES, action_potentials


def apd90_ms(trace: np.ndarray, step_ms: float) -> float:
    """From the steepest rise to nine tenths of the way back to where the trace began."""
    peak, level = trace.argmax(), trace[0] + 0.1 * (trace.max() - trace[0])
    return float((peak + np.argmax(trace[peak:] < level) - np.diff(trace).argmax()) * step_ms)


@pytest.fixture(scope="module")
def beats() -> np.ndarray:
    return action_potentials(4)


def test_an_action_potential_is_an_epicardial_one(beats: np.ndarray) -> None:
    """Once a second. ten Tusscher 2006: rests at −85 mV, lasts about 300 ms (table 2 and figure 1 there)."""
    last = beats[-1]
    assert last[0] == pytest.approx(-85.5, abs=1.0)
    assert 35.0 < last.max() < 45.0
    assert 290.0 < apd90_ms(last, 0.02) < 315.0
    # A single cell rises faster than one in tissue, which in the paper does by about 290 V/s.
    assert 290.0 < np.diff(last).max() / 0.02 < 420.0
    # The notch that the epicardium's strong I_to makes, then the dome.
    peak = last.argmax()
    notch = peak + last[peak : peak + 1500].argmin()
    assert last[notch] < last.max() - 10.0
    assert last[notch:].max() > last[notch] + 3.0


def test_the_error_falls_with_the_square_of_the_step() -> None:
    """Potentials 1.2 to 2.6 ms after the stimulus' begin, on the upstroke's top and after."""
    fine = action_potentials(1, 5.0, 0.00125)[0]
    errors = []
    for step in (0.02, 0.01, 0.005):
        trace = action_potentials(1, 5.0, step)[0]
        every = round(step / 0.00125)
        rows = np.arange(len(trace))
        later = (rows * step >= 2.0) & (rows * step <= 4.0)
        errors.append(np.abs(trace - fine[::every][: len(trace)])[later].max())
    assert errors[0] / errors[1] > 3.0
    assert errors[1] / errors[2] > 3.0


def test_under_the_benchmarks_stimulus_it_is_active_when_another_program_says() -> None:
    """1.2201 ms: the cell equations of finitewave 0.9.3 by Euler at 0.0025 and 0.00125 ms, to no step."""
    v, s, step = RESTING_MV, ten_tusscher.RESTING.copy(), 0.01
    known, work = ten_tusscher.tables(step), np.empty((3, 18))
    for n in range(200):  # noqa: B007 -- the step in which it happens is what is looked for
        before = v
        v = ten_tusscher.advance(v, s, step, 0, 50_000.0 / 1400.0, *known, work)
        if v >= 0.0:
            break
    assert (n + before / (before - v)) * step == pytest.approx(1.2201, abs=5e-4)


def test_at_rest_a_cell_stays(beats: np.ndarray) -> None:
    assert len(STATES) == len(ten_tusscher.RESTING) == 18
    v, s = RESTING_MV, ten_tusscher.RESTING.copy()
    known, work = ten_tusscher.tables(0.02), np.empty((3, 18))
    for _ in range(2500):
        v = ten_tusscher.advance(v, s, 0.02, 0, 0.0, *known, work)
    assert v == pytest.approx(RESTING_MV, abs=0.5)  # 50 ms
    # Eight steps at once at rest are eight steps one by one.
    slow, held = RESTING_MV, ten_tusscher.RESTING.copy()
    for _ in range(2504 // 8):
        slow = ten_tusscher.advance(slow, held, 0.02, 3, 0.0, *known, work)
    assert slow == pytest.approx(v, abs=1e-3)
