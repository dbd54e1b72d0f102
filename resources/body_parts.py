"""Parts of the body that images show: what files write for them, in one table.

Terms are those of DICOM's Body Part Examined (PS3.16, Annex L) and what scanners write in their place;
letters alone count (``C_SPINE`` is ``CSPINE``). Words are what descriptions say, in English and in German.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class BodyPart:
    """A part of the body, its DICOM terms and the words of descriptions.

    Attributes
    ----------
    paired : bool
        There is a left and a right one, and one image commonly shows only one of them.
    """

    name: str
    terms: str
    words: str = ""
    paired: bool = False


BODY_PARTS = (
    BodyPart(
        "head", "HEAD BRAIN SKULL CRANIUM CEREBELLUM HEADNECK CIRCLEOFWILLIS NEUROCRANIUM SCHAEDEL KOPF",
        "head brain skull cranial cerebral schädel kopf neurocranium cct",
    ),
    BodyPart(
        "face",
        "FACE FACIAL SINUS SINUSES PARANASALSINUS ORBIT ORBITS EYE JAW MANDIBLE MAXILLA TMJ NOSE NASALBONE "
        "ZYGOMA EAR IAC IAMS TEMPORALBONE MASTOID",
        "face facial sinus sinuses orbit orbits mandible maxilla temporal mastoid nnh",
    ),
    BodyPart(
        "neck",
        "NECK HEADNECK CAROTID LARYNX PHARYNX THYROID NECKCHEST NECKCHESTABDOMEN NECKCHESTABDPELV "
        "NECKCHESTABDPELVIS HALS",
        "neck carotid carotids larynx hals",
    ),
    BodyPart(
        "spine",
        "SPINE CSPINE TSPINE LSPINE SSPINE CTSPINE TLSPINE LSSPINE CERVICALSPINE THORACICSPINE LUMBARSPINE "
        "SPINECERVICAL SPINETHORACIC SPINELUMBAR SACRUM COCCYX SKULLSPINE WHOLESPINE WS HWS BWS LWS",
        "spine cspine tspine lspine vertebra vertebral lumbar hws bws lws wirbelsäule",
    ),
    BodyPart(
        "chest",
        "CHEST THORAX LUNG LUNGS MEDIASTINUM BRONCHUS TRACHEA CHESTABDOMEN CHESTABDPELVIS "
        "CHESTABDOMENPELVIS NECKCHEST NECKCHESTABDOMEN NECKCHESTABDPELV NECKCHESTABDPELVIS THORAXABDOMEN "
        "TAP CAP",
        "chest thorax thoracic lung lungs pulmonary",
    ),
    BodyPart(
        "heart", "HEART CARDIAC CORONARYARTERY CORONARY HERZ",
        "heart cardiac coronary coronaries herz",
    ),
    BodyPart("breast", "BREAST MAMMA", "breast mammo mammography mamma", paired=True),
    BodyPart(
        "ribs", "RIB RIBS STERNUM SCJOINT",
        "rib ribs sternum",
    ),
    BodyPart(
        "abdomen",
        "ABDOMEN ABD LIVER KIDNEY KIDNEYS SPLEEN PANCREAS STOMACH GALLBLADDER COLON ADRENAL BOWEL "
        "ABDOMENPELVIS ABDPELVIS CHESTABDOMEN CHESTABDPELVIS CHESTABDOMENPELVIS NECKCHESTABDOMEN "
        "NECKCHESTABDPELV NECKCHESTABDPELVIS THORAXABDOMEN ABDOMENUNDPELVIS TAP CAP",
        "abdomen abdominal liver kidney renal spleen pancreas colon leber",
    ),
    BodyPart(
        "pelvis",
        "PELVIS ABDOMENPELVIS ABDPELVIS CHESTABDPELVIS "
        "CHESTABDOMENPELVIS NECKCHESTABDPELV NECKCHESTABDPELVIS PELVISLOWEXTREM SIJOINT ILIUM BECKEN TAP CAP",
        "pelvis pelvic becken",
    ),
    BodyPart("pelvic organs", "BLADDER PROSTATE UTERUS OVARY RECTUM", "prostate bladder uterus rectum"),
    BodyPart("hip", "HIP HIPS HIPJOINT HUEFTE", "hip hips hüfte"),
    BodyPart("shoulder", "SHOULDER CLAVICLE SCAPULA ACJOINT SCHULTER", "shoulder clavicle scapula", True),
    BodyPart("arm", "ARM UPPERARM HUMERUS FOREARM RADIUS ULNA RADIUSULNA ELBOW UPPEREXTREMITY UPEXM",
             "arm humerus forearm radius ulna elbow", True),
    BodyPart("hand", "HAND WRIST FINGER THUMB HANDS CARPUS SCAPHOID", "hand wrist finger thumb", True),
    BodyPart("thigh", "THIGH FEMUR UPPERLEG", "thigh femur", True),
    BodyPart("knee", "KNEE PATELLA KNIE", "knee patella knie", True),
    BodyPart("leg", "LEG LEGS CALF TIBIA FIBULA TIBIAFIBULA LOWERLEG LOWEREXTREMITY LOWEXM PELVISLOWEXTREM",
             "leg legs tibia fibula calf", True),
    BodyPart("foot", "FOOT ANKLE TOE CALCANEUS HEEL FEET FUSS", "foot ankle toe calcaneus heel", True),
    BodyPart("extremity", "EXTREMITY EXTREMITIES", "extremity", True),
    BodyPart("whole body", "WHOLEBODY BODY", "wholebody"),
)  # fmt: skip

LIMBS = ("shoulder", "arm", "hand", "thigh", "knee", "leg", "foot", "extremity")

_BY_TERM = {
    term: tuple(part.name for part in BODY_PARTS if term in part.terms.split())
    for part in BODY_PARTS
    for term in part.terms.split()
}
_BY_WORD = {word.casefold(): part.name for part in BODY_PARTS for word in part.words.split()}
PAIRED = frozenset(part.name for part in BODY_PARTS if part.paired)


def parts_of(term: str) -> tuple[str, ...]:
    """Return the parts that a Body Part Examined names; empty where the table does not know it."""
    return _BY_TERM.get(re.sub(r"[^A-Z]", "", term.upper()), ())


def parts_in(text: str) -> tuple[str, ...]:
    """Return the parts whose words stand in a description, in the order of the table.

    A description says what somebody typed: weaker evidence than an element that is meant for it.
    """
    found = {_BY_WORD[word] for word in re.findall(r"[^\W\d_]+", text.casefold()) if word in _BY_WORD}
    return tuple(part.name for part in BODY_PARTS if part.name in found)
