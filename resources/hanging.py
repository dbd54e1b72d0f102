"""Hanging protocols: how an image of each kind is first looked at.

One table of ordered rules; the first that fits an image hangs it. What the user keeps for images of a kind
(``desktop.settings``) are rules of the same form and stand before these.

Windows are those of ``resources.presets``. Where a rule's window is not the one that the file asks for, the
reason is beside it. Sources:

* Chest: lungs at W 1500 L −600, soft tissue at W 300 to 500 L 30 to 50 (Butler, Mitchell, Healy, Applied
  Radiological Anatomy, chapter 6). Both windows are read in turn, and each from the reconstruction made for
  it: a sharp kernel for the lungs, a smooth one for the mediastinum.
* Head: brain at W 80 L 40; bone from a sharp kernel (Hofer, CT Teaching Manual).
* Kernels: Siemens recommends B50 and sharper for extremities, shoulder, cervical spine and lungs, B30 and
  B40 for soft tissue (Somatom Sensation, operating instructions); later names give the family by two letters,
  ``l`` for lung, and a number that rises with sharpness. GE names its sharp ones (BONE, BONEPLUS, EDGE,
  LUNG); Canon's FC30s are for bone, its FC50s for lungs. Other names say nothing here.
* PET: standardized uptake values 0 to 7, dark on white, fused with the CT of the same study.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from resources.body_parts import LIMBS

PROJECTIONS = ("CR", "DX", "RG", "MG", "XA", "RF", "PX", "IO")
"""Modalities of radiographs: one plane, in which everything lies over each other."""
PET = ("PT", "PET")
UNKNOWN = "unknown"
"""Part of an image that does not say what it shows."""


@dataclass(frozen=True)
class Traits:
    """What of an image rules look at.

    Attributes
    ----------
    parts : tuple of str
        Names of ``resources.body_parts``; ``("unknown",)`` where nothing says it.
    stated : bool
        An element that is meant for it says the part, not a description.
    sharp : bool or None
        Whether the kernel sharpens edges (bone, lung); None where its name says nothing.
    plane : bool
        It is a single slice.
    moving : bool
        It has time.
    contrast : bool
        A contrast agent is named.
    """

    modality: str
    unit: str = ""
    parts: tuple[str, ...] = (UNKNOWN,)
    stated: bool = False
    sharp: bool | None = None
    plane: bool = False
    moving: bool = False
    contrast: bool = False


@dataclass(frozen=True)
class Look:
    """How an image is looked at.

    Attributes
    ----------
    layout : str
        ``four`` alike, one ``large``, one ``alone``; empty for what the user keeps to.
    view : str
        Which is large or alone: a plane, ``3-D``, or ``acquired`` for the plane of the image's own slices.
    window : str
        Name of a preset of ``resources.presets``, ``file``, or ``own`` for center and width as given.
    center, width : float
        In the image's unit.
    inverted : bool or None
        None where the image itself says it.
    slab_mm : float
    projection : str
        ``max``, ``min``, ``mean``.
    cine : bool
        It plays at once.
    rendering : str
        Id of ``resources.renderings``: the image is looked through in 3-D by it.
    fused : bool
        The PET of the same study and space lies over the CT.
    """

    layout: str = ""
    view: str = "acquired"
    window: str = "file"
    center: float = 0.0
    width: float = 0.0
    inverted: bool | None = None
    colors: str = "gray"
    slab_mm: float = 0.0
    projection: str = "max"
    cine: bool = False
    rendering: str = ""
    fused: bool = False


@dataclass(frozen=True)
class Protocol:
    """A rule: which images, and how they are hung. An empty or None condition holds for all.

    Attributes
    ----------
    sharp, plane, moving, contrast : bool or None
        As in ``Traits``.
    unit : str
        How the unit of the values begins.
    exactly : bool
        All parts and the kernel must be those of the rule; else one part is enough.
    why : str
        What is told of the choice.
    """

    id: str
    name: str
    look: Look
    why: str = ""
    modalities: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    sharp: bool | None = None
    plane: bool | None = None
    moving: bool | None = None
    contrast: bool | None = None
    unit: str = ""
    exactly: bool = False

    def fits(self, image: Traits) -> bool:
        """Tell whether the rule is for such an image."""
        if self.modalities and image.modality not in self.modalities:
            return False
        if self.exactly and (set(self.parts) != set(image.parts) or self.sharp != image.sharp):
            return False
        if self.parts and not set(self.parts) & set(image.parts):
            return False
        conditions = (
            (self.sharp, image.sharp), (self.plane, image.plane), (self.moving, image.moving),
            (self.contrast, image.contrast),
        )  # fmt: skip
        return image.unit.startswith(self.unit) and all(w is None or w == i for w, i in conditions)


PROTOCOLS = (
    Protocol("film", "Film", Look("alone", cine=True), "frames of one plane, playing",
             ("US", "XA", "RF", "ES"), moving=True),
    Protocol("picture", "One picture", Look("alone"), "a single picture",
             (*PROJECTIONS, "US", "OT", "SC", "ES", "XC", "GM", "SM", "OP"), plane=True),
    Protocol("ct_lungs", "CT lungs", Look("large", "axial", "Lung"), "a chest by a sharp kernel", ("CT",),
             ("chest",), sharp=True),
    Protocol("ct_sharp", "CT bone", Look(window="Bone"), "a sharp kernel, made for bone", ("CT",),
             sharp=True),
    Protocol("ct_head", "CT head", Look("large", "axial", "Brain", fused=True), "a head", ("CT",),
             ("head",)),
    Protocol("ct_vessels", "CT heart", Look(window="Angiography"), "a heart with contrast agent", ("CT",),
             ("heart",), contrast=True),
    Protocol("ct_chest", "CT chest", Look("large", "axial", "Mediastinum", fused=True),
             "a chest or heart, not by a sharp kernel", ("CT",), ("chest", "heart")),
    Protocol("ct_abdomen", "CT abdomen", Look("large", "axial", "Soft tissue", fused=True), "an abdomen",
             ("CT",), ("abdomen", "pelvic organs")),
    Protocol("ct_bones", "CT hip and limbs", Look(window="Bone", fused=True), "hip, pelvis or a limb",
             ("CT",), ("pelvis", "hip", "ribs", *LIMBS)),
    Protocol("ct_spine", "CT spine", Look("large", "sagittal", "Bone", fused=True), "a spine", ("CT",),
             ("spine",)),
    Protocol("ct_face", "CT face", Look(window="Bone", fused=True), "face, sinuses or ear", ("CT",),
             ("face",)),
    Protocol("ct", "CT", Look(fused=True), "no rule for its part", ("CT",)),
    Protocol("pet", "PET", Look("four", window="SUV 0 to 7", inverted=True,
             rendering="pet_maximum", fused=True),
             "uptake dark on white, its maximum in 3-D", PET, unit="SUV"),
    Protocol("pet_activity", "PET without SUV", Look("four", inverted=True,
             rendering="pet_maximum", fused=True),
             "activity dark on white, its maximum in 3-D", PET),
    Protocol("mr_cine", "MR cine", Look("large", window="Balanced"),
             "an MR with time; the cine stands ready (K)", ("MR",), moving=True),
    Protocol("mr_spine", "MR spine", Look("large", "sagittal", "Balanced"), "a spine; automatic window",
             ("MR",), ("spine",)),
    Protocol("mr", "MR", Look("large", window="Balanced"),
             "no fixed scale: automatic window, the acquired plane large", ("MR",)),
)  # fmt: skip


def protocol_for(image: Traits, kept: Sequence[Protocol] = ()) -> Protocol | None:
    """Return the first rule that fits, of those the user keeps, then of the table; None where none does."""
    return next((one for one in (*kept, *PROTOCOLS) if one.fits(image)), None)


_SHARP_NAMES = re.compile(r"bone|edge|lung|^fc(3|5|8)\d|ultra")
_SMOOTH_NAMES = re.compile(r"soft|standard|stnd|smooth|brain|^fc[0-2]\d|^fc4\d|^fc6\d")
_SIEMENS = re.compile(r"^([bhutjiqd])([a-z]?)(\d\d)[a-z]*")
_SHARP_FROM = {True: 50, False: 56}
"""Numbers of Siemens' kernels: of the names with one letter (B60s), and of those with two (Br59)."""


def is_sharp(kernel: str) -> bool | None:
    """Tell whether a CT's kernel sharpens edges; None where its name says nothing."""
    name = kernel.split("\\", maxsplit=1)[0].strip().casefold()
    if _SHARP_NAMES.search(name):
        return True
    if _SMOOTH_NAMES.search(name):
        return False
    siemens = _SIEMENS.match(name)
    if siemens is None:
        return None
    _, subgroup, number = siemens.groups()
    return subgroup == "l" or int(number) >= _SHARP_FROM[not subgroup]
