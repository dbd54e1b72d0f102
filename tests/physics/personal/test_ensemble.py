"""The ensemble against a linear problem whose posterior is known."""

import numpy as np
import pytest

from physics.personal.ensemble import Datum, Parameter, assimilated, values
from twin.errors import Cancelled, UserError
from twin.progress import Progress

PARAMETERS = (
    Parameter("level", "mL", 10.0, 2.0, False, "test"),
    Parameter("gain", "1", 3.0, 0.3, True, "test"),
    Parameter("idle", "1", 0.0, 1.0, False, "test"),
)


def run(values: dict[str, float]) -> np.ndarray:
    return np.array([values["level"], np.log(values["gain"])])


def test_it_is_bayes_rule_where_all_is_linear() -> None:
    """Normal prior and error: 1/σ² = 1/4 + 1 for the level, its mean (10/4 + 13) σ² = 12.4, by hand."""
    data = (Datum("level", "mL", 13.0, 1.0, "test"), Datum("log gain", "1", np.log(3.6), 0.1, "test"))
    found = assimilated(PARAMETERS, data, run, members=400, seed=3)
    level, gain, idle = found.estimates()
    assert level.middle == pytest.approx(12.4, abs=0.15)
    assert level.width_ratio == pytest.approx(np.sqrt(0.8) / 2.0, rel=0.1)
    assert level.low == pytest.approx(12.4 - 1.96 * np.sqrt(0.8), abs=0.25)
    # 1/σ² = 1/0.09 + 100; mean of the logarithm by the same rule.
    expected = (np.log(3) / 0.09 + 100 * np.log(3.6)) / (1 / 0.09 + 100)
    assert np.log(gain.middle) == pytest.approx(expected, abs=0.02)
    assert level.determined
    assert gain.determined
    assert not idle.determined
    best = values(PARAMETERS, found.best())
    assert best["level"] == pytest.approx(12.4, abs=0.9)  # the posterior's middle, within one of its σ
    assert abs(best["idle"]) < 0.5  # no data speak of it: its own middle is the most probable


def test_the_same_seed_is_the_same_ensemble_and_lost_members_are_put_elsewhere() -> None:
    data = (Datum("level", "mL", 13.0, 1.0, "test"), Datum("log gain", "1", 1.2, 0.1, "test"))

    def some(values: dict[str, float]) -> np.ndarray | None:
        return None if values["idle"] > 1.0 else run(values)

    one, two = (assimilated(PARAMETERS, data, some, members=60, seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.members, two.members)
    assert np.isfinite(one.misfits()).mean() > 0.8
    with pytest.raises(UserError, match="beat at all"):
        assimilated(PARAMETERS, data, lambda values: None, members=10)


def test_it_stops_when_asked() -> None:
    data = (Datum("level", "mL", 13.0, 1.0, "test"), Datum("log gain", "1", 1.2, 0.1, "test"))
    with pytest.raises(Cancelled):
        assimilated(PARAMETERS, data, run, progress=Progress(stop=lambda: True))
