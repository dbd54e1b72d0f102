"""Films to take away, read back by another library's reader."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from twin.errors import UserError
from twin.progress import Progress
from viewers.film import save_film


def test_a_film_keeps_its_frames_its_times_and_its_word(tmp_path):
    frames = np.zeros((5, 20, 30, 3), np.uint8)
    for n in range(5):
        frames[n, :, : 6 * (n + 1)] = (50 * n + 20, 40, 200)
    lengths = [33.3, 33.3, 33.4, 50.0, 50.0]
    path = save_film(frames, lengths, "NOT FOR DIAGNOSIS · axial", tmp_path / "beat.gif", Progress())
    with Image.open(path) as film:
        assert film.n_frames == 5
        assert film.info["comment"] == b"NOT FOR DIAGNOSIS - axial"
        assert film.info["loop"] == 0  # for ever
        read = [(f.info["duration"], np.asarray(f.convert("RGB"))) for f in ImageSequence.Iterator(film)]
    # In hundredths, so that the ends lie at 30, 70, 100, 150 and 200 ms.
    assert [length for length, _ in read] == [30, 40, 30, 50, 50]
    for (_, seen), frame in zip(read, frames, strict=True):
        assert np.abs(seen.astype(int) - frame).max() <= 8  # one table of 255 colors for all


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere.*could not be written|could not be written.*nowhere"):
        save_film(np.zeros((1, 4, 4, 3), np.uint8), [40.0], "", tmp_path / "nowhere" / "a.gif", Progress())
