"""Codes of structures for files that name anatomy by code (DICOM PS3.16, context groups 7150, 7151, 244).

All are SNOMED CT (scheme ``SCT``). A structure whose term the table does not hold is coded as tissue:
its name says in words what it is.
"""

Code = tuple[str, str]
"""Code value and meaning; the scheme is SCT."""

ANATOMY: Code = ("91723000", "Anatomical Structure")
TISSUE: Code = ("85756007", "Tissue")
OBJECT: Code = ("260787004", "Physical object")
ABNORMAL: Code = ("49755003", "Morphologically Abnormal Structure")

SIDE_CODES: dict[str, Code] = {"left": ("7771000", "Left"), "right": ("24028007", "Right")}

TERM_CODES: dict[str, tuple[Code, Code]] = {
    "bone": (ANATOMY, ("272673000", "Bone")),
    "hip bone": (ANATOMY, ("272673000", "Bone")),
    "femur": (ANATOMY, ("71341001", "Femur")),
    "tibia": (ANATOMY, ("12611008", "Tibia")),
    "sacrum": (ANATOMY, ("54735007", "Sacrum")),
    "vertebra": (ANATOMY, ("51282000", "Vertebra")),
    "skull": (ANATOMY, ("89546000", "Skull")),
    "mandible": (ANATOMY, ("91609006", "Mandible")),
    "rib": (ANATOMY, ("113197003", "Rib")),
    "tooth": (ANATOMY, ("38199008", "Tooth")),
    "heart": (ANATOMY, ("80891009", "Heart")),
    "left ventricle": (ANATOMY, ("87878005", "Left ventricle")),
    "right ventricle": (ANATOMY, ("53085002", "Right ventricle")),
    "left atrium": (ANATOMY, ("82471001", "Left atrium")),
    "right atrium": (ANATOMY, ("73829009", "Right atrium")),
    "aorta": (ANATOMY, ("15825003", "Aorta")),
    "pulmonary artery": (ANATOMY, ("81040000", "Pulmonary artery")),
    "vena cava": (ANATOMY, ("35532006", "Vena cava")),
    "artery": (TISSUE, ("51114001", "Artery")),
    "vein": (TISSUE, ("29092000", "Vein")),
    "lung": (ANATOMY, ("39607008", "Lung")),
    "liver": (ANATOMY, ("10200004", "Liver")),
    "spleen": (ANATOMY, ("78961009", "Spleen")),
    "kidney": (ANATOMY, ("64033007", "Kidney")),
    "stomach": (ANATOMY, ("69695003", "Stomach")),
    "gallbladder": (ANATOMY, ("28231008", "Gallbladder")),
    "bladder": (ANATOMY, ("89837001", "Bladder")),
    "brain": (ANATOMY, ("12738006", "Brain")),
    "ventricle": (ANATOMY, ("35764002", "Brain ventricle")),
    "muscle": (TISSUE, ("91727004", "Muscle")),
    "cartilage": (TISSUE, ("309312004", "Cartilage")),
    "fat": (TISSUE, ("55603005", "Fat")),
    "tumor": (ABNORMAL, ("4147007", "Mass")),
    "implant": (OBJECT, ("40388003", "Implant")),
}
"""Category and type by bare term."""


def codes_of(term: str) -> tuple[Code, Code]:
    """Return category and type of a structure by its bare term."""
    return TERM_CODES.get(term.strip().lower(), (TISSUE, TISSUE))


def term_of_code(scheme: str, value: str) -> str:
    """Return the bare term of a type code; empty where the table does not hold it, or several have it."""
    terms = [term for term, (_, (code, _)) in TERM_CODES.items() if code == value and scheme == "SCT"]
    return terms[0] if len(terms) == 1 else ""


def side_of_code(scheme: str, value: str) -> str:
    """Return ``left`` or ``right`` of a laterality code (SCT, or SRT's of old files); empty for others."""
    srt = {"G-A101": "left", "G-A100": "right"}
    sct = {code: side for side, (code, _) in SIDE_CODES.items()}
    return (sct if scheme == "SCT" else srt if scheme in ("SRT", "SNM3", "99SDM") else {}).get(value, "")
