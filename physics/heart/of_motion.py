"""A ventricle's wall at one phase of an imaged cycle, with fibers and segments."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from physics.cardiac.body import quadrature
from physics.cardiac.face import face_of
from physics.heart.between import ventricle_between
from physics.heart.cavity import rims
from physics.heart.coordinates import coordinates
from physics.heart.fan import BasePlane
from physics.heart.rule import Angles, fibers_of
from physics.heart.scar import scar_numbers, with_scar
from physics.heart.segments import NAMES, segments
from twin.domain import LabelMap, Motion, Surface, TetMesh
from twin.errors import UserError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from physics.heart_steps import VentricleParams


def ventricle_of(
    motion: Motion, params: "VentricleParams", progress: Progress, scar: LabelMap | None = None
) -> Made:
    """Return the wall between the surfaces of one phase, and scar in it.

    See ``ventricle_between``, ``fibers_of`` and ``with_scar``.
    """
    count = len(motion.phases)
    phase = motion.fullest if params.phase is None else params.phase
    seen = phase if params.scar_phase is None else params.scar_phase
    if max(phase, seen) >= count:
        raise UserError(
            f"There is no phase {max(phase, seen)}: “{motion.structure}” has {count}, counted from 0.",
            "Leave it empty for end-diastole.",
        )
    progress(0.0, "filling the wall")
    endo, epi = (_surface(motion, name, phase) for name in ("endocardium", "epicardium"))
    mesh = ventricle_between(endo, epi, _base_of(endo), params.edge_mm, layers=params.layers, order=2)
    progress(0.6, "laying fibers")
    at = coordinates(mesh)
    angles = Angles(params.fiber_endo_deg, params.fiber_epi_deg)
    mesh = replace(
        mesh, axes=fibers_of(mesh, angles, at).axes,
        axes_inside=fibers_of(mesh, angles, at, quadrature()[0]).axes,
    )  # fmt: skip
    which = "" if motion.still else f"Phase {phase} of {count} of the cycle. "
    angle = f"{params.fiber_endo_deg:g}° inside to {params.fiber_epi_deg:g}° outside".replace("-", "−")
    notes = [*mesh.notes, f"{which}Fibers by rule, {angle}: no image shows them."]
    right = [o.points.mean(axis=0) for o in motion.outlines if o.name == "right cavity" and o.phase == phase]
    if right:
        numbers = segments(mesh, at, np.mean(right, axis=0).astype(np.float64))
        mesh = replace(mesh, regions=(numbers - 1).astype(np.int32), region_names=NAMES)
    else:
        notes.append(f"The right ventricle was not seen at phase {phase}: the 17 segments are not told.")
    mesh = replace(mesh, notes=tuple(notes))
    if scar is not None:
        mesh = with_scar(mesh, scar, params.scar_stiffness_percent / 100.0, motion, (phase, seen))
    progress(1.0, "done")
    return Made({"ventricle mesh": mesh}, _summary(mesh, at.thickness_mm))


def _base_of(endo: Surface) -> BasePlane:
    """Return the plane of an endocardium's rim: the mitral ring's, in which the surfaces end."""
    rim = endo.points[rims(endo.triangles)[0]]
    away = rim - rim.mean(axis=0)
    normal = np.linalg.svd(away, full_matrices=False)[2][2]
    up = rim.mean(axis=0) - endo.points.mean(axis=0)
    return BasePlane(rim.mean(axis=0), normal * np.sign(normal @ up))


def _surface(motion: Motion, name: str, phase: int) -> Surface:
    moving = motion.surface(name)
    return Surface(
        points=moving.points[phase].astype(np.float64),
        triangles=moving.triangles,
        frame_of_reference=motion.frame_of_reference,
        identity=motion.identity,
    )


def _summary(mesh: TetMesh, thickness_mm: np.ndarray) -> dict[str, float]:
    cavity, heart = (abs(face_of(mesh, name).volume(mesh.points)) / 1000 for name in ("endo_lv", "epi"))
    return {
        "elements": len(mesh.tets),
        "nodes": len(mesh.points),
        "cavity_ml": cavity,
        "wall_ml": heart - cavity,
        "wall_thickness_mean_mm": float(np.mean(thickness_mm)),
    } | dict(zip(("scar_g", "scar_of_wall_percent"), (n.value for n in scar_numbers(mesh)), strict=False))
