"""When each moment of a volume is up, and what is said of it."""

from pathlib import Path

import numpy as np
import pytest

from twin.domain import Volume
from twin.sources import read, scan
from viewers.moments import Moments


def moments_of(count: int, **said: object) -> Moments:
    made = Moments.of(Volume(np.zeros((count, 2, 3, 4), np.int16), np.eye(4), "MR", **said))  # type: ignore[arg-type]
    assert made is not None
    return made


def test_what_shows_one_moment_has_no_moments() -> None:
    assert Moments.of(None) is None
    assert Moments.of(Volume(np.zeros((2, 3, 4), np.int16), np.eye(4), "CT")) is None
    assert Moments.of(Volume(np.zeros((1, 2, 3, 4), np.int16), np.eye(4), "CT")) is None


def test_a_heart_is_played_in_its_own_time() -> None:
    # Two slices of another heart beat each: on average 0, 180, 360 ms of a cycle of 900; thirds of 60 %.
    each = np.array([[0, 0], [160, 200], [320, 400.0]])
    heart = moments_of(3, times_ms=each.mean(axis=1), slice_times_ms=each, cycle_ms=np.array([800, 1000.0]))
    assert [heart.at(t) for t in (0, 179, 180, 359, 360, 899, 900, 1081)] == [0, 0, 1, 1, 2, 2, 0, 1]
    assert heart.rest_ms(360) == 540.0  # until the cycle ends
    assert heart.rest_ms(900 + 100) == 80.0
    assert heart.words(1) == ("phase 2 / 3", "180 ms", "20 % of the cycle")
    assert "800 to 1000 ms" in heart.about
    assert "real time: a round takes 900 ms" in heart.pace


def test_a_film_lasts_as_long_as_its_frames() -> None:
    film = moments_of(4, times_ms=np.array([10, 50, 90, 130.0]))
    assert film.length_ms == 160.0  # four of 40 ms
    assert [film.at(t) for t in (0, 39, 40, 159)] == [0, 0, 1, 3]
    assert film.words(0) == ("phase 1 / 4", "10 ms")


@pytest.mark.parametrize(
    "times", [None, np.array([0, 20, 10.0]), np.array([0, np.nan, 20.0])], ids=["none", "back", "no number"]
)
def test_without_times_that_grow_none_are_said(times: np.ndarray | None) -> None:
    unknown = moments_of(3, times_ms=times)
    assert unknown.words(2) == ("phase 3 / 3",)
    assert [unknown.at(t) for t in (99, 100, 299, 300)] == [0, 1, 2, 0]  # ten a second
    assert "the file says no times" in unknown.pace


def test_what_lasts_minutes_is_not_waited_for() -> None:
    slow = moments_of(3, times_ms=np.array([0, 2000, 12_000.0]))
    assert slow.words(1) == ("phase 2 / 3", "2.0 s")
    assert slow.length_ms == 300.0
    assert "real time would be too slow" in slow.pace


def test_a_real_heart_has_the_times_of_its_files(shared_data: Path) -> None:
    # TriggerTime and NominalInterval of the six short-axis series: cycles of 831, 814, 776, 829, 860,
    # 863 ms, 828.8 on average; phase n of 25 lies at n/25 of each.
    series = scan([shared_data / "heart-mr-cine" / "dicom"]).series
    volume = read(next(s for s in series if s.size[2] == 6))
    assert isinstance(volume, Volume)
    heart = Moments.of(volume)
    assert heart is not None
    assert heart.length_ms == pytest.approx(4973 / 6)
    assert heart.words(9) == ("phase 10 / 25", "298 ms", "36 % of the cycle")
    assert heart.at(298.5) == 9
