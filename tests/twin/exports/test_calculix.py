"""The CalculiX deck: what it says, and that CalculiX finds what our solver finds."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from physics.elasticity import Elasticity, unit_forces
from physics.verify import meshes
from twin.domain import Attachment, Identity, Material, Model, Support, UnitLoad
from twin.errors import UserError
from twin.exports.calculix import binned, write


def small_model(quadratic: bool) -> Model:
    """A bent bar of 3 × 3 × 12 cells whose modulus runs from 300 to 17,000 MPa."""
    mesh = meshes.box((3, 3, 12), (12.0, 10.0, 60.0), quadratic=quadratic, jitter=0.2)
    center = mesh.points[mesh.tets[:, :4]].mean(axis=1)
    young = 300.0 * (17000.0 / 300.0) ** (center[:, 0] / 12.0)
    none = np.full(len(young), np.nan)
    material = Material(young, np.full(len(young), 0.3), none, none, source="made for a test")
    top = np.flatnonzero(mesh.points[:, 2] > 60.0 - 1e-9).astype(np.int32)
    side = np.flatnonzero(mesh.points[:, 0] < 1e-9).astype(np.int32)
    attachments = tuple(
        Attachment(name, nodes, np.full(len(nodes), 1.0 / len(nodes)), mesh.points[nodes].mean(axis=0))
        for name, nodes in (("hip", top), ("abductors", side))
    )
    loads = tuple(
        UnitLoad(f"{name} {axis}", number, np.eye(3)[component])
        for number, name in enumerate(("hip", "abductors"))
        for component, axis in enumerate("xyz")
    )
    cases = {
        "walking": {
            "hip x": -0.54,
            "hip y": -0.328,
            "hip z": -2.292,
            "abductors x": 0.58,
            "abductors z": 0.865,
        },
        "stairs up": {"hip x": -0.593, "hip y": -0.606, "hip z": -2.363},
    }
    bottom = np.flatnonzero(mesh.points[:, 2] < 1e-9).astype(np.int32)
    return Model(
        mesh, material, (Support("distal cut", bottom),), attachments, loads, cases, 700.0,
        structure="left femur", term="femur", side="left",
        identity=Identity(patient_name="DOE^JANE", patient_id="PID-4711", birth_date="1950-01-01"),
        omitted=("vastus lateralis: outside the scan",),
    )  # fmt: skip


def displacements(frd: Path, nodes: int) -> list[np.ndarray]:
    """Read the displacements of every step from CalculiX's result file."""
    steps, reading = [], False
    for line in frd.read_text().splitlines():
        if line.startswith(" -4  DISP"):
            reading = True
            steps.append(np.zeros((nodes, 3)))
        elif line.startswith(" -3"):
            reading = False
        elif reading and line.startswith(" -1"):
            steps[-1][int(line[3:13]) - 1] = [float(line[13 + 12 * i : 25 + 12 * i]) for i in range(3)]
    return steps


@pytest.mark.skipif(shutil.which("ccx") is None, reason="CalculiX (ccx) is not installed")
@pytest.mark.parametrize("quadratic", [False, True])
def test_calculix_finds_the_same_displacements(tmp_path: Path, quadratic: bool) -> None:
    model = small_model(quadratic)
    write(model, tmp_path / "bar.inp")
    subprocess.run(["ccx", "bar"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    theirs = displacements(tmp_path / "bar.frd", len(model.mesh.points))
    assert len(theirs) == 2

    system = Elasticity(model.mesh, binned(model.material), model.supports)
    unit = dict(zip([load.name for load in model.loads], system.solve(unit_forces(model)), strict=True))
    for found, case in zip(theirs, model.cases.values(), strict=True):
        ours = sum(700.0 * factor * unit[name] for name, factor in case.items())
        size, largest = np.linalg.norm(ours, axis=1), np.linalg.norm(found, axis=1).max()
        # orthopaedics.md: maximum within 0.1 %, nodal values within 0.5 % of it; the file has six digits.
        assert size.max() == pytest.approx(largest, rel=1e-4)
        assert np.abs(ours - found).max() < 1e-4 * largest


def test_deck_says_space_units_side_and_not_who(tmp_path: Path) -> None:
    write(small_model(False), tmp_path / "bar.inp")
    text = (tmp_path / "bar.inp").read_text()
    for words in (
        "LPS",
        "mm, N, MPa",
        "left femur",
        "side: left",
        "walking",
        "stairs up",
        "vastus lateralis",
    ):
        assert words in text
    for secret in ("DOE", "JANE", "PID-4711", "1950-01-01"):
        assert secret not in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("**")) <= 132


def test_coordinates_keep_twelve_digits_in_twenty_characters(tmp_path: Path) -> None:
    model = small_model(False)
    points = model.mesh.points - [1234.567891234, 0.0, 0.000123456789123]
    write(replace(model, mesh=replace(model.mesh, points=points)), tmp_path / "bar.inp")
    lines = (tmp_path / "bar.inp").read_text().split("NSET=NALL\n")[1].split("*")[0].splitlines()
    read = np.array([[float(word) for word in line.split(",")[1:]] for line in lines])
    np.testing.assert_allclose(read, points, rtol=1e-11, atol=1e-13)
    assert max(len(word.strip()) for line in lines for word in line.split(",")) <= 20


def test_moduli_are_gathered_within_one_percent() -> None:
    rng = np.random.default_rng(0)
    young = np.exp(rng.uniform(np.log(10), np.log(22000), 5000))
    young[:100] = 110000.0
    none = np.full(5000, np.nan)
    coarse = binned(Material(young, np.full(5000, 0.3), none, none)).young_mpa
    assert np.abs(coarse / young - 1).max() <= 0.01
    # ln(2200) / ln(1.01) = 773.5 steps between 10 MPa and 22 GPa, and the metal's.
    assert len(np.unique(coarse)) <= 776
    assert np.all(coarse[:100] == 110000.0)


def test_unknown_load_is_refused(tmp_path: Path) -> None:
    model = replace(small_model(False), cases={"walking": {"psoas x": 1.0}})
    with pytest.raises(UserError, match="psoas x"):
        write(model, tmp_path / "bar.inp")
    assert not (tmp_path / "bar.inp").exists()
