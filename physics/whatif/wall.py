"""What is done to a ventricle's wall: an infarct, a scar or a patch, and another activation."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.activation.rhythm import RHYTHMS, Rhythm, Site, activation_of
from physics.cardiac import Held, Ventricle
from physics.cardiac.pump import shortening_of
from physics.cardiac.staggered import Staggered
from physics.cardiac.tension import Tension
from physics.heart import coordinates
from physics.heart.segments import NAMES
from physics.heart_steps import OWN_RHYTHM, BeatParams
from physics.personal.kept import ventricle_of
from twin.domain import Heart, TetMesh
from twin.errors import UserError

MS_PER_S = 1000.0
_STIFFER = 1.6
"""Factor by which a region is made stiffer at a time: from each step's rest to the next one's."""

LIMITS = (
    "the fitted beat, all of whose fibers pull at once, stands for normal conduction: another rhythm delays "
    "each place by as much as activation reaches it later than in normal conduction",
    "lead and block as in hearts in general: no recording of this patient's activation is in it",
    "what speed takes from tension goes by the whole wall, not place by place: muscle that shortens against "
    "little loses none of its own, so that block costs less volume than in patients, and pacing gains less",
)


@dataclass(frozen=True, eq=False)
class Wall:
    """A ventricle as it has become.

    Attributes
    ----------
    ventricle : Ventricle
    rest : Held
        Without tension, as it was imaged.
    tension : callable
        What ``beat`` is to be given.
    course : callable
        Of the whole wall's mean: what a chart of the wall as it was is first asked with.
    """

    ventricle: Ventricle
    rest: Held
    tension: Tension
    course: Tension


def wall_of(heart: Heart, asked: BeatParams, twitch: Tension, beat_s: float) -> Wall:
    """Return a heart's wall with what is asked for done to it.

    Raises
    ------
    UserError
        Segments that the wall does not have; no fibers along which activation spreads.
    """
    ventricle, rest = ventricle_of(heart, asked.stiffness_percent / 100.0)
    infarct, body = infarcted(heart.mesh, asked.infarct_segments), ventricle.body
    factor = asked.infarct_stiffness_percent / 100.0
    if infarct.any() and factor != 1.0:
        rest = _stiffened(ventricle, rest, infarct, factor)
    living = np.ones(len(infarct)) if heart.mesh.living is None else heart.mesh.living
    activity = living * np.where(infarct, 1.0 - asked.infarct_percent / 100.0, 1.0)
    share = float(body.volumes_mm3 @ activity / (body.volumes_mm3 @ living))
    across, lengthening, slowed = heart.across, heart.lengthening, shortening_of(heart)
    if asked.rhythm == OWN_RHYTHM:
        made = Ventricle(body, activity, across=across, lengthening=lengthening, shortening=slowed)
        return Wall(made, made.resting(rest.state), twitch, lambda times: share * twitch(times))
    delays = delays_s(heart.mesh, asked)
    late = Staggered(
        body, twitch, delays, beat_s, activity, across=across, lengthening=lengthening, shortening=slowed
    )
    mean = late.mean_tension
    return Wall(late, late.resting(rest.state), mean, lambda times: share * mean(times))


def infarcted(mesh: TetMesh, numbers: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which elements (m,) lie in AHA segments, by their numbers.

    Raises
    ------
    UserError
        A segment that the mesh does not have.
    """
    found = np.zeros(len(mesh.tets), bool)
    for number in numbers:
        name = NAMES[number - 1]
        if name not in mesh.region_names:
            raise UserError(
                f"This wall's segment {number} ({name}) is not told: the images did not show the right "
                "ventricle, from which segments are counted.",
                "Ask for what changes the whole wall (contractility, stiffness); or take a heart of cine MR.",
            )
        found |= mesh.regions == mesh.region_names.index(name)
    return found


def delays_s(mesh: TetMesh, asked: BeatParams) -> NDArray[np.float64]:
    """Return by how much later than in normal conduction activation reaches each element (m,), s.

    Raises
    ------
    UserError
        No fibers, or no septum.
    """
    return (activated_ms(mesh, rhythm_of(asked)) - activated_ms(mesh)) / MS_PER_S


def activated_ms(mesh: TetMesh, rhythm: Rhythm = RHYTHMS["normal"]) -> NDArray[np.float64]:
    """Return when activation reaches each element (m,), ms.

    Raises
    ------
    UserError
        No fibers, or no septum.
    """
    count = int(mesh.tets[:, :4].max()) + 1
    corners = replace(mesh, tets=mesh.tets[:, :4], points=mesh.points[:count])
    return activation_of(corners, coordinates(corners), septum_of(mesh), rhythm).element_ms


def rhythm_of(asked: BeatParams) -> Rhythm:
    """Return what is asked for, its lead (the last of the sites) where it is asked to lie."""
    rhythm = RHYTHMS[asked.rhythm]
    if asked.rhythm != "resynchronized":
        return rhythm
    lead = Site("epi", asked.lead_angle_deg, asked.lead_height)
    return replace(rhythm, sites=(*rhythm.sites[:-1], lead))


def septum_of(mesh: TetMesh) -> NDArray[np.float64]:
    """Return the septum's middle, LPS mm."""
    here = infarcted(mesh, (8, 9))
    middle: NDArray[np.float64] = mesh.points[mesh.tets[here, :4]].mean(axis=(0, 1))
    return middle


def _stiffened(ventricle: Ventricle, rest: Held, here: NDArray[np.bool_], factor: float) -> Held:
    """Make a region ``factor`` times as stiff, step by step, and return where the wall then rests."""
    body = ventricle.body
    scales = np.ix_(np.flatnonzero(here), np.array(body.law.stress_scales))
    steps = max(int(np.ceil(abs(np.log(factor)) / np.log(_STIFFER))), 1)
    for _ in range(steps):
        body.numbers[scales] *= factor ** (1.0 / steps)
        rest = ventricle.resting(rest.state)
    return rest
