"""What is wiped cannot be read any more, also through a handle that somebody kept."""

from pathlib import Path
from typing import BinaryIO

import pytest

from twin import wiping
from twin.errors import UserError


def test_a_file_is_written_over_before_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(b"Doe^Jane" * (1 << 20))  # longer than what is written at once
    with path.open("rb") as kept:
        wiping.wipe(path)
        assert kept.read() == bytes(8 << 20)
    assert not path.exists()
    wiping.wipe(path)  # of what is gone already there is nothing to say


def test_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    theirs, folder = tmp_path / "theirs", tmp_path / "mine"
    theirs.write_bytes(b"scan")
    folder.mkdir()
    (folder / "soft").symlink_to(theirs)
    (folder / "hard").hardlink_to(theirs)
    (folder / "away").symlink_to(tmp_path)
    wiping.wipe_folder(folder)
    assert not folder.exists()
    assert theirs.read_bytes() == b"scan"


def test_a_passing_folder_goes_also_where_something_fails() -> None:
    def fail(folder: Path) -> None:
        (folder / "below").mkdir()
        page = folder / "below" / "page.png"
        page.write_bytes(b"Doe^Jane")
        kept.append(page.open("rb"))
        raise UserError("no room")

    kept: list[BinaryIO] = []
    with pytest.raises(UserError, match="no room"), wiping.passing_folder() as folder:
        fail(folder)
    with kept[0] as left:
        assert left.read() == bytes(8)
    assert not folder.exists()
