"""Files that must not stay readable: they are written over before they are deleted.

On disks that write elsewhere instead (flash, snapshots, copies in a cloud) that reaches only what the
system still calls the file. Better is what never comes to a disk: ``memory_folder``.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 22
_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 256 << 20


def overwrite(file: BinaryIO) -> None:
    """Write zeros over an open, unbuffered file, to the disk."""
    file.seek(0)
    left = os.fstat(file.fileno()).st_size
    while left > 0:
        left -= file.write(bytes(min(left, _CHUNK)))
    os.fsync(file.fileno())


def wipe(path: Path) -> None:
    """Write over a file and delete it; a link is deleted, and what it leads to stays.

    Raises
    ------
    OSError
        It cannot be deleted.
    """
    with contextlib.suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode) and path.lstat().st_nlink == 1:
            with path.open("rb+", buffering=0) as file:
                overwrite(file)
    path.unlink(missing_ok=True)


def wipe_folder(folder: Path) -> None:
    """Write over all files of a folder and delete it, as far as they can be."""
    for place, _folders, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                wipe(Path(place, name))
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def passing_folder() -> Iterator[Path]:
    """Give a folder for files that are wiped at the end."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        wipe_folder(folder)


def memory_folder() -> Path | None:
    """Return a folder whose files lie in memory and on no disk; None where there is none, or little room."""
    try:
        roomy = shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES
    except OSError:
        return None
    return _MEMORY if roomy and os.access(_MEMORY, os.W_OK) else None
