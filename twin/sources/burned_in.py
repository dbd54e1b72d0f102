"""Whether an image may show text that names its patient."""

_DRAWN = ("US", "ES", "XC", "GM", "SM", "OP", "OT")
"""Modalities whose machines write into the picture, or whose pictures may show the patient."""

_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_ULTRASOUND = ("1.2.840.10008.5.1.4.1.1.3.1", "1.2.840.10008.5.1.4.1.1.6")


def burned_in(said: str, modality: str, sop_class: str, image_type: tuple[str, ...] = ()) -> str:
    """Return why text may be burned into an image's pixels, in words; empty where nothing speaks for it.

    Parameters
    ----------
    said : str
        Burned In Annotation (0028,0301) as the file has it. ``NO`` is believed of sections of the body; of
        captured and ultrasound pictures it often is wrong.
    """
    if said.strip().upper() == "YES":
        return "its file says that text is burned into it"
    if sop_class == _CAPTURE or sop_class.startswith(_CAPTURE + "."):
        return "it is a picture of a screen or a page"
    if sop_class.startswith(_ULTRASOUND) or modality == "US":
        return "ultrasound machines write names into their pictures"
    if "SCREEN SAVE" in " ".join(image_type) or modality in _DRAWN:
        return f"pictures of this kind ({modality or 'SCREEN SAVE'}) often bear text"
    return ""
