"""The command that looks at the machine: check."""

import argparse
import ctypes
import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from desktop.cli import command, print_json

DRAWING = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
}
"""What Qt and VTK load on Linux, with or without a screen: library to Debian package."""

MESHING = {"libquadmath.so.0": "libquadmath0"}

SCREEN = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libXcursor.so.1": "libxcursor1",
}

MODULES = (
    "numpy", "scipy", "numba", "psutil", "zstandard", "psygnal", "pydicom", "gdcm", "pynetdicom",
    "dicomweb_client", "keyring", "nibabel", "netgen", "vtkmodules", "PySide6", "qtawesome", "reportlab",
)  # fmt: skip


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the parser."""
    p = command(
        commands, "check", "Is this machine ready? Names what is missing and how to get it", answers=True
    )
    p.set_defaults(act=check)


def has_screen() -> bool:
    """Tell whether a window can be seen here."""
    if sys.platform != "linux":
        return True
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return not has_no_display()


def has_no_display() -> bool:
    """Tell whether Qt would end the process here, since it finds no display to open a window on."""
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform == "linux" and not shown and not os.environ.get("QT_QPA_PLATFORM")


def missing_libraries() -> dict[str, str]:
    """Return the system libraries that are missing here, each with its Debian package.

    VTK without libGL does not fail: it crashes at the first picture. So look before.
    """
    if sys.platform != "linux":
        return {}
    wanted = DRAWING | MESHING | (SCREEN if os.environ.get("DISPLAY") else {})
    return {library: package for library, package in wanted.items() if not _loads(library)}


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def say_missing(missing: dict[str, str]) -> int:
    """Name missing libraries on standard error; returns the exit status."""
    print(f"vitruvian: this machine lacks {', '.join(missing)}.", file=sys.stderr)
    print(f"On Debian and Ubuntu: sudo apt-get install {' '.join(missing.values())}", file=sys.stderr)
    return 1


def check(options: argparse.Namespace) -> int:
    """Report on this machine."""
    import psutil

    from physics.elasticity import pardiso

    missing = missing_libraries()
    absent = [name for name in MODULES if importlib.util.find_spec(name) is None]
    answer: dict[str, Any] = {
        "ready": not missing and not absent,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "memory_free_gb": round(psutil.virtual_memory().available / 1e9, 1),
        "disk_free_gb": round(shutil.disk_usage(Path.home()).free / 1e9, 1),
        "screen": has_screen(),
        "fast_solver": pardiso.available(),
        "missing_system_packages": sorted(missing.values()),
        "missing_python_packages": absent,
    }
    if options.json:
        print_json(answer)
        return 0 if answer["ready"] else 1
    print(f"{answer['system']}, Python {answer['python']}, {answer['cores']} cores")
    print(
        f"memory {answer['memory_gb']} GB ({answer['memory_free_gb']} free), "
        f"disk {answer['disk_free_gb']} GB free"
    )
    print("screen: " + ("yes" if answer["screen"] else "none; pictures are made without one"))
    print(
        "solver: "
        + ("PARDISO" if answer["fast_solver"] else "multigrid (PARDISO is not made for this system)")
    )
    if absent:
        print(f"missing Python packages: {', '.join(absent)}\n    get them with: ./bootstrap")
    if missing:
        packages = " ".join(sorted(missing.values()))
        print(f"missing system packages: {packages}\n    get them with: sudo apt-get install {packages}")
    print("Ready." if answer["ready"] else "Not ready yet.")
    return 0 if answer["ready"] else 1
