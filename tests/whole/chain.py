"""The whole chain for tests: its stages, small patients, and the program as a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from desktop.catalogue import load as load_steps
from desktop.walk import Stage
from twin.domain import Identity, Volume
from twin.record import LogEntry, Record
from twin.run import prepare, run

ROOT = Path(__file__).resolve().parents[2]
SOLVE = Stage("physics.solve", {}, {"intervals": False})
load_steps()


def to_stress(edge_mm: float) -> tuple[Stage, ...]:
    """From a surface's labelmap with a left femur to its stresses."""
    return (
        Stage("mesh.surface", {"labels": "bones/left femur"}),
        Stage("mesh.tetrahedra", {}, {"edge_mm": edge_mm, "mesher": "lattice"}),
        Stage("physics.femur_landmarks"),
        Stage("physics.femur_model"),
        SOLVE,
    )


def take_in(folder: Path) -> Stage:
    return Stage("import.images", {}, {"paths": (str(folder),)})


def walk(record: Record, stages: Iterable[Stage]) -> list[LogEntry]:
    """Run stages in this process."""
    return [run(record, prepare(record, s.step, s.inputs, s.params)) for s in stages]


def words(stage: Stage, record: Path) -> list[str]:
    """What a person would type for a stage."""
    if stage.step == "import.images":
        return ["import", str(record), *stage.params["paths"]]
    given = [w for name, value in stage.inputs.items() for w in ("--input", f"{name}={value}")]
    chosen = [w for name, value in stage.params.items() for w in ("--set", f"{name}={value}")]
    return ["run", str(record), stage.step, *given, *chosen]


def program(command: list[str], temp: Path, **more: Any) -> subprocess.Popen[str]:
    """Start the program; its temporary files go to ``temp``, by which its processes are known too.

    It hears Ctrl+C, also where the tests run in the background of a shell, which has them ignore it.
    """
    temp.mkdir(exist_ok=True)
    if os.name != "nt":
        more.setdefault("preexec_fn", lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    return subprocess.Popen(
        [sys.executable, "-m", "desktop.main", *command],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(temp)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
    )  # fmt: skip


def processes(temp: Path) -> list[psutil.Process]:
    """Processes that ``program`` started with that ``temp``, and all that they started, still running."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("TMPDIR") == str(temp)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def workers(temp: Path) -> list[psutil.Process]:
    """Those among them that compute."""
    found = []
    for process in processes(temp):
        try:
            if "--multiprocessing-fork" in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def until(process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    """Return when something is so, or the process has ended."""
    while process.poll() is None and not reached():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.03)


def digests(record: Record) -> list[tuple[str, str, str]]:
    return [(e.id, e.name, e.digest) for e in record.entries()]


def coarse(volume: Volume) -> Volume:
    """The mean of every 2 × 2 × 2 voxels."""
    k, j, i = (n // 2 for n in volume.voxels.shape)
    blocks = volume.voxels[: 2 * k, : 2 * j, : 2 * i].reshape(k, 2, j, 2, i, 2)
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ (0.5, 0.5, 0.5)
    affine[:3, :3] *= 2
    return replace(volume, voxels=np.round(blocks.mean((1, 3, 5))).astype(np.int16), affine=affine)


def mirrored(volume: Volume) -> Volume:
    """Another patient, the mirror image of this one: what lay at x lies at -x."""
    affine = volume.affine.copy()
    assert np.allclose(affine[1:3, 0], 0)
    affine[0, 3] = -(affine[0, 3] + affine[0, 0] * (volume.voxels.shape[2] - 1))
    who = Identity(patient_id="MIRROR", patient_name="Image^Mirror")
    voxels = np.ascontiguousarray(volume.voxels[:, :, ::-1])
    return replace(volume, voxels=voxels, affine=affine, identity=who, frame_of_reference="")
