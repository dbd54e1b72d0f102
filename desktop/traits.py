"""What hanging protocols and priors want to know of an image, from its entry alone: no voxel is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.session import identity_of
from resources.body_parts import parts_in, parts_of
from resources.hanging import UNKNOWN, Traits, is_sharp

if TYPE_CHECKING:
    from twin.record import Entry


def traits_of(entry: Entry) -> Traits:
    """Return of what kind an image is."""
    tree, identity = entry.tree, identity_of(entry)
    shape = tree["voxels"]["shape"]
    stated = parts_of(identity.body_part)
    said = parts_in(identity.series_description) or parts_in(identity.study_description)
    return Traits(
        modality=str(tree.get("modality", "")),
        unit=str(tree.get("unit", "")),
        parts=stated or said or (UNKNOWN,),
        stated=bool(stated),
        sharp=is_sharp(str(tree.get("kernel") or "")),
        plane=shape[-3] == 1,
        moving=len(shape) == 4,
        contrast=bool(tree.get("contrast_agent")),
    )


def kind_words(image: Traits) -> str:
    """Name the kind of an image: “CT hip, sharp kernel”."""
    part = ", ".join(image.parts) if image.parts != (UNKNOWN,) else "of an unknown part"
    kernel = {True: ", sharp kernel", False: ", smooth kernel", None: ""}[image.sharp]
    one = ", single plane" if image.plane else ""
    return f"{image.modality or 'image'} {part}{kernel}{one}{', with time' if image.moving else ''}"


def part_source(image: Traits) -> str:
    """Say where the body part comes from."""
    if image.parts == (UNKNOWN,):
        return "the file names no body part that is known here"
    parts = " and ".join(image.parts)
    return f"the file says: {parts}" if image.stated else f"by its description: {parts}"
