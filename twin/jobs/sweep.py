"""Removes what processes that died left behind: shared memory and job folders."""

import contextlib
import os
import re
import tempfile
from pathlib import Path

from twin import process
from twin.jobs.shared import PREFIX
from twin.wiping import wipe_folder

_NAME = re.compile(rf"{PREFIX}-(\d+)-\w{{8}}")
_WORKER = "worker-"

in_use: set[str] = set()
"""Names of the folders of this process's own jobs; their blocks' names start with them."""


def folder_prefix(owner: int) -> str:
    """Start of the name of every temporary folder of process ``owner``'s jobs."""
    return f"{PREFIX}-{owner}-"


def mark(folder: Path) -> None:
    """Note in a job's folder which process works in it."""
    (folder / f"{_WORKER}{os.getpid()}").touch()


def clear(folder: Path) -> None:
    """Remove a job's folder, and what Intel's OpenMP has left of a worker that was killed."""
    for note in folder.glob(f"{_WORKER}*"):
        for path in Path("/dev/shm").glob(f"__KMP_REGISTERED_LIB_{note.name.removeprefix(_WORKER)}_*"):
            path.unlink(missing_ok=True)
    wipe_folder(folder)


def sweep() -> list[str]:
    """Remove shared blocks and temporary folders whose owner is gone; returns their names.

    macOS does not list shared memory; there Python's own resource tracker clears it.
    """
    gone = []
    for folder in (Path("/dev/shm"), Path(tempfile.gettempdir())):
        if not folder.is_dir():
            continue
        for path in folder.glob(f"{PREFIX}-*"):
            match = _NAME.match(path.name)
            if match and not _needed(match[0], int(match[1])):
                with contextlib.suppress(OSError):  # another user's
                    _remove(path)
                if not path.exists():
                    gone.append(str(path))
    return gone


def _needed(name: str, owner: int) -> bool:
    """Tell whether a job may still use it; in a container, processes get the same numbers again."""
    return name in in_use if owner == os.getpid() else process.runs(owner)


def _remove(path: Path) -> None:
    if path.is_dir():
        clear(path)
    else:
        path.unlink(missing_ok=True)
