"""Codes of what is measured and in which unit (DICOM PS3.16: CID 7470, 7469, 7464, 7461, 7550; UCUM)."""

Code = tuple[str, str, str]
"""Value, coding scheme, meaning."""

PRIVATE = "99VITRUVIAN"

CONCEPTS: dict[str, Code] = {
    "length": ("410668003", "SCT", "Length"),
    "angle": ("1483009", "SCT", "Angle"),
    "Cobb angle": ("285285000", "SCT", "Cobb angle"),
    "area": ("42798000", "SCT", "Area"),
    "perimeter": ("131191004", "SCT", "Perimeter"),
    "volume": ("118565006", "SCT", "Volume"),
    "long axis": ("103339001", "SCT", "Long axis"),
    "short axis": ("103340004", "SCT", "Short axis"),
    "axis 1": ("axis-1", PRIVATE, "Longest axis"),
    "axis 2": ("axis-2", PRIVATE, "Middle axis"),
    "axis 3": ("axis-3", PRIVATE, "Shortest axis"),
    "voxels": ("voxel-count", PRIVATE, "Voxels whose centers lie inside"),
}
"""By the name of a number; what is a statistic of values is in ``DERIVATIONS``."""

DERIVATIONS: dict[str, Code] = {
    "mean": ("373098007", "SCT", "Mean"),
    "standard deviation": ("386136009", "SCT", "Standard Deviation"),
    "minimum": ("255605001", "SCT", "Minimum"),
    "maximum": ("56851009", "SCT", "Maximum"),
}

ATTENUATION: Code = ("112031", "DCM", "Attenuation Coefficient")
MR_INTENSITY: Code = ("110852", "DCM", "MR signal intensity")
XRAY: Code = ("110850", "DCM", "X-Ray Attenuation")
VALUE: Code = ("pixel-value", PRIVATE, "Pixel value")
COMMENT: Code = ("121106", "DCM", "Comment")
IMAGING: Code = ("363679005", "SCT", "Imaging procedure")

UNITS: dict[str, Code] = {
    "mm": ("mm", "UCUM", "millimeter"),
    "mm²": ("mm2", "UCUM", "square millimeter"),
    "mL": ("ml", "UCUM", "milliliter"),
    "px": ("{pixels}", "UCUM", "pixels"),
    "px²": ("{pixels2}", "UCUM", "square pixels"),
    "°": ("deg", "UCUM", "degree"),
    "HU": ("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "Bq/mL": ("Bq/ml", "UCUM", "Becquerels/milliliter"),
    "g/mL": ("g/ml", "UCUM", "grams/milliliter"),
    "": ("1", "UCUM", "no units"),
}

FINDINGS: dict[str, Code] = {
    "arrow": ("arrow", PRIVATE, "Arrow"),
    "text": ("text", PRIVATE, "Text"),
    "point": ("point", PRIVATE, "Point"),
}
"""What a group is of that has no measurement to say it."""


def value_code(modality: str, unit: str) -> Code:
    """Return what a voxel's value is, by modality and unit."""
    if unit == "HU":
        return ATTENUATION
    return {"MR": MR_INTENSITY, "CR": XRAY, "DX": XRAY}.get(modality, VALUE)


def unit_code(unit: str) -> Code:
    """Return a unit's code; one that UCUM may not know stands there as what it is called."""
    return UNITS.get(unit, (f"{{{''.join(unit.split())}}}", "UCUM", unit))
