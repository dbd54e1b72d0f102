"""Reading a CT series of 512 × 512 × 300, beside SimpleITK's series reader."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NAME = "read-ct"
GOAL = 1.0
REPEATS = 5
SHAPE = (300, 512, 512)


def rows() -> list[dict[str, Any]]:
    """Time both readers turn by turn on the same files."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _write(folder)
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
        }
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
