"""A limit and a spread are told apart in what stands beside a measurement."""

from tests.twin.measuring.phantoms import lps, volume
from twin.measuring import measure, words


def test_a_length_says_its_limits_and_by_what():
    made = measure("distance", ct := volume((1.0, 1.0, 2.0)), lps(ct, (2, 2, 3), (14, 2, 3)))
    # Half a voxel of 1 mm at each of two ends.
    assert words.lines(made) == ["12.0 ± 1.0 mm"]
    assert words.full(made.numbers[0]) == (
        "length",
        "12.0 mm (± 1.0 at the most, by half a voxel at each end)",
    )


def test_a_spread_is_called_sd_and_is_no_limit():
    ct = volume()
    made = measure("polygon", ct, lps(ct, (9.5, 9.5, 3), (19.5, 9.5, 3), (19.5, 19.5, 3), (9.5, 19.5, 3)))
    # Mean 2 · 14.5 + 250; of 2 i ten times each, by n − 1: √(10 · 330 / 99) = 5.77
    assert words.brief(made.numbers) == "100.0 mm², 279.0 HU (SD 5.77)"
    assert words.lines(made)[:2] == ["100.0 mm²", "mean 279.0 HU (SD 5.77)"]
    assert words.lines(made, few=True)[1] == "279.0 HU (SD 5.77)"
    assert dict(map(words.full, made.numbers))["SD"].endswith("centers lie inside, by n − 1)")
