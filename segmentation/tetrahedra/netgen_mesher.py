"""netgen from the caller's side: started, followed, stopped, outlived."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.progress import Progress

_POLL_S = 0.1
_LEAST_LIMIT_S = 120.0
_LIMIT_S_PER_TET = 4e-3
_GRADING = 0.3


class MesherError(Exception):
    """netgen gave up, died or took too long; the text says which."""


def limit_s(tets: float) -> float:
    """Return how long netgen may take for so many elements, seconds of wall time on a busy machine."""
    return _LEAST_LIMIT_S + _LIMIT_S_PER_TET * tets


def mesh(
    points: NDArray, triangles: NDArray, edge_mm: float, rounds: int, limit: float, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Fill a closed, oriented, even surface with tetrahedra.

    Parameters
    ----------
    points : ndarray, shape (n, 3), mm
    triangles : ndarray, shape (m, 3)
    edge_mm : float
        Wanted mean edge.
    rounds : int
        Rounds of optimization.
    limit : float
        Wall time after which it is stopped, s.

    Returns
    -------
    points : ndarray, shape (n', 3)
    tets : ndarray of int32, shape (t, 4), positive orientation

    Raises
    ------
    MesherError
        Where netgen fails in any way.
    Cancelled
        Where the work should stop; netgen is ended.
    """
    task = {
        "points": len(points),
        "triangles": len(triangles),
        "edge_mm": edge_mm,
        "rounds": rounds,
        "grading": _GRADING,
        "threads": min(max((os.cpu_count() or 1) // 2, 1), 4),
    }
    data = json.dumps(task).encode() + b"\n"
    data += np.ascontiguousarray(points, np.float64).tobytes()
    data += np.ascontiguousarray(triangles, np.int32).tobytes()
    nodes, tets = _follow(_command(), data, limit, progress)
    if not len(tets):
        raise MesherError("netgen made no element")
    a, b, c, d = (nodes[tets[:, n]] for n in range(4))
    turned = np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a) < 0.0
    tets[turned] = tets[turned][:, [0, 2, 1, 3]]  # netgen counts the other way round
    return nodes, tets


def _command() -> list[str]:
    return [sys.executable, "-m", "segmentation.tetrahedra.netgen_child"]


def _follow(
    command: list[str], data: bytes, limit: float, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    paths = os.pathsep.join(p for p in sys.path if p)
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": paths},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    heard: queue.Queue[Any] = queue.Queue()
    talk = threading.Thread(target=_talk, args=(child, data, heard), daemon=True)
    talk.start()
    end = time.monotonic() + limit
    fraction, text = 0.0, "Filling with tetrahedra"
    try:
        while True:
            progress(fraction, text)
            try:
                message = heard.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() > end:
                    raise MesherError(f"netgen did not end within {limit:.0f} s") from None
                continue
            if isinstance(message, tuple):
                return message
            if message is None:
                raise MesherError(f"netgen's process died (status {child.wait()})")
            if "error" in message:
                raise MesherError(f"netgen gave up: {message['error']}")
            fraction = max(fraction, message["fraction"])  # netgen's counter starts anew with each part
            if message["round"]:
                text = f"Bettering the elements, round {message['round']}"
    finally:
        child.kill()
        child.wait()
        talk.join()


def _talk(child: subprocess.Popen, data: bytes, heard: "queue.Queue[Any]") -> None:
    """Write the task and read the answer (pipes block, so not in the caller's thread)."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(data)
        child.stdin.flush()
        for line in child.stdout:
            message = json.loads(line)
            if "nodes" not in message:
                heard.put(message)
                continue
            nodes = child.stdout.read(message["nodes"] * 24)
            tets = child.stdout.read(message["tets"] * 16)
            answer = np.frombuffer(nodes, np.float64).reshape(-1, 3), np.frombuffer(tets, np.int32)
            heard.put((answer[0].copy(), answer[1].reshape(-1, 4).copy()))
            return
        heard.put(None)
    except (OSError, ValueError):
        heard.put(None)
    finally:
        child.stdout.close()
        with contextlib.suppress(OSError):
            child.stdin.close()
