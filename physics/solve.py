"""Step ``physics.solve``: displacements, strains and stresses of a linear elastic model."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from resources.bone_laws import FROM_MEMORY
from twin.domain import Field, Model, Number, Result
from twin.errors import UserError
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step

if TYPE_CHECKING:
    from physics.elasticity import Elasticity
    from physics.results_measure import Headline, Measure

DENSITY_DOUBT = 0.20
"""Doubt in density where the CT had no phantom."""


@dataclass(frozen=True)
class SolveParams:
    """How a model is solved."""

    intervals: bool = param(
        True,
        help="Find the headline numbers' intervals: calibration, load direction, mesh.",
        title="With intervals",
    )
    solver: Literal["auto", "pardiso", "amg"] = param(
        "auto", help="Solver; auto takes the fastest one here for the size.", advanced=True
    )


@step("physics.solve", version=1, title="Solve", makes=("result",))
def solve(model: Model, params: SolveParams, progress: Progress) -> Made:
    """Solve every unit load once; load cases are their sums, at any body weight.

    Raises
    ------
    UserError
        Where the model has no loads, or the solver cannot solve it.
    """
    from physics.elasticity import Elasticity, strain, stress, unit_forces

    if not model.loads:
        raise UserError("The model has no loads.", "Make the model again.")
    system = Elasticity(
        model.mesh, model.material, model.supports, solver=params.solver, progress=progress.between(0, 0.3)
    )
    forces = unit_forces(model)
    displacement = system.solve(forces, progress=progress.between(0.3, 0.5))
    seconds, residual, iterations = dict(system.seconds), system.residual, system.iterations
    progress(0.5, "strains and stresses")
    strains = strain(model.mesh, displacement)
    stresses = stress(model.mesh, model.material, strains).astype(np.float32)
    result = Result(
        mesh=model.mesh,
        fields=(
            Field("displacement", "mm/N", "node", displacement.astype(np.float32)),
            Field("strain", "1/N", "element", strains.astype(np.float32)),
            Field("stress", "MPa/N", "element", stresses),
        ),
        numbers=(),
        loads=tuple(load.name for load in model.loads),
        cases=model.cases,
        body_weight_n=model.body_weight_n,
        exclude=model.exclude,
        yield_strain_tension=model.material.yield_strain_tension,
        yield_strain_compression=model.material.yield_strain_compression,
        solver=f"{system.solver_name}, relative residual {residual:.1e}",
        limits=_limits(model),
        structure=model.structure,
        term=model.term,
        side=model.side,
        frame_of_reference=model.frame_of_reference,
        identity=model.identity,
        notes=model.notes,
    )
    numbers, why = _numbers(model, result, system, params.intervals, progress.between(0.6, 1.0))
    missing = (f"the intervals are missing: {why}",) if why else ()
    summary = _summary(numbers) | {
        "unit_loads": len(model.loads),
        "unknowns": int(3 * len(model.mesh.points)),
        "solver": system.solver_name,
        "relative_residual": residual,
        "iterations": iterations,
    }
    summary |= {f"seconds_{name}": round(value, 3) for name, value in seconds.items()}
    summary |= {"intervals_missing": why} if why else {}
    progress(1.0, "done")
    return Made(
        {"result": replace(result, numbers=numbers, limits=(*missing, *result.limits))},
        summary,
        {"result": f"{model.structure or 'bone'} stresses"},
    )


def _limits(model: Model) -> tuple[str, ...]:
    cases = " and ".join(model.cases) or "no load case"
    said = [
        f"{cases} only, no fall, no fatigue",
        "small strains, linear elastic and isotropic: no yielding, no damage",
    ]
    if len(model.cases) > 1:
        said.append("the hip's contact area lies as walking presses it, in the other cases too")
    if model.material.density_g_cm3 is not None:
        # Measured on the phantom of tests/physics/bone_material, 0.8 mm voxels, 2 mm elements.
        said.append(
            "cortex thinner than two voxels comes out too soft (on a phantom by 38 % at 1.2 mm, "
            "the whole bone by 15 %); the intervals do not hold that"
        )
    if not model.material.calibrated:
        said.append("uncalibrated CT: density ±20 %")
    if model.landmarks is not None and model.landmarks.assumed:
        said.append(f"rotation about the shaft: {model.landmarks.rotation_source}")
    said += [note for note in model.notes if FROM_MEMORY in note]
    return tuple(said) + model.omitted


def _numbers(
    model: Model, result: Result, system: "Elasticity", intervals: bool, progress: Progress
) -> tuple[tuple[Number, ...], str]:
    """Return the headline numbers, and why they have no intervals where these were asked for.

    An interval that lacks a cause would be too narrow: where one cannot be found there is none.
    """
    from physics.recombine import sum_of_loads
    from physics.results_measure import Measure, numbers_of

    measure = Measure(model)
    factors = {
        case: model.body_weight_n * np.array([parts.get(load.name, 0.0) for load in model.loads])
        for case, parts in model.cases.items()
    }
    found = {case: _at_factors(measure, result, f) for case, f in factors.items()}
    causes: dict[str, dict[str, list[Headline]]] = {case: {} for case in factors}
    why = ""
    if intervals:
        progress(0.2, "interval by load direction")
        for case, f in factors.items():
            causes[case] |= _direction_causes(measure, result, f)
            strain = sum_of_loads(result.field("strain").values, f)
            causes[case]["mesh (recovered strains)"] = measure.mesh_bounds(strain, found[case])
        try:
            for case, headlines in _calibration_cause(measure, system, factors, progress).items():
                causes[case]["density calibration ±20 %"] = headlines
        except (UserError, MemoryError) as error:  # what was solved stands without it
            causes = {case: {} for case in factors}
            why = "with density changed by 20 % the model could not be solved"
            why += f" ({getattr(error, 'message', '') or 'out of memory'})".replace(".)", ")")
    every = (n for case in factors for n in numbers_of(model, measure, case, found[case], causes[case]))
    return tuple(every), why


def _at_factors(measure: "Measure", result: Result, factors: NDArray[np.float64]) -> "Headline":
    from physics.recombine import sum_of_loads

    strain = sum_of_loads(result.field("strain").values, factors)
    moved = sum_of_loads(result.field("displacement").values, factors)
    return measure.headline(strain, moved, measure.model.material)


def _direction_causes(
    measure: "Measure", result: Result, factors: NDArray[np.float64]
) -> "dict[str, list[Headline]]":
    """Turn the loads about the shaft by ±15°: all of them where the frame's rotation is assumed."""
    from physics.results_measure import SWEEP_DEG, turned_factors

    model = measure.model
    if model.landmarks is None:
        return {}
    assumed = model.landmarks.assumed
    only = None if assumed else "hip"
    what = "assumed rotation about the shaft" if assumed else "hip force direction about the shaft"
    turned = [turned_factors(model, factors, angle, only) for angle in (-SWEEP_DEG, SWEEP_DEG)]
    return {f"{what} ±15°": [_at_factors(measure, result, f) for f in turned]}


def _calibration_cause(
    measure: "Measure", system: "Elasticity", factors: dict[str, NDArray[np.float64]], progress: Progress
) -> "dict[str, list[Headline]]":
    """Solve the cases again with density at 0.8 and 1.2 of itself."""
    from physics.bone_material.material import rescaled
    from physics.elasticity import strain, unit_forces

    model = measure.model
    causes: dict[str, list[Headline]] = {case: [] for case in factors}
    if model.material.calibrated or rescaled(model.material, 1.0) is None:
        return {}
    forces = np.einsum("cl,lnk->cnk", np.array(list(factors.values())), unit_forces(model))
    for n, factor in enumerate((1 - DENSITY_DOUBT, 1 + DENSITY_DOUBT)):
        part = progress.between(0.4 + 0.3 * n, 0.7 + 0.3 * n)
        part(0.0, f"interval by calibration: density × {factor:g}")
        material = rescaled(model.material, factor)
        assert material is not None
        system.reassemble(material, progress=part.between(0.0, 0.8))
        moved = system.solve(forces, progress=part.between(0.8, 1.0))
        strains = strain(model.mesh, moved).astype(np.float32)
        for case, s, u in zip(factors, strains, moved.astype(np.float32), strict=True):
            causes[case].append(measure.headline(s, u, material))
    return causes


def _summary(numbers: tuple[Number, ...]) -> dict[str, float | str | list]:
    """Name the headline numbers for the log and the command line; without a case, the largest of all."""
    keys = {
        "von Mises stress, 99th percentile": "von_mises_p99_mpa",
        "strain / yield (3 mm average), peak": "strain_ratio_3mm_max",
        "displacement, largest": "max_displacement_mm",
    }
    summary: dict[str, float | str | list] = {}
    for number in numbers:
        case, name = number.name.split(": ")
        key = f"{case.replace(' ', '_')}_{keys[name]}"
        summary[key] = round(number.value, 4)
        if number.low is not None and number.high is not None:
            summary[f"{key}_low"], summary[f"{key}_high"] = round(number.low, 4), round(number.high, 4)
        if number.at is not None:
            summary[f"{key}_at_lps_mm"] = list(number.at)
            summary[f"{key}_mode"] = "tension" if "in tension" in number.remark else "compression"
        summary[keys[name]] = max(float(summary.get(keys[name], 0.0)), round(number.value, 4))  # type: ignore[arg-type]
    return summary
