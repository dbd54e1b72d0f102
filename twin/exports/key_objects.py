"""Key images as a DICOM Key Object Selection document: TID 2010 (PS3.16), PS3.3 A.35.4."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from twin import codec
from twin.errors import UserError
from twin.exports.dicom_parts import evidence, header, observer, text
from twin.exports.marked import KeyImages
from twin.progress import Progress

_LONGEST = 1024
"""Characters of the description: as many as the reports that are written here have."""


def write(keys: KeyImages, path: Path, _progress: Progress) -> None:
    """Write one document that points at the images, titled “Of Interest”, with the notes as its description.

    Raises
    ------
    UserError
        The images did not come from DICOM with their UIDs, or are of several studies.
    """
    from highdicom.ko import KeyObjectSelection
    from pydicom.sr.codedict import codes
    from pydicom.uid import KeyObjectSelectionDocumentStorage

    _check(keys)
    images = _images(keys)
    ds = header(keys, _hash(keys), KeyObjectSelectionDocumentStorage, "KO", "Key images")
    ds.ContentDate, ds.ContentTime = ds.InstanceCreationDate, ds.InstanceCreationTime
    ds.ReferencedPerformedProcedureStepSequence = []
    shown = ((made.identity.series_uid, made.image_class, made.image_uids) for _name, made in keys.rows)
    ds.CurrentRequestedProcedureEvidenceSequence = evidence(keys.identity.study_uid, shown)
    selection = KeyObjectSelection(
        document_title=codes.DCM.OfInterest,
        referenced_objects=[_referred(sop_class, instance) for instance, sop_class in images.items()],
        observer_device_context=observer(),
        description=text(_description(keys), _LONGEST) or None,
    )
    for element in selection[0]:
        ds[element.tag] = element
    ds.save_as(path, enforce_file_format=True)


def _check(keys: KeyImages) -> None:
    for name, made in keys.rows:
        who = made.identity
        if not (made.image_uids and made.image_class and who.study_uid and who.series_uid):
            raise UserError(
                f"“{name}” cannot be written as DICOM: the images that it shows have no UIDs of their own. "
                "They came from another format, or were resampled, or are moments of one volume.",
                "Save it as a picture (Ctrl+Shift+G), or write the report.",
            )
    studies = {made.identity.study_uid for _name, made in keys.rows}
    if len(studies) > 1:
        raise UserError(
            f"These key images are of {len(studies)} studies, and a document is of one.",
            "Export them one by one.",
        )


def _images(keys: KeyImages) -> dict[str, str]:
    """Return the class of each image by its UID, each once."""
    return {uid: made.image_class for _name, made in keys.rows for uid in made.image_uids}


def _description(keys: KeyImages) -> str:
    """Return what was noted; and of a picture that no image looks like, what it is."""
    said = []
    for name, made in keys.rows:
        through = ", ".join(f"{x:.1f}" for x in made.place)
        what = f"{made.plane} reformation through {through} mm (LPS)" if made.reformatted else ""
        words = "; ".join(w for w in (made.text, what) if w)
        if words:
            said.append(f"{name}: {words}" if len(keys.rows) > 1 and name != made.text else words)
    return " | ".join(said)


def _hash(keys: KeyImages) -> str:
    content = hashlib.sha256()
    for name, made in keys.rows:
        encoded = codec.encode(replace(made, state=None))
        content.update(f"{name} {encoded.tree}".encode())
        content.update(b"".join(array.tobytes() for array in encoded.arrays.values()))
    return content.hexdigest()


def _referred(sop_class: str, instance: str) -> Any:
    from pydicom.dataset import Dataset

    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = sop_class, instance
    image.Rows = image.Columns = 1  # an image, and no other object: nothing more is read of it
    return image
