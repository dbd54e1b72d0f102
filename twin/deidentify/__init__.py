"""De-identification: what leaves says nothing of whose it is, and stays of use.

DICOM's Basic Confidentiality Profile with the options Clean Descriptors and Retain Longitudinal Temporal
Information with Modified Dates (PS3.15 Annex E). Beyond the standard's table, what may stay is told by lists
of words, not what must go: a text element that nobody has thought of loses all that is not known to be
harmless.
"""

from twin.deidentify.secret import Secret, Subject

__all__ = ["Secret", "Subject"]
