"""Volume rendering presets: what each value of an image looks like when the image is looked through.

Plain tables. Values of CT are Hounsfield units; they follow the usual ranges of tissues: fat −120 to −60,
muscle 40 to 70, unenhanced blood 40, enhanced vessels 150 to 500, spongy bone 200 to 500, compact bone 700 to
1800 HU (Hofer, CT Teaching Manual). MR has no fixed scale: its values are percentiles of the image.
"""

from dataclasses import dataclass

Knot = tuple[float, float, str]
"""Value, density per mm (what is 1/density mm thick lets 37 % through), color."""


@dataclass(frozen=True)
class Rendering:
    """A named way to look through an image.

    Attributes
    ----------
    knots : tuple of (value, density per mm, color)
        In rising order of value, straight between them; beyond the ends as at the ends.
    modality : str
        What it is for; empty for any.
    unit : str
        Of the values: ``HU``, or ``%`` for percentiles of the image's values.
    reach : float
        By how much a hand may shift the values, HU; for percentiles a share of the span between knots.
    maximum : bool
        True where the greatest value along each line of sight is shown, in gray between the knots.
    """

    id: str
    name: str
    help: str
    modality: str
    unit: str
    reach: float
    knots: tuple[Knot, ...]
    maximum: bool = False


_GRAYS = "#000000", "#FFFFFF"

RENDERINGS = (
    Rendering(
        "ct_bone", "CT bone", "Bone as a body, all else away", "CT", "HU", 300.0,
        ((140.0, 0.0, "#B5765A"), (220.0, 0.15, "#D9B48A"), (350.0, 0.9, "#E8D7AC"),
         (1500.0, 3.0, "#FBF6E9")),
    ),
    Rendering(
        "ct_vessels", "CT vessels", "Vessels with contrast agent in red, bone in ivory", "CT", "HU", 150.0,
        ((110.0, 0.0, "#8E1F1B"), (170.0, 0.25, "#C4302A"), (330.0, 0.9, "#E0614F"),
         (480.0, 0.9, "#E3CFA4"), (1500.0, 2.0, "#FBF6E9")),
    ),
    Rendering(
        "ct_soft_tissue", "CT soft tissue", "Muscle and organs translucent, bone within", "CT", "HU", 100.0,
        ((-30.0, 0.0, "#C9896F"), (10.0, 0.012, "#C0705F"), (60.0, 0.03, "#A8483F"), (130.0, 0.03, "#B5544A"),
         (220.0, 0.25, "#E3D3AE"), (1200.0, 2.0, "#FBF6E9")),
    ),
    Rendering(
        "ct_skin", "CT skin", "The body's surface", "CT", "HU", 300.0,
        ((-500.0, 0.0, "#D9A58B"), (-250.0, 0.5, "#D9A58B"), (-50.0, 1.2, "#E2B69E"),
         (300.0, 2.0, "#F0DCC8")),
    ),
    Rendering(
        "ct_maximum", "CT maximum intensity", "The greatest value along each line of sight",
        "CT", "HU", 500.0,
        ((0.0, 1.0, _GRAYS[0]), (1200.0, 1.0, _GRAYS[1])), maximum=True,
    ),
    Rendering(
        "mr", "MR", "What is bright in this image, from its own percentiles", "MR", "%", 0.5,
        ((70.0, 0.0, "#5A3B36"), (85.0, 0.012, "#93655A"), (95.0, 0.06, "#CDA893"), (99.5, 0.35, "#FFF6EA")),
    ),
    Rendering(
        "mr_maximum", "MR maximum intensity",
        "The greatest value along each line of sight, in grays from the image's own percentiles",
        "MR", "%", 0.5,
        ((40.0, 1.0, _GRAYS[0]), (99.8, 1.0, _GRAYS[1])), maximum=True,
    ),
    Rendering(
        "pet_maximum", "PET maximum intensity",
        "The greatest uptake along each line of sight, in grays from the image's own percentiles",
        "PT", "%", 0.5,
        ((50.0, 1.0, _GRAYS[0]), (99.9, 1.0, _GRAYS[1])), maximum=True,
    ),
)  # fmt: skip

_KINDS = {"CT": ("CT",), "PT": ("PT", "MR"), "PET": ("PT", "MR")}


def renderings_for(modality: str, unit: str) -> tuple[Rendering, ...]:
    """Return the presets that fit a modality and the unit of its values, the customary one first.

    An image of neither CT in HU nor MR has no fixed scale either, and takes what goes by percentiles.
    """
    kinds = _KINDS.get(modality, ("MR",))
    if modality == "CT" and unit != "HU":
        kinds = ("MR",)
    return tuple(one for kind in kinds for one in RENDERINGS if one.modality == kind)
