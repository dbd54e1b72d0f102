"""Which process is which (numbers are given again, a clock may be set meanwhile), and what one took."""

import contextlib
import sys
from pathlib import Path

import psutil


def started(number: int) -> float | None:
    """Return when a process started, to tell it from a later one of the same number.

    Returns
    -------
    float or None
        Seconds, to be compared with another answer for the same number and nothing else (on Linux
        they count from the system's start, since its wall clock moves what ``psutil`` answers).
        None where it has ended, also if nobody has taken note of that yet (a zombie).

    Raises
    ------
    psutil.AccessDenied
        It runs, but this user may not know more.
    """
    try:
        process = psutil.Process(number)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        if sys.platform == "linux":
            # The name, second field, may hold blanks and brackets; the start is field 22, in 1/100 s.
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            return int(fields[19]) / 100
        return process.create_time()
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


def runs(number: int) -> bool:
    """Tell whether a process of that number runs."""
    try:
        return started(number) is not None
    except psutil.AccessDenied:
        return True


def peak_mb() -> float:
    """Return the highest resident memory so far of this process, or of one it started, in MB."""
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset) / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kB on Linux
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.platform == "linux":
        # What ``getrusage`` says of a spawned process begins with what its parent held.
        with contextlib.suppress(OSError):  # there is no /proc in a bare change of root
            told = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()
            own = int(told[0]) if told else own  # some sandboxes leave it out
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * unit / 1e6
