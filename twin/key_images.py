"""The quick step ``key.mark``: a picture of a volume as a key image; and changing what is noted to one."""

import contextlib
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twin import codec
from twin.domain import KeyImage, ViewState, Volume
from twin.errors import UserError
from twin.measuring.inside import inside_image, voxel_at
from twin.params import param
from twin.progress import Progress
from twin.record import Call, Record
from twin.run import prepare
from twin.steps import Made, step

ROLE = "key image"
STEP = "key.mark"
_AXES = {"axial": (0.0, 0.0, 1.0), "coronal": (0.0, 1.0, 0.0), "sagittal": (1.0, 0.0, 0.0)}
_FLAT = 1.0 - 1e-6
"""Cosine from which a picture lies in the planes of the images themselves: within 0.1°."""


@dataclass(frozen=True)
class MarkParams:
    """Which picture it is."""

    place_mm: tuple[float, float, float] = param(
        help="A place that the picture goes through, LPS: x,y,z.", unit="mm", patient_specific=True
    )
    plane: Literal["axial", "coronal", "sagittal"] = param("axial", help="The view that shows it.")
    text: str = param("", help="What is to be seen there.", patient_specific=True)
    time: int | None = param(
        None,
        help="Moment it is of, counted from 0, where the image has several.",
        low=0,
        patient_specific=True,
    )
    normal: tuple[float, float, float] | None = param(
        None,
        help="Normal of its plane, LPS; empty for the patient's own axis.",
        advanced=True,
        patient_specific=True,
    )
    state: str = param(
        "",
        help="How the views show it, as the window writes it; empty for as they are.",
        advanced=True,
        patient_specific=True,
    )


@step(STEP, version=1, title="Mark key image", quick=True, makes=("key image",))
def mark(volume: Volume, params: MarkParams, progress: Progress) -> Made:
    """Mark a picture of an image as a key image, so that it is found again and shown to others."""
    place = np.array(params.place_mm)
    if not inside_image(volume, place[None]).all():
        raise UserError(
            "The place of this key image lies outside the image.",
            "Click into the image first: the crosshair says where it is.",
        )
    moments = 1 if volume.voxels.ndim == 3 else len(volume.voxels)
    time = params.time if moments > 1 else None
    if moments > 1 and (time is None or time >= moments):
        said = "one of them" if time is None else f"no moment {time}"
        raise UserError(
            f"The image has {moments} moments, and this key image is of {said}.",
            f"Say which: time, 0 to {moments - 1}.",
        )
    normal = np.array(params.normal or _AXES[params.plane], np.float64)
    length = float(np.linalg.norm(normal))
    if not length:
        raise UserError("The normal of this key image is no direction.", "Give three numbers, not all zero.")
    text = " ".join(params.text.split())
    made = KeyImage(
        params.plane, place, normal / length, text, time, _state(params.state), volume.modality,
        frame_of_reference=volume.frame_of_reference, identity=volume.identity,
    )  # fmt: skip
    made = _on_images(made, volume)
    summary = {"images": len(made.image_uids), "reformatted": made.reformatted}
    return Made({ROLE: made}, summary, {ROLE: text[:60] or named(made)})


def named(made: KeyImage) -> str:
    """Return what a key image is called that has no note."""
    return f"{made.plane.capitalize()} key image"


def noted(record: Record, ref: str, text: str) -> Call:
    """Return the call that notes something else to a key image, in its place: undo brings back what was.

    The name stays, unless it is the one that the note gave it.

    Raises
    ------
    UserError
        Where it is no key image, or its image is gone or has changed: nobody has looked at it since.
    """
    entry = record.find(ref)
    made = record.load(entry.id)
    if not isinstance(made, KeyImage):
        raise UserError(f"“{entry.name}” is no key image.")
    if entry.stale:
        raise UserError(
            f"“{entry.name}” is out of date: {entry.stale}.",
            "Make it again (F5), and see whether it still shows what you mean; or delete it.",
        )
    params = {
        "place_mm": tuple(float(x) for x in made.place), "plane": made.plane, "text": text,
        "time": made.time, "normal": tuple(float(x) for x in made.normal),
        "state": "" if made.state is None else codec.as_json(made.state),
    }  # fmt: skip
    image = record.history.entry(entry.made_by).inputs["volume"]["id"]
    call = prepare(record, STEP, {"volume": image}, params, into={ROLE: entry.id})
    own = not entry.name.startswith(made.text[:60] or named(made))
    return replace(call, names={ROLE: entry.name}) if own else call


def _state(text: str) -> ViewState | None:
    if not text:
        return None
    with contextlib.suppress(ValueError):
        state = codec.from_json(text, ViewState)
        if state.sane:
            return state
    raise UserError(
        "How this key image is to be shown cannot be read.", "Leave it out, and it is shown plainly."
    )


def _on_images(made: KeyImage, volume: Volume) -> KeyImage:
    """Name the images that a picture shows: those that a slab gathers, where it lies in their planes."""
    through = np.cross(volume.affine[:3, 0], volume.affine[:3, 1])
    through = through / np.linalg.norm(through)
    flat = abs(float(through @ made.normal)) >= _FLAT
    made = replace(made, reformatted=not flat)
    if not volume.image_uids:
        return made
    k = int(np.rint(voxel_at(volume, made.place[None])[0, 2]))
    reach = _reach(made, abs(float(through @ volume.affine[:3, 2]))) if flat else 0
    first, last = max(k - reach, 0), min(k + reach, len(volume.image_uids) - 1)
    uids = tuple(uid for uid in volume.image_uids[first : last + 1] if uid)
    return replace(made, image_class=volume.image_class, image_uids=uids)


def _reach(made: KeyImage, step_mm: float) -> int:
    """Return how many slices a slab takes in on either side."""
    view = made.state.views.get(made.plane) if made.state is not None else None
    return int(view.slab_mm / 2 / step_mm + 1e-6) if view is not None else 0
