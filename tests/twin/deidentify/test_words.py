"""Words that name nobody stay: the language of every day, and what the program itself says."""

import pytest

from tests.twin.measuring.phantoms import volume
from twin.deidentify import words
from twin.sources.grid import ASKS_FOR_HU, silent_notes


def test_the_language_of_every_day_stays_and_a_name_goes() -> None:
    assert words.outside("Hip CT made from a second scan") == "Hip CT made from a second scan"
    assert words.outside("Hip CT made for Grünwald") == "Hip CT made for"


def test_a_patient_who_is_called_like_a_word_loses_it_all_the_same() -> None:
    assert words.outside("CT made again", never=["made"]) == "CT again"


@pytest.mark.parametrize("modality", ["", "MR"])
def test_the_notes_of_silent_images_are_told_whole(modality: str) -> None:
    stored = volume().voxels
    notes = [ASKS_FOR_HU, *silent_notes("NIfTI", stored, 1.0, -2000.0, modality, True)]
    notes += silent_notes("NIfTI", (stored > 1024).astype(stored.dtype), 1.0, 0.0, modality, False)
    assert len(notes) == (3 if not modality else 2)
    assert [words.own(note) for note in notes] == notes
