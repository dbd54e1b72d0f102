"""Boundary and cut of a tetrahedral mesh."""

import numpy as np
import pytest

from tests.viewers.phantoms import box_mesh
from twin.domain import TetMesh
from viewers.shell import NodeAverage, cut_of, shell_of, vertex_normals


def area_and_flux(points, triangles):
    a, b, c = (points[triangles[:, n]] for n in range(3))
    cross = np.cross(b - a, c - a)
    return np.linalg.norm(cross, axis=1).sum() / 2, np.einsum("ij,ij->", a, cross) / 6


def quadratic(mesh):
    """The same mesh with mid-edge nodes."""
    pairs = [(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)]
    edges = np.sort(np.concatenate([mesh.tets[:, pair] for pair in pairs]), axis=1)
    unique, number = np.unique(edges, axis=0, return_inverse=True)
    middles = number.reshape(6, -1).T + len(mesh.points)
    points = np.concatenate([mesh.points, mesh.points[unique].mean(axis=1)])
    return TetMesh(points, np.concatenate([mesh.tets, middles], axis=1).astype(np.int32), mesh.regions)


@pytest.mark.parametrize("make", [lambda m: m, quadratic])
def test_shell_of_a_box_is_the_box(make):
    mesh = make(box_mesh((3, 4, 5), 50.0))
    shell = shell_of(mesh)
    area, volume = area_and_flux(mesh.points, shell.triangles)
    # 30 × 40 × 50 mm: area 2 (1200 + 1500 + 2000), volume 60,000, positive since outward.
    assert area == pytest.approx(9400)
    assert volume == pytest.approx(60_000)
    # Each triangle's corners belong to its element.
    for triangle, element in zip(shell.triangles, shell.element, strict=True):
        assert set(triangle) <= set(mesh.tets[element])


def test_shell_of_four_node_elements_has_two_triangles_a_square():
    assert len(shell_of(box_mesh((3, 4, 5))).triangles) == 2 * 2 * (12 + 15 + 20)


@pytest.mark.parametrize("normal", [(0, 0, 1.0), (1.0, 1.0, 1.0), (0.3, -0.8, 0.2)])
def test_cut_face_has_the_area_of_the_section_and_faces_the_normal(normal):
    mesh = box_mesh((4, 4, 4), 40.0)
    normal = np.array(normal) / np.linalg.norm(normal)
    origin = np.array([0.3, 0.2, 0.1])
    cut = cut_of(mesh, origin, normal)
    points = cut.at_points(mesh.points)
    assert np.abs((points - origin) @ normal).max() < 1e-6
    a, b, c = (points[cut.triangles[:, n]] for n in range(3))
    cross = np.cross(b - a, c - a)
    assert (cross @ normal > -1e-9).all()
    # A cube's section: by slicing the volume (thin slab of 0.02 mm, counted on a fine grid of lines).
    grid = (np.arange(400) + 0.5) / 400 * 80 - 40
    side = np.linalg.svd(normal[None])[2][1:]
    u, v = np.meshgrid(grid, grid)
    places = origin + u[..., None] * side[0] + v[..., None] * side[1]
    section = (np.abs(places) < 20).all(axis=-1).mean() * 80 * 80
    assert (cross @ normal).sum() / 2 == pytest.approx(section, rel=0.01)


def test_linear_field_is_exact_on_the_cut():
    mesh = box_mesh((3, 3, 3))
    slope = np.array([1.0, -2.0, 0.5])
    cut = cut_of(mesh, np.array([1.0, 2.0, 3.0]), np.array([0.6, 0.8, 0.0]))
    assert np.allclose(cut.at_points(mesh.points @ slope), cut.at_points(mesh.points) @ slope)


def test_element_values_are_averaged_to_nodes_and_nan_is_left_out():
    mesh = box_mesh((2, 2, 2))
    values = np.full(len(mesh.tets), 7.0)
    values[3] = np.nan
    nodes = np.array([0, 5, 13, 26])
    average = NodeAverage(mesh, nodes)
    assert (average(values) == 7.0).all()
    values[:] = np.arange(len(values))
    by_hand = [np.flatnonzero((mesh.tets == node).any(axis=1)).mean() for node in nodes]
    assert np.allclose(average(values), by_hand)
    assert np.isnan(average(np.full(len(values), np.nan))).all()


def test_normals_of_a_box_point_outward():
    mesh = box_mesh((2, 2, 2))
    shell = shell_of(mesh)
    normals = vertex_normals(mesh.points, shell.triangles)
    face = np.flatnonzero((mesh.points[:, 0] == 20) & (np.abs(mesh.points[:, 1:]) < 20).all(axis=1))
    assert np.allclose(normals[face], [1, 0, 0])
