"""Names with sides, by the rule: a side is named only where the scan settles it.

It settles it by both bones of a pair, by the midline (skull, sacrum, vertebrae), or by DICOM's
laterality, and all that speak must agree; a femur's head must also point to the middle.
"""

from collections import Counter

from segmentation.bone.recognize import Bone
from twin.domain import Side

PAIRED = ("femur", "hip bone")
MIDLINE = ("skull", "sacrum", "vertebra", "spine", "pelvis")

_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


def sides(bones: list[Bone], laterality: str) -> tuple[dict[int, Side], list[str]]:
    """Return the side of each bone by its label, and notes for the user.

    Parameters
    ----------
    bones : list of Bone
    laterality : str
        DICOM's: ``L``, ``R``, ``B`` or empty.
    """
    found: dict[int, Side] = {}
    notes: list[str] = []
    middles = [float(b.center[0]) for b in bones if b.term in MIDLINE]
    for bone in bones:
        if bone.term in MIDLINE:
            found[bone.label] = "midline"
        elif bone.term not in PAIRED:
            found[bone.label] = "none"
    for term in PAIRED:
        pair = sorted((b for b in bones if b.term == term), key=lambda b: float(b.center[0]))
        for bone in pair:
            votes = _votes(bone, pair, middles, laterality)
            agreed = set(votes.values())
            side: Side = agreed.pop() if len(agreed) == 1 else "unconfirmed"
            if side in _OTHER and bone.term == "femur" and abs(bone.medial) > 10:
                points_to: Side = "left" if bone.medial < 0 else "right"
                if points_to != side:
                    votes["the head's direction"] = points_to
                    side = "unconfirmed"
            found[bone.label] = side
            if side == "unconfirmed":
                notes.append(_why(term, votes))
    return found, notes


def _votes(bone: Bone, pair: list[Bone], middles: list[float], laterality: str) -> dict[str, Side]:
    votes: dict[str, Side] = {}
    x = float(bone.center[0])
    if len(pair) == 2 and pair[1].center[0] - pair[0].center[0] > 50:
        votes["both bones of the pair"] = "right" if bone is pair[0] else "left"
    if middles:
        middle = sum(middles) / len(middles)
        if abs(x - middle) > 15:
            votes["the midline"] = "left" if x > middle else "right"
    if laterality in ("L", "R") and len(pair) == 1:
        votes["DICOM's laterality"] = "left" if laterality == "L" else "right"
    return votes


def _why(term: str, votes: dict[str, Side]) -> str:
    if votes:
        said = "; ".join(f"{source} says {side}" for source, side in votes.items())
        return f"The side of the {term} is unconfirmed: {said}."
    return (
        f"The side of the {term} is unconfirmed: the scan shows neither both sides nor the midline, "
        "and the file states no laterality."
    )


def names(bones: list[Bone], side_of: dict[int, Side]) -> dict[int, str]:
    """Return each bone's name by its label: side, term, and a number where a term comes more than once.

    Vertebrae are counted from the top; which one is the first is not known.
    """
    total = Counter((b.term, side_of[b.label]) for b in bones)
    ordered = sorted(bones, key=lambda b: -float(b.center[2]) if b.term == "vertebra" else -b.volume_ml)
    count: Counter[tuple[str, Side]] = Counter()
    result = {}
    for bone in ordered:
        side = side_of[bone.label]
        count[bone.term, side] += 1
        number = f" {count[bone.term, side]}"
        if side == "unconfirmed":
            result[bone.label] = f"{bone.term}{number} (side unconfirmed)"
            continue
        numbered = bone.term in ("bone", "vertebra") or total[bone.term, side] > 1
        named = f"{side} {bone.term}" if side in _OTHER else bone.term
        result[bone.label] = named + (number if numbered else "")
    return result
