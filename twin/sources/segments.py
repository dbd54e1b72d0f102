"""Segmentations in NRRD as 3D Slicer writes them (``.seg.nrrd``): names, colors, layers, sides."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.anatomy_codes import side_of_code
from twin.domain import LabelMap, Structure
from twin.errors import SourceError
from twin.sources.labels import SIDES, distinct, label_layers, name_all

TAG = "Vitruvian."
"""What our own tags of a segment begin with; Slicer keeps tags that it does not know."""


def has_segments(said: dict[str, str]) -> bool:
    """Tell whether a header's key/value pairs describe segments."""
    return any(re.fullmatch(r"Segment\d+_(ID|Name)", key) for key in said)


def segment_map(
    path: Path, stored: NDArray, affine: NDArray[np.float64], said: dict[str, str],
    ours: dict[str, Any], notes: tuple[str, ...],
) -> LabelMap:  # fmt: skip
    """Return the labelmap of a segmentation; layers in the file are layers here.

    Slicer before 4.11 gave each segment a layer of its own, with the label 1.

    Raises
    ------
    SourceError
        The numbers are no labels, or a segment's entry is broken.
    """
    labels = label_layers(path, stored)
    count = 1 if labels.ndim == 3 else len(labels)
    found = sorted({int(m[1]) for key in said if (m := re.match(r"Segment(\d+)_", key))})
    names = distinct(
        said.get(f"Segment{n}_Name") or said.get(f"Segment{n}_ID") or f"segment {n}" for n in found
    )
    known = []
    for place, (n, name) in enumerate(zip(found, names, strict=True)):
        about = {
            key.partition("_")[2]: value for key, value in said.items() if key.startswith(f"Segment{n}_")
        }
        layer = _whole(path, name, "layer", about.get("Layer", str(place if count > 1 else 0)))
        label = _whole(path, name, "label", about.get("LabelValue", "1"))
        if not (0 <= layer < count and 1 <= label <= 65535):
            raise SourceError(
                f"{path} has a segment “{name}” with the label {label} in layer {layer}, which are not there."
            )
        tags = dict(tag.partition(":")[::2] for tag in about.get("Tags", "").split("|"))
        side = tags.get(f"{TAG}side") or _side(tags.get("TerminologyEntry", ""))
        known.append(
            Structure(
                name=name, label=label, term=tags.get(f"{TAG}term", ""), layer=layer,
                side=side if side in SIDES else "none",
                touches_border=tags.get(f"{TAG}touches_border") == "1",
                color=_color(about.get("Color", "")),
            )
        )  # fmt: skip
    return LabelMap(
        labels=labels,
        affine=affine,
        structures=name_all(labels, known),
        frame_of_reference=str(ours.get("frame_of_reference", "")),
        notes=notes,
    )


def _whole(path: Path, name: str, what: str, text: str) -> int:
    if not re.fullmatch(r"\s*-?\d{1,9}\s*", text):
        raise SourceError(f"{path} has a segment “{name}” whose {what} is “{text[:40]}”.")
    return int(text)


def _side(entry: str) -> str:
    """Return the side that a terminology entry states: the modifier of its region, else of its type.

    The entry's parts stand between tildes: list, category, type, modifier, list, region, modifier;
    each as scheme^code^meaning.
    """
    parts = entry.split("~") + [""] * 7
    sides = [side_of_code(*(parts[n] + "^").split("^")[:2]) for n in (6, 3)]
    return next((s for s in sides if s), "none")


def _color(text: str) -> str:
    try:
        rgb = [float(word) for word in text.split()]
    except ValueError:
        return ""
    if len(rgb) != 3 or not all(0 <= c <= 1 for c in rgb):
        return ""
    return "#" + "".join(f"{round(c * 255):02X}" for c in rgb)
