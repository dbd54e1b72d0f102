"""Models as CalculiX input decks (``.inp``), which Abaqus reads too.

Units mm, N, MPa; coordinates in patient space, LPS. Nothing in the file says who the patient is:
it names the structure and its side only.
"""

from dataclasses import replace
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from twin.domain import Material, Model
from twin.errors import UserError

_STEP = np.log(1.01)
"""Moduli are gathered in steps of 1 %: a card for every element would take the solver minutes to read."""


def binned(material: Material) -> Material:
    """Return the material with moduli gathered in 1 % steps, as the file has them.

    Each element gets the mean modulus of its step, at most 1 % from its own; a modulus that all
    elements of a step share stays as it is. Poisson's ratios are rounded to 0.001.
    """
    step = np.round(np.log(material.young_mpa) / _STEP).astype(np.int64)
    _, bin_of = np.unique(step, return_inverse=True)
    mean = np.bincount(bin_of, material.young_mpa) / np.bincount(bin_of)
    return replace(material, young_mpa=mean[bin_of], poisson=np.round(material.poisson, 3))


def write(model: Model, path: Path) -> None:
    """Write a model: nodes, elements, materials, supports, and each load case as a step.

    Raises
    ------
    UserError
        Elements that CalculiX has no name for; a case that names a load the model does not have.
    """
    if model.mesh.tets.shape[1] not in (4, 10):
        raise UserError(f"Elements with {model.mesh.tets.shape[1]} nodes cannot be written for CalculiX.")
    forces = {case: _nodal_forces(model, case) for case in model.cases}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        _head(file, model)
        _mesh_and_materials(file, model)
        for number, support in enumerate(model.supports, 1):
            name = f"SUPPORT{number}"
            file.write(f"** Support: {support.name}\n*NSET, NSET={name}\n")
            np.savetxt(file, support.nodes + 1, fmt="%d,")
            file.write("*BOUNDARY\n")
            for direction in (d for d in (1, 2, 3) if support.held[d - 1]):
                file.write(f"{name}, {direction}, {direction}\n")
        for case, nodal in forces.items():
            _step(file, model, case, nodal)


def _head(file: TextIO, model: Model) -> None:
    lines = [
        "Vitruvian: linear elastic model. Research software, no medical device.",
        f"Structure: {model.structure or 'unnamed'}; side: {model.side}",
        "Units: mm, N, MPa. Space: patient space LPS (x to the left, y to the back, z to the head)",
        f"Materials: {model.material.source or 'source not stated'}; moduli gathered in 1 % steps",
        f"Calibrated: {'yes' if model.material.calibrated else 'no'}",
        f"Body weight: {model.body_weight_n:.12g} N",
        *(f"Left out: {reason}" for reason in model.omitted),
    ]
    file.writelines(f"** {' '.join(line.split())}\n" for line in lines)


def _mesh_and_materials(file: TextIO, model: Model) -> None:
    mesh, material = model.mesh, binned(model.material)
    count, columns = mesh.tets.shape
    file.write("*NODE, NSET=NALL\n")
    numbered = np.column_stack([np.arange(1, len(mesh.points) + 1), mesh.points])
    np.savetxt(file, numbered, fmt="%d, %.12g, %.12g, %.12g")
    pairs = np.stack([material.young_mpa, material.poisson], axis=1)
    kinds, kind = np.unique(pairs, axis=0, return_inverse=True)
    order = np.argsort(kind.ravel(), kind="stable")
    ends = np.searchsorted(kind.ravel()[order], np.arange(len(kinds) + 1))
    # VTK and CalculiX order the mid-edge nodes alike: 12, 23, 13, 14, 24, 34.
    table = np.column_stack([np.arange(1, count + 1), mesh.tets + 1])
    row = ", ".join(["%d"] * (columns + 1))
    for number in range(len(kinds)):
        file.write(f"*ELEMENT, TYPE=C3D{columns}, ELSET=E{number + 1}\n")
        np.savetxt(file, table[order[ends[number] : ends[number + 1]]], fmt=row)
    for number, (young, poisson) in enumerate(kinds, 1):
        file.write(f"*MATERIAL, NAME=M{number}\n*ELASTIC\n{young:.12g}, {poisson:.12g}\n")
        file.write(f"*SOLID SECTION, ELSET=E{number}, MATERIAL=M{number}\n")


def _nodal_forces(model: Model, case: str) -> NDArray[np.float64]:
    """Return the nodal forces of a load case in N, shape (n, 3)."""
    loads = {load.name: load for load in model.loads}
    forces = np.zeros((len(model.mesh.points), 3))
    for name, factor in model.cases[case].items():
        if name not in loads:
            raise UserError(f"The load case “{case}” names “{name}”, which the model does not have.")
        attachment = model.attachments[loads[name].attachment]
        share = factor * model.body_weight_n * attachment.weights[:, None] * loads[name].direction
        np.add.at(forces, attachment.nodes, share)
    return forces


def _step(file: TextIO, model: Model, case: str, forces: NDArray[np.float64]) -> None:
    parts = ", ".join(f"{name} {factor:+.4g}" for name, factor in model.cases[case].items())
    total = ", ".join(f"{f:.6g}" for f in forces.sum(axis=0))
    file.write(f"** Load case: {case} (N per N of body weight: {parts}); total force {total} N\n")
    file.write("*STEP\n*STATIC\n*CLOAD, OP=NEW\n")
    node, direction = np.nonzero(forces)
    rows = zip(node + 1, direction + 1, forces[node, direction], strict=True)
    file.writelines(f"{n}, {d}, {value:.12g}\n" for n, d, value in rows)
    file.write("*NODE FILE\nU\n*EL FILE\nS, E\n*END STEP\n")
