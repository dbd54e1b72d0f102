"""The step that takes the face off an image."""

from twin.domain import Volume
from twin.errors import UserError
from twin.params import NoParams
from twin.progress import Progress
from twin.steps import Made, step


@step("face.remove", version=1, title="Remove the face", edits="volume")
def remove_face(volume: Volume, params: NoParams, progress: Progress) -> Made:
    """Blank the soft tissue of the face in an image of the head; bone and brain stay. Undo brings it back."""
    from segmentation.face.remove import without_face

    new, face = without_face(volume)
    if face is None:
        raise UserError(
            "No face was found in this image.",
            "It may show no head, or too little of one; look at it before you hand it on.",
        )
    nose = [round(float(x), 1) for x in face.nose_lps_mm]
    return Made({"volume": new}, {"removed_ml": face.tissue_ml, "nose_lps_mm": nose})
