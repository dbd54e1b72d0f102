"""Models that cannot be solved are refused in words, with the place."""

from dataclasses import replace

import numpy as np
import pytest

from physics.elasticity import Elasticity
from physics.verify import meshes
from physics.verify.elasticity import held, uniform
from twin.domain import Support, TetMesh
from twin.errors import GeometryError, UserError

MESH = meshes.box((2, 2, 4), (10.0, 10.0, 20.0), quadratic=False)
MATERIAL = uniform(MESH, 1000.0, 0.3)
BOTTOM = (held("bottom", MESH.points[:, 2] < 1e-9),)


def together(*meshes_: TetMesh) -> TetMesh:
    """Several meshes as one, points that coincide merged."""
    points = np.concatenate([m.points for m in meshes_])
    offsets = np.cumsum([0, *(len(m.points) for m in meshes_)])
    tets = np.concatenate([m.tets + o for m, o in zip(meshes_, offsets, strict=False)])
    unique, place = np.unique(points.round(9), axis=0, return_inverse=True)
    return TetMesh(
        points=unique, tets=place.ravel()[tets].astype(np.int32), regions=np.zeros(len(tets), np.int32)
    )


def moved(mesh: TetMesh, by: list[float]) -> TetMesh:
    return replace(mesh, points=mesh.points + by)


def test_no_support() -> None:
    with pytest.raises(GeometryError, match="no supports"):
        Elasticity(MESH, MATERIAL, ())


def test_body_that_can_turn_about_an_edge() -> None:
    edge = held("edge", (MESH.points[:, 2] < 1e-9) & (MESH.points[:, 0] < 1e-9))
    with pytest.raises(GeometryError, match=r"turn about .*(0\.00, 1\.00, 0\.00).*“edge”"):
        Elasticity(MESH, MATERIAL, (edge,))


def test_a_held_node_without_an_element_holds_nothing() -> None:
    mesh = replace(MESH, points=np.concatenate([MESH.points, MESH.points[:4] + 50.0]))
    edge = held("edge", (mesh.points[:, 2] < 1e-9) & (mesh.points[:, 0] < 1e-9))
    loose = held("loose", mesh.points[:, 2] > 40.0)
    with pytest.raises(GeometryError, match="turn about"):
        Elasticity(mesh, MATERIAL, (edge, loose))


def test_body_that_can_slide() -> None:
    slider = held("slider", MESH.points[:, 2] < 1e-9, x=False)
    with pytest.raises(GeometryError, match=r"slide along .*1\.00, 0\.00, 0\.00"):
        Elasticity(MESH, MATERIAL, (slider,))


def test_part_that_nothing_holds_is_named_with_its_place() -> None:
    mesh = together(MESH, moved(MESH, [100.0, 0.0, 0.0]))
    with pytest.raises(GeometryError, match=r"1 of 2 separate parts.*\(105\.0, 5\.0, 10\.0\) mm LPS"):
        Elasticity(mesh, uniform(mesh, 1000.0, 0.3), (held("bottom", near_bottom(mesh)),))


def near_bottom(mesh: TetMesh) -> np.ndarray:
    return (mesh.points[:, 2] < 1e-9) & (mesh.points[:, 0] < 50.0)


def test_part_that_hangs_on_an_edge_can_turn() -> None:
    mesh = together(MESH, moved(MESH, [10.0, 0.0, 20.0]))
    with pytest.raises(GeometryError, match=r"turn about \(0\.00, (-)?1\.00, 0\.00\)"):
        Elasticity(mesh, uniform(mesh, 1000.0, 0.3), (held("bottom", near_bottom(mesh)),))


def test_parts_that_share_nodes_all_over_a_face_are_held() -> None:
    mesh = together(MESH, moved(MESH, [0.0, 0.0, 20.0]))
    system = Elasticity(mesh, uniform(mesh, 1000.0, 0.3), (held("bottom", near_bottom(mesh)),))
    assert np.isfinite(system.solve(np.ones((1, len(mesh.points), 3)))).all()


@pytest.mark.parametrize("value", [np.nan, 0.0, -5.0, np.inf])
def test_modulus_that_is_no_modulus(value: float) -> None:
    young = MATERIAL.young_mpa.copy()
    young[7] = value
    center = MESH.points[MESH.tets[7]].mean(axis=0)
    with pytest.raises(UserError, match=rf"Young's modulus of 1 .*\({center[0]:.1f}"):
        Elasticity(MESH, replace(MATERIAL, young_mpa=young), BOTTOM)


@pytest.mark.parametrize("value", [0.5, -1.0, np.nan])
def test_impossible_poisson_ratio(value: float) -> None:
    with pytest.raises(UserError, match="Poisson's ratio"):
        Elasticity(MESH, replace(MATERIAL, poisson=np.full(len(MESH.tets), value)), BOTTOM)


@pytest.mark.parametrize("quadratic", [False, True])
def test_inverted_element_is_named_with_its_place(quadratic: bool) -> None:
    mesh = meshes.box((2, 2, 2), (10.0, 10.0, 10.0), quadratic=quadratic)
    tets = mesh.tets.copy()
    order = [0, 2, 1, 3, 6, 5, 4, 7, 9, 8] if quadratic else [0, 2, 1, 3]
    tets[5] = tets[5, order]
    center = mesh.points[tets[5, :4]].mean(axis=0)
    with pytest.raises(GeometryError, match=rf"1 of 48 elements are inverted.*\({center[0]:.1f}"):
        Elasticity(
            replace(mesh, tets=tets), uniform(mesh, 1.0, 0.3), (held("bottom", mesh.points[:, 2] < 1e-9),)
        )


def test_numbers_that_do_not_fit() -> None:
    with pytest.raises(GeometryError, match="no elements"):
        Elasticity(replace(MESH, tets=MESH.tets[:0]), MATERIAL, BOTTOM)
    with pytest.raises(GeometryError, match="does not exist"):
        Elasticity(replace(MESH, tets=MESH.tets + 1), MATERIAL, BOTTOM)
    with pytest.raises(UserError, match="“far” names nodes"):
        Elasticity(MESH, MATERIAL, (Support("far", np.array([10**6], np.int32)),))
    with pytest.raises(UserError, match="There is no solver"):
        Elasticity(MESH, MATERIAL, BOTTOM, solver="magic")


def test_forces_that_cannot_be_borne() -> None:
    loose = replace(MESH, points=np.vstack([MESH.points, [[50.0, 0.0, 0.0]]]))
    system = Elasticity(loose, MATERIAL, BOTTOM)
    forces = np.zeros((1, len(loose.points), 3))
    forces[0, -1, 0] = 1.0
    with pytest.raises(UserError, match="belongs to no element"):
        system.solve(forces)
    forces[0, -1, 0] = np.nan
    with pytest.raises(UserError, match="not numbers"):
        system.solve(forces)
    with pytest.raises(UserError, match="do not fit"):
        system.solve(forces[0])
