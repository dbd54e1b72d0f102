"""The table of hanging protocols: what each kind of image gets."""

import pytest

from resources.body_parts import BODY_PARTS, parts_in, parts_of
from resources.hanging import PROTOCOLS, Traits, is_sharp, protocol_for
from resources.presets import PRESETS
from resources.renderings import RENDERINGS


@pytest.mark.parametrize(
    ("term", "parts"),
    [
        ("HIP", ("hip",)),
        ("L-SPINE", ("spine",)),
        ("C_SPINE", ("spine",)),
        ("Thorax", ("chest",)),
        ("LOW_EXM", ("leg",)),
        ("CHESTABDPELVIS", ("chest", "abdomen", "pelvis")),  # PS3.16, Annex L
        ("ABDOMEN PELVIS", ("abdomen", "pelvis")),
        ("", ()),
        ("HIPPOCAMPUSX", ()),
    ],
)
def test_terms_are_read_by_their_letters(term: str, parts: tuple[str, ...]) -> None:
    assert parts_of(term) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("CT HIP left 1.0 B60s", ("hip",)),
        ("Becken nativ", ("pelvis",)),
        ("Schädel 4.0", ("head",)),
        ("membership", ()),  # “hip” is no word of it
        ("Thorax/Abdomen KM", ("chest", "abdomen")),
    ],
)
def test_descriptions_are_read_by_whole_words(text: str, parts: tuple[str, ...]) -> None:
    assert parts_in(text) == parts


@pytest.mark.parametrize(
    ("kernel", "sharp"),
    [
        # Siemens, GE and Canon: see the sources in resources.hanging
        ("B30f", False), ("B31s", False), ("B60s", True), ("B70f", True), ("H31s", False), ("U90u", True),
        ("Br40d\\3", False), ("Br64", True), ("Bl57", True), ("I70f\\3", True), ("STANDARD", False),
        ("SOFT", False), ("BONEPLUS", True), ("BONE", True), ("LUNG", True), ("FC08", False), ("FC30", True),
        ("FC52", True), ("", None), ("YA", None), ("made", None),
    ],
)  # fmt: skip
def test_kernels_are_sharp_or_smooth_or_say_nothing(kernel: str, sharp: bool | None) -> None:
    assert is_sharp(kernel) is sharp


CT = [
    ({"parts": ("hip",)}, "ct_bones"),
    ({"parts": ("pelvis",), "sharp": False}, "ct_bones"),
    ({"parts": ("knee",)}, "ct_bones"),
    ({"sharp": True}, "ct_sharp"),
    ({"parts": ("head",), "sharp": True}, "ct_sharp"),
    ({"parts": ("head",)}, "ct_head"),
    ({"parts": ("chest",), "sharp": True}, "ct_lungs"),
    ({"parts": ("chest", "abdomen", "pelvis")}, "ct_chest"),
    ({"parts": ("abdomen", "pelvis")}, "ct_abdomen"),
    ({"parts": ("spine",)}, "ct_spine"),
    ({"parts": ("heart",)}, "ct_chest"),
    ({"parts": ("heart",), "contrast": True}, "ct_vessels"),
    ({}, "ct"),
]


@pytest.mark.parametrize(
    ("image", "protocol"),
    [
        *((Traits("CT", "HU", **traits), protocol) for traits, protocol in CT),
        (Traits("MR"), "mr"),
        (Traits("MR", moving=True), "mr_cine"),
        (Traits("MR", parts=("spine",)), "mr_spine"),
        (Traits("PT", "SUVbw"), "pet"),
        (Traits("PT", "Bq/mL"), "pet_activity"),
        (Traits("DX", plane=True), "picture"),
        (Traits("MG", plane=True, parts=("breast",)), "picture"),
        (Traits("US", plane=True), "picture"),
        (Traits("US", plane=True, moving=True), "film"),
    ],
)
def test_the_first_rule_that_fits_hangs_an_image(image: Traits, protocol: str) -> None:
    assert protocol_for(image).id == protocol


def test_an_image_that_does_not_say_what_made_it_has_no_rule() -> None:
    assert protocol_for(Traits("", parts=("hip",))) is None


def test_the_table_names_what_there_is() -> None:
    presets, parts = {one.name for one in PRESETS} | {"file"}, {part.name for part in BODY_PARTS}
    for one in PROTOCOLS:
        assert one.look.window in presets, one.id
        assert set(one.parts) <= parts, one.id
        assert one.look.rendering in {"", *(r.id for r in RENDERINGS)}, one.id
        assert protocol_for(_one_that(one)) is one, f"{one.id} is never reached"
    assert len({one.id for one in PROTOCOLS}) == len(PROTOCOLS)


def _one_that(rule) -> Traits:  # type: ignore[no-untyped-def]
    """Return an image that a rule is for."""
    return Traits(
        rule.modalities[0], rule.unit, rule.parts[-1:] or ("unknown",), sharp=rule.sharp,
        plane=bool(rule.plane), moving=bool(rule.moving), contrast=bool(rule.contrast),
    )  # fmt: skip
