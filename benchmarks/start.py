"""Start-up: from the start of the process to the first frame of the empty window, warm."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAME = "start"
GOAL_MS = 1500.0
STARTS = 5

_CHILD = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from desktop.window import MainWindow, run

app = QApplication(sys.argv[:1])
clock = QTimer(interval=1)

def look():
    for widget in app.topLevelWidgets():
        if isinstance(widget, MainWindow) and widget.first_frame is not None:
            heavy = {"vtkmodules", "pyvista", "scipy", "numba", "pydicom"} & set(sys.modules)
            print(time.time() - (time.perf_counter() - widget.first_frame), *heavy, flush=True)
            clock.stop()
            widget.close()

clock.timeout.connect(look)
clock.start()
run([])
"""


def measure() -> list[float]:
    """Return ms of each start after one that warms up; fails where something heavy was imported."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"QT_QPA_PLATFORM": "offscreen", "VITRUVIAN_CONFIG": folder}
        # Warm means with bytecode, as installed; some test machines forbid Python to write it.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        taken = [_start(env) for _ in range(STARTS + 1)]
    return taken[1:]


def _start(env: dict[str, str]) -> float:
    began = time.time()
    ended = subprocess.run(
        [sys.executable, "-c", _CHILD], env=env, capture_output=True, text=True, check=True, timeout=120
    )
    first_frame, *heavy = ended.stdout.split()
    if heavy:
        raise RuntimeError(f"imported before the first frame: {', '.join(heavy)}")
    return 1e3 * (float(first_frame) - began)
