from dataclasses import replace

import numpy as np
import pytest

from physics.elasticity import unit_forces
from physics.femur.attach import mid_edge_nodes, spread
from physics.femur.forces import case_forces, turn_about
from physics.femur.frame import patient_frame
from physics.results_average import element_centers
from resources.loads import hip_load_cases
from tests.physics.boxes import box_mesh
from tests.physics.femur.femora import MIRROR, landmarks_of, mirrored, model_of
from twin.domain import Identity, Patch
from twin.errors import GeometryError, UserError


@pytest.fixture(scope="module")
def model(femur, landmarks):
    return model_of(femur, landmarks)


def _force(model, case, name):
    """Force of one attachment, LPS, newtons per newton of body weight."""
    return sum(
        model.cases[case][load.name] * load.direction
        for load in model.loads
        if load.name.startswith(f"{name} ") and load.name in model.cases[case]
    )


@pytest.mark.parametrize(("side", "sign"), [("right", 1), ("left", -1)])
def test_patient_aligned_femur_takes_lps_components_of_the_table(side, sign):
    # orthopaedics.md: (Fx, −Fy, Fz) on the right and (−Fx, −Fy, Fz) on the left.
    axes = patient_frame(np.array([0.0, 0, 1]), side)
    for case in hip_load_cases().values():
        x, y, z = case.forces["hip"]
        np.testing.assert_allclose(100 * case_forces(case)["hip"] @ axes, [sign * x, -y, z], atol=1e-9)


def test_fifteen_degrees_about_the_shaft():
    # orthopaedics.md: 15° turns walking's (−54, −33) into (−44, −46).
    turned = turn_about(0, 0, 15) @ [-54.0, -33.0, -229.2]
    np.testing.assert_allclose(np.rint(turned[:2]), [-44, -46])


def test_hip_force_and_its_patch(model, landmarks):
    force = landmarks.axes @ _force(model, "walking", "hip")
    np.testing.assert_allclose(force, [-0.54, -0.328, -2.292], atol=1e-12)
    assert (force < 0).all()  # lateral, posterior, distal
    hip = model.attachments[0]
    head = landmarks.points["head center"]
    distance = np.linalg.norm(model.mesh.points[hip.nodes] - head.point, axis=1)
    np.testing.assert_allclose(distance, head.radius_mm, atol=0.1 * head.radius_mm)
    # The force points from its patch to the head's center: no moment about it beyond 1.5 mm of lever.
    lever = np.cross(hip.center - head.point, _force(model, "walking", "hip"))
    assert np.linalg.norm(lever) / np.linalg.norm(force) < 1.5


def test_unit_loads_are_one_newton(model):
    forces = unit_forces(model)
    for force, load in zip(forces, model.loads, strict=True):
        np.testing.assert_allclose(force.sum(axis=0), load.direction, atol=1e-12)
    held = model.supports[0].nodes
    assert not forces[:, held].any()


def test_total_of_walking_and_stairs(model, landmarks):
    for name, case in hip_load_cases().items():
        total = sum(f * load.direction for load in model.loads if (f := model.cases[name].get(load.name)))
        by_hand = np.sum([np.array(force) for force in case.forces.values()], axis=0) / 100
        np.testing.assert_allclose(landmarks.axes @ total, by_hand, atol=1e-12)


def test_muscles_lie_where_they_should(model, landmarks):
    local = {
        a.name: landmarks.axes @ (a.center - landmarks.points["head center"].point) for a in model.attachments
    }
    lesser = landmarks.axes @ (
        landmarks.points["lesser trochanter"].point - landmarks.points["head center"].point
    )
    assert local["abductors"][0] < -40
    assert local["fascia lata"][2] < local["abductors"][2]
    assert local["vastus lateralis"][0] < local["vastus medialis"][0]
    assert local["vastus lateralis"][2] == pytest.approx(lesser[2], abs=6)
    assert local["vastus medialis"][2] < lesser[2]


def test_distal_end_is_held_and_does_not_count(model, landmarks):
    nodes = model.mesh.points[model.supports[0].nodes]
    assert np.ptp(nodes @ landmarks.axes[2]) < 12  # the scan's plane, seen from the tilted shaft
    centers = element_centers(model.mesh) @ landmarks.axes[2]
    top = (nodes @ landmarks.axes[2]).max()
    # Shaft of 27 mm: two diameters are 54 mm.
    assert model.exclude[centers < top + 50].all()
    assert not model.exclude.all()


def test_material_and_notes(model):
    assert model.body_weight_n == pytest.approx(75 * 9.81)
    assert "body weight 75 kg assumed" in model.notes
    assert any("from memory" in note for note in model.notes)
    assert not any("frame of reference" in note for note in model.notes)
    shaft = model.mesh.points[model.mesh.tets].mean(axis=1)[:, 2] < -930
    # Cortex at 1500 HU is capped at 1.88 g/cm³, 17.5 GPa; with canal inside, 5 mm elements lie below.
    assert 5000 < np.median(model.material.young_mpa[shaft]) < 18000


def test_what_names_no_space_is_said_to_be_taken_as_one(femur, landmarks):
    nowhere = {"frame_of_reference": ""}
    silent = replace(femur, mesh=replace(femur.mesh, **nowhere), volume=replace(femur.volume, **nowhere))
    notes = model_of(silent, replace(landmarks, **nowhere)).notes
    assert any(note.startswith("neither the mesh nor the CT names its frame of reference") for note in notes)


def test_scan_that_ends_early_leaves_out_muscles(femur, landmarks):
    height = femur.mesh.points @ landmarks.axes[2]
    lesser = float(landmarks.points["lesser trochanter"].point @ landmarks.axes[2])
    model = model_of(femur, landmarks, fixed_length_mm=lesser - 20 - height.min())
    assert [a.name for a in model.attachments] == ["hip", "abductors", "fascia lata", "vastus lateralis"]
    assert len(model.omitted) == 1
    assert "vastus medialis: left out" in model.omitted[0]
    assert not any(name.startswith("vastus medialis") for name in model.cases["stairs up"])
    with pytest.raises(GeometryError, match="neck or the head"):
        model_of(femur, landmarks, fixed_length_mm=150.0)


def test_turned_by_hand(femur, landmarks, model):
    turned = model_of(femur, landmarks, turn_about_y_deg=10.0)
    before, after = (_force(m, "walking", "hip") for m in (model, turned))
    assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before))
    moved = turned.attachments[0].center - landmarks.points["head center"].point
    angle = np.degrees(np.arccos(-moved @ after / np.linalg.norm(moved) / np.linalg.norm(after)))
    assert angle < 4
    np.testing.assert_allclose(
        _force(turned, "walking", "abductors"), _force(model, "walking", "abductors"), atol=1e-12
    )


def test_mirrored_femur_has_mirrored_loads(femur, model):
    other = model_of(mirrored(femur))
    assert other.side == "right"
    assert [load.name for load in other.loads] == [load.name for load in model.loads]
    assert other.cases == model.cases
    np.testing.assert_allclose(unit_forces(other), unit_forces(model) * MIRROR, atol=1e-9)
    np.testing.assert_allclose(other.material.young_mpa, model.material.young_mpa, rtol=1e-4)
    np.testing.assert_array_equal(other.exclude, model.exclude)


def test_refuses_what_does_not_belong_together(femur, landmarks):
    elsewhere = replace(femur, volume=replace(femur.volume, frame_of_reference="9.9"))
    with pytest.raises(UserError, match="do not lie in one space"):
        model_of(elsewhere, landmarks)
    with pytest.raises(UserError, match="do not lie in one space"):
        model_of(femur, replace(landmarks, frame_of_reference=""))
    with pytest.raises(UserError, match="patient “B”"):
        model_of(replace(femur, volume=replace(femur.volume, identity=Identity(patient_id="B"))), landmarks)
    with pytest.raises(UserError, match="landmarks are of"):
        model_of(femur, replace(landmarks, side="right", structure="right femur"))
    with pytest.raises(UserError, match="phantom"):
        model_of(femur, landmarks, calibration="phantom")


def test_whole_femur_is_held_by_its_distal_end(whole):
    from tests.physics.femur.femora import Femur, tetrahedra

    surface, _ = whole
    import pyvista as pv

    faces = np.column_stack([np.full(len(surface.triangles), 3), surface.triangles])
    mesh = tetrahedra(pv.PolyData(surface.points, faces), 9.0, "right")
    mesh = replace(mesh, patches=(Patch("outer", np.concatenate([p.triangles for p in mesh.patches])),))
    low = surface.points.min(axis=0) - 10
    counts = np.ceil((surface.points.max(axis=0) + 10 - low) / 4).astype(int)
    from twin.domain import Volume

    affine = np.diag([4.0, 4, 4, 1])
    affine[:3, 3] = low
    scan = Volume(
        np.full(counts[::-1], 900, np.int16), affine, "CT", unit="HU", frame_of_reference="1.2.3", kvp=120.0
    )
    model = model_of(Femur(surface, mesh, scan), landmarks_of(surface))
    held = mesh.points[model.supports[0].nodes]
    assert np.ptp(held[:, 2]) == pytest.approx(30, abs=5)
    assert model.omitted == ()
    assert model.supports[0].name == "distal 30 mm"


def test_pressure_is_spread_as_the_elements_take_it():
    mesh = box_mesh((10, 10, 10), 2)
    top = mesh.patch("outer").triangles
    top = top[(mesh.points[top][:, :, 2] > 9.9).all(axis=1)]
    nodes, weights = spread(mesh, top, lambda points: np.ones(points.shape[:-1]))
    assert weights.sum() == pytest.approx(1)
    # A uniform pressure acts at the middle of the face.
    np.testing.assert_allclose(weights @ mesh.points[nodes], [5, 5, 10])


def test_mid_edge_nodes():
    from tests.physics.boxes import quadratic

    mesh = quadratic(box_mesh((10, 10, 10), 2))
    faces = mesh.patch("outer").triangles
    middle = mid_edge_nodes(mesh, faces)
    corners = mesh.points[faces]
    np.testing.assert_allclose(mesh.points[middle], (corners + np.roll(corners, -1, axis=1)) / 2)
    nodes, weights = spread(mesh, faces, lambda points: np.ones(points.shape[:-1]))
    assert set(nodes) == set(middle.ravel())
    assert weights.sum() == pytest.approx(1)
