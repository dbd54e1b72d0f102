"""Reading a CT series of 512 × 512 × 300, beside SimpleITK's series reader; and the memory it takes."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NAME = "read-ct"
GOAL = 1.0
GOAL_MB = 150.0
"""Beyond the volume itself, the program included (issue 3)."""

REPEATS = 5
SHAPE = (300, 512, 512)


def rows() -> list[dict[str, Any]]:
    """Time both readers turn by turn on the same files."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _apart("from benchmarks.read_ct import _write; _write(Path(sys.argv[1]))", folder)
        # Before anything large was here: a process begins with the peak of the one that starts it.
        beyond_mb = _memory(folder)
        readers = {"ours": _ours, "peer": _simpleitk()}
        taken: dict[str, list[float]] = {name: [] for name in readers}
        for _ in range(REPEATS):
            for name, read in readers.items():
                if read is not None:
                    began = time.perf_counter()
                    read(folder)
                    taken[name].append(time.perf_counter() - began)
    ours = statistics.median(taken["ours"])
    peer = statistics.median(taken["peer"]) if taken["peer"] else None
    ratio = None if peer is None else ours / peer
    return [
        {
            "name": NAME, "ours": ours, "peer": peer, "peer_name": "SimpleITK" if peer else None, "unit": "s",
            "ratio": ratio, "goal": GOAL, "within": None if ratio is None else ratio <= GOAL,
        },
        {
            "name": f"{NAME}-memory", "ours": beyond_mb, "peer": None, "peer_name": None, "unit": "MB",
            "ratio": None, "goal": GOAL_MB, "within": beyond_mb <= GOAL_MB,
        },
    ]  # fmt: skip


def _write(folder: Path) -> None:
    from twin.domain import Volume
    from twin.progress import Progress
    from twin.sources.dicom_writer import write_series

    voxels = np.random.default_rng(1).normal(40, 18, SHAPE).astype(np.int16)
    affine = np.diag([0.8, 0.8, 1.0, 1.0])
    write_series(Volume(voxels, affine, "CT", unit="HU", frame_of_reference="1.2.3"), folder, Progress())


def _ours(folder: Path) -> None:
    from twin.sources import read, scan

    read(scan([folder]).series[0])


def _memory(folder: Path) -> float:
    """Return the peak memory of a process that reads the series, less the volume, in MB."""
    return float(
        _apart(
            "from twin.process import peak_mb; from twin.sources import read, scan\n"
            "volume = read(scan([Path(sys.argv[1])]).series[0])\n"
            "print(peak_mb() - volume.voxels.nbytes / 1e6)",
            folder,
        )
    )


def _apart(script: str, folder: Path) -> str:
    """Run a few lines in a process of their own; returns what they print."""
    command = [sys.executable, "-c", f"import sys; from pathlib import Path\n{script}", str(folder)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _simpleitk() -> Callable[[Path], None] | None:
    try:
        import SimpleITK as sitk
    except ImportError:
        return None

    def read(folder: Path) -> None:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
        sitk.GetArrayViewFromImage(reader.Execute())

    return read
