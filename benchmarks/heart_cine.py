"""Segmentation of the real cine MR in ../shared/data: how long it takes, and how far off it is."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "heart-cine"
GOAL_S = 60.0

ENDOCARDIUM_MM = 1.8
"""Mean distance of the given contour points from ours (issue 4)."""

EDV_ML, EDV_PERCENT = 161.5, 8.0
"""End-diastolic volume of the given fitted surface by the data's README, and how far off it (issue 4)."""

GIVEN = range(0, 25, 4)
"""Phases of which contours are given."""


def rows() -> list[dict[str, Any]]:
    """Import, segment without a click, compare with the contours of all given phases; prints each phase."""
    from segmentation.heart.ventricle import segment_cine
    from segmentation.heart.views import cine_views
    from twin.domain import Volume
    from twin.progress import Progress
    from twin.sources.steps import ImportParams, import_images

    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = Path(os.environ.get("VITRUVIAN_DATA", default)) / "heart-mr-cine"
    made = import_images(ImportParams((str(data / "dicom"),)), Progress())
    views = cine_views([v for v in made.outputs.values() if isinstance(v, Volume)])
    start = time.perf_counter()
    found = segment_cine(views)
    seconds = time.perf_counter() - start
    measures = found.measures
    off = []
    for phase in GIVEN:
        here = _distances(found, data / f"contours/GPFile_{phase:03d}.txt", phase)
        off.append(here)
        print(f"phase {phase}: endocardium {here.mean():.2f} mm, cavity {measures.cavity_ml[phase]:.1f} mL")
    volumes = np.array(measures.cavity_ml)
    minima = int(((volumes < np.roll(volumes, 1)) & (volumes < np.roll(volumes, -1))).sum())
    wrong = abs(measures.edv_ml / EDV_ML - 1) * 100
    print(
        f"EDV {measures.edv_ml:.1f} mL (largest {volumes.max():.1f}), ESV {measures.esv_ml:.1f} mL, "
        f"EF {100 * measures.ejection_fraction:.1f} %, mass {measures.mass_g:.0f} g"
    )
    mean = float(np.concatenate(off).mean())
    return [
        _row("", seconds, "s", GOAL_S),
        _row("-endocardium", mean, "mm", ENDOCARDIUM_MM),
        _row("-edv", wrong, "%", EDV_PERCENT),
        _row("-minima", minima, "", 1),
    ]


def _row(what: str, ours: float, unit: str, goal: float) -> dict[str, Any]:
    alone = {"peer": None, "peer_name": None, "ratio": None}
    return alone | {"name": NAME + what, "ours": ours, "unit": unit, "goal": goal, "within": ours <= goal}


def _distances(found: Any, path: Path, phase: int) -> NDArray[np.float64]:
    """Distance of each given endocardial point from our contour in the plane it lies in, mm."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    words = [line.split("\t") for line in lines]
    given = np.array([w[:3] for w in words if w[3].endswith("LV_ENDOCARDIAL")], dtype=float)
    frame = np.array([int(w[4]) for w in words if w[3].endswith("LV_ENDOCARDIAL")])
    planes = {v.name: v for v in found.views.all}
    off = []
    for number in np.unique(frame):
        points = given[frame == number]
        own = min(planes.values(), key=lambda v: float(np.abs(v.away_mm(points)).mean()))
        ours = [
            c for c in found.contours
            if c.view == own.name and c.phase == phase and c.edge == "left endocardium"
        ]  # fmt: skip
        for contour in ours:
            line = np.vstack([contour.points, contour.points[:1]]) if contour.closed else contour.points
            part = np.linspace(0, 1, 20)[:, None, None]
            dense = (line[:-1] + part * np.diff(line, axis=0)).reshape(-1, 3)
            off.append(np.linalg.norm(points[:, None] - dense, axis=2).min(axis=1))
    return np.concatenate(off)
