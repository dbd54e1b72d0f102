"""Quick steps on what is in a record already: names, colors, removal, side."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from twin import hounsfield
from twin.domain import LabelMap, Structure, Volume
from twin.errors import UserError
from twin.params import NoParams, param
from twin.progress import Progress
from twin.sources.grid import ASKS_FOR_CT, ASKS_FOR_HU, LOOKS_LIKE_LABELS, labels_in
from twin.steps import Attributes, Made, Ref, step


@dataclass(frozen=True)
class RenameParams:
    """The new name."""

    name: str = param(help="What the entity shall be called; numbered where another one is called so.")


@step("record.rename", version=1, title="Rename", quick=True)
def rename(entity: Ref, params: RenameParams, progress: Progress) -> Made:
    """Give an entity another name."""
    name = " ".join(params.name.split())
    if not name:
        raise UserError(f"“{entity.name}” cannot be given an empty name.", "Type at least one letter.")
    return Made({}, attributes={entity.id: Attributes(name=name)})


@dataclass(frozen=True)
class ColorParams:
    """The new color."""

    color: str = param(help="Color as #rrggbb; empty for the one that the structure's table gives.")


@step("record.color", version=1, title="Change color", quick=True)
def color(entity: Ref, params: ColorParams, progress: Progress) -> Made:
    """Give an entity a color of its own, or take it back."""
    return Made({}, attributes={entity.id: Attributes(color=_color(params.color))})


def _color(written: str) -> str:
    chosen = written.strip().lower()
    if chosen and not re.fullmatch("#[0-9a-f]{6}", chosen):
        raise UserError(f"“{written}” is no color.", "Write it as #rrggbb, such as #e8dcc4.")
    return chosen


@step("record.delete", version=1, title="Delete", quick=True)
def delete(entity: Ref, params: NoParams, progress: Progress) -> Made:
    """Take an entity out of the record; undo brings it back."""
    return Made({}, attributes={entity.id: Attributes(removed=True)})


@dataclass(frozen=True)
class SideParams:
    """Which structure lies on which side."""

    side: Literal["left", "right"] = param(
        help="The patient's own side on which the structure lies.", patient_specific=True
    )
    structure: str = param(
        "", help="Name of the structure; may be left out where only one waits for its side to be confirmed."
    )


@step("labelmap.confirm_side", version=1, title="Confirm side", edits="labelmap", quick=True)
def confirm_side(labelmap: LabelMap, params: SideParams, progress: Progress) -> Made:
    """Say on which side a structure lies that the scan does not settle."""
    open_ones = [s for s in labelmap.structures if s.side == "unconfirmed"]
    names = ", ".join(f"“{s.name}”" for s in open_ones) or "none"
    chosen = [s for s in open_ones if params.structure in ("", s.name)]
    if len(chosen) != 1:
        what = f"“{params.structure}” does not wait" if params.structure else f"{len(chosen)} structures wait"
        raise UserError(f"{what} for a side to be confirmed.", f"Name one of those that do: {names}.")
    old = chosen[0]
    new = replace(old, name=f"{params.side} {old.term or old.name}", side=params.side)
    if any(s.name == new.name for s in labelmap.structures if s is not old):
        raise UserError(
            f"“{old.name}” cannot be the {new.name}: there is one already.", "Confirm the other side."
        )
    return _with(labelmap, old, new, f"“{old.name}” was confirmed to be the {new.name}.")


@dataclass(frozen=True)
class RenameStructureParams:
    """What a structure is called from now on."""

    structure: str = param(help="Name of the structure as it is now.")
    name: str = param(help="What it shall be called; the side it is known to lie on stays in the name.")


@step("labelmap.rename_structure", version=1, title="Rename structure", edits="labelmap", quick=True)
def rename_structure(labelmap: LabelMap, params: RenameStructureParams, progress: Progress) -> Made:
    """Give one structure of a labelmap another name; its side, its term and its voxels stay as they are."""
    old = _named(labelmap, params.structure)
    name = " ".join(params.name.split())
    if not name:
        raise UserError(f"“{old.name}” cannot be given an empty name.", "Type at least one letter.")
    if any(s.name == name for s in labelmap.structures if s is not old):
        raise UserError(f"There is a “{name}” here already.", "Choose another name.")
    _refuse_another_side(old, name)
    note = f"“{old.name}” was named “{name}” by hand."
    return _with(labelmap, old, replace(old, name=name), note)


@dataclass(frozen=True)
class ColorStructureParams:
    """The color of one structure."""

    structure: str = param(help="Name of the structure.")
    color: str = param(help="Color as #rrggbb; empty for the one that the table gives.")


@step("labelmap.color_structure", version=1, title="Change color of structure", edits="labelmap", quick=True)
def color_structure(labelmap: LabelMap, params: ColorStructureParams, progress: Progress) -> Made:
    """Give one structure of a labelmap a color of its own, or take it back."""
    old = _named(labelmap, params.structure)
    return _with(labelmap, old, replace(old, color=_color(params.color).upper()))


def _named(labelmap: LabelMap, name: str) -> Structure:
    try:
        return labelmap.structure(name)
    except KeyError as error:
        raise UserError(f"There is {error.args[0]}.", "Name one of these.") from None


def _with(labelmap: LabelMap, old: Structure, new: Structure, *notes: str) -> Made:
    structures = tuple(new if s is old else s for s in labelmap.structures)
    made = replace(labelmap, structures=structures, notes=(*labelmap.notes, *notes))
    return Made({"labelmap": made}, {"structures": [_about(s) for s in structures]})


def _refuse_another_side(old: Structure, name: str) -> None:
    """Refuse a name that does not say the structure's side, or says one that is not known or another."""
    said = set(re.split(r"[^a-z]+", name.lower())) & {"left", "right"}
    if old.side == "unconfirmed" and said:
        raise UserError(
            f"The side of “{old.name}” is unconfirmed: a name does not settle it.",
            "Say first which side it is (Anatomy).",
        )
    if old.side in ("left", "right") and said != {old.side}:
        what = "does not say so" if not said else f"says {' and '.join(sorted(said))}"
        raise UserError(
            f"“{old.name}” lies on the {old.side} side, and the name “{name}” {what}.",
            f"Keep the side in the name: {old.side} …",
        )


@dataclass(frozen=True)
class ModalityParams:
    """What made an image."""

    modality: Literal["CT", "MR", "PT", "US", "NM", "CR", "DX", "OT"] = param(
        help="What made the image; the values of a CT are then taken for Hounsfield units.",
        patient_specific=True,
    )
    add_hu: float = param(
        0.0,
        help="Added to every value of a CT whose file leaves its rescale intercept out, mostly −1024.",
        unit="HU",
        low=-10000.0,
        high=10000.0,
        title="Add to every value",
        patient_specific=True,
    )
    assume_hu: bool = param(
        False,
        help="Take the values for Hounsfield units although they do not look like them.",
        title="Values are Hounsfield units",
        patient_specific=True,
    )


@step("volume.confirm_modality", version=1, title="Confirm modality", edits="volume", quick=True)
def confirm_modality(volume: Volume, params: ModalityParams, progress: Progress) -> Made:
    """Say what made an image whose file does not, or that the values of a CT are Hounsfield units."""
    confirmed = volume.modality in ("", params.modality if params.modality == "CT" else "")
    if not confirmed or volume.unit or volume.color:
        said = "holds colors, no values" if volume.color else f"is {volume.modality or volume.unit} already"
        raise UserError(f"This image {said}.", "Only what a file is silent about can be said here.")
    kept = tuple(note for note in volume.notes if ASKS_FOR_CT not in note and ASKS_FOR_HU not in note)
    if params.modality == "CT":
        made = _in_hu(replace(volume, modality="CT", unit="HU", notes=kept), params)
    else:
        if params.add_hu or params.assume_hu:
            raise UserError(
                f"Only a CT is in Hounsfield units, not {params.modality}.", "Leave add_hu and assume_hu."
            )
        note = f"Modality {params.modality} was said by hand."
        made = replace(volume, modality=params.modality, notes=(*kept, note))
    return Made({"volume": made}, {"modality": made.modality, "unit": made.unit})


@step(
    "volume.take_as_labels",
    version=1,
    title="Take as labels",
    quick=True,
    fits={"volume": lambda tree: any(LOOKS_LIKE_LABELS in note for note in tree.get("notes") or ())},
)
def take_as_labels(volume: Volume, progress: Progress) -> Made:
    """Make structures of an image whose whole numbers are labels; the image stays beside them."""
    from twin.sources.labels import labelmap_of

    values = volume.voxels
    if volume.color or values.ndim == 4:
        raise UserError(f"This image holds {'colors' if volume.color else 'several moments'}, no labels.")
    if (volume.slope, volume.intercept) != (1.0, 0.0):
        values = values * volume.slope + volume.intercept
    if not labels_in(values):
        raise UserError(
            "The values of this image do not look like labels: few whole numbers from 0 on.",
            "Import the file by itself with kind=labelmap if they are all the same.",
        )
    notes = tuple(note for note in volume.notes if LOOKS_LIKE_LABELS not in note)
    labels = labelmap_of(Path("the image"), values, volume.affine, {}, notes)
    return Made({"labels": labels}, {"labels": len(labels.structures)})


def _in_hu(volume: Volume, params: ModalityParams) -> Volume:
    """Return a CT in Hounsfield units with what its file lacks added; refuse what does not look like them."""
    notes = ["Modality CT was said by hand: its values are taken for HU."]
    if params.add_hu:
        window = volume.window and (volume.window[0] + params.add_hu, volume.window[1])
        volume = replace(volume, intercept=volume.intercept + params.add_hu, window=window)
        notes.append(f"{params.add_hu:+.0f} HU were added to every value by hand.".replace("-", "−"))
    if params.assume_hu:
        notes.append("They were not looked at: it was said by hand that they are.")
    else:
        hounsfield.check(volume)
    return replace(volume, notes=(*volume.notes, *notes))


def _about(structure: Structure) -> dict[str, str]:
    return {"name": structure.name, "side": structure.side}
