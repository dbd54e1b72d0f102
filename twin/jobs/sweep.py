"""Removes what processes that died left behind: shared memory and job folders."""

import re
import shutil
import tempfile
from pathlib import Path

import psutil

from twin.jobs.shared import PREFIX

_NAME = re.compile(rf"{PREFIX}-(\d+)-")


def folder_prefix(owner: int) -> str:
    """Start of the name of every temporary folder of process ``owner``'s jobs."""
    return f"{PREFIX}-{owner}-"


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
            if match and not psutil.pid_exists(int(match[1])):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
                gone.append(str(path))
    return gone
