"""A locked record of 300 MB beside the same one open: opening it and reading its images, and scrolling them.

The time to open counts all of it: the key is derived from the passphrase each time.
"""

import os
import shutil
import statistics
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.view_cases import shown, times_ms

NAME = "locked"
GOAL_RATIO = 1.5
PASSPHRASE = "correct horse battery"
REPEATS = 4
VOLUMES, SLICES = 6, 240


def rows() -> list[dict[str, Any]]:
    """Return opening and scrolling, in ms: the locked record is ours, the open one the peer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["VITRUVIAN_CONFIG"] = name
        plain, locked = _records(folder)
        size = plain.stat().st_size / 1e6
        print(f"locked: the record has {size:.0f} MB")
        opened = {path: [] for path in (plain, locked)}
        for _ in range(REPEATS):  # by turns, so that both see the same machine
            for path, taken in opened.items():
                taken.append(_open(path))
        scrolled = {path: [] for path in (plain, locked)}
        for _ in range(REPEATS):
            for path, taken in scrolled.items():
                taken.extend(_scroll(path))
    return [
        _row("open", statistics.median(opened[locked]), statistics.median(opened[plain])),
        _row("scroll", statistics.median(scrolled[locked]), statistics.median(scrolled[plain])),
    ]


def _row(what: str, ours: float, peer: float) -> dict[str, Any]:
    return {
        "name": f"{NAME}: {what}", "ours": ours, "peer": peer, "peer_name": "the same record, open",
        "unit": "ms", "ratio": ours / peer, "goal": GOAL_RATIO, "within": ours / peer <= GOAL_RATIO,
    }  # fmt: skip


def _records(folder: Path) -> tuple[Path, Path]:
    from twin.domain import Volume
    from twin.record import Call, Record
    from twin.record.locking import lock
    from twin.steps import Made

    plain, locked = folder / "open.twin", folder / "locked.twin"
    chance = np.random.default_rng(1)
    with Record.create(plain) as record:
        for n in range(VOLUMES):  # tissue with the noise of a CT: half its bits are noise
            voxels = chance.normal(40, 18, (SLICES, 512, 512)).astype(np.int16)
            volume = Volume(voxels, np.diag([0.7, 0.7, 1.0, 1.0]), "CT", "HU", window=(40.0, 400.0))
            record.commit(Call("import.images", 2, None), Made({f"volume {n}": volume}), 0.0, 0.0)
    shutil.copy(plain, locked)
    lock(locked, PASSPHRASE)
    return plain, locked


def _open(path: Path) -> float:
    """Return the time from the passphrase to all voxels in memory."""
    from twin import passphrases
    from twin.record import Record

    passphrases._known.clear()
    os.environ[passphrases.VARIABLE] = PASSPHRASE
    began = perf_counter()
    with Record.open(path) as record:
        for entry in record.entries():
            record.load(entry.id)
        taken = perf_counter() - began
    return 1e3 * taken


def _scroll(path: Path) -> list[float]:
    """Return the time of each step through the slices."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from twin.record import Record
    from viewers.slice_view import SliceView

    with Record.open(path) as record:
        view = shown(partial(SliceView, "axial"), (560, 420))
        view.set_volume(record.load("v1"))

        def step(n: int) -> None:
            QTest.keyClick(view, Qt.Key.Key_Up if n % 40 < 20 else Qt.Key.Key_Down)
            view.repaint()

        return times_ms(step)
