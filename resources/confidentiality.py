"""What DICOM's Basic Confidentiality Profile does to each attribute (PS3.15 2023b, Table E.1-1).

By group, element numbers in hexadecimal. Attributes that are UIDs, dates or times are not listed: they
are told by their VR (the table's note 4 allows that), and so are private ones, all of which go. Where
the table leaves a choice (X/Z, X/D, Z/D), what keeps an object valid is taken: empty before removed,
a dummy before empty.
"""

REMOVE = {
    0x0008: "0054 0055 0081 0092 0094 0096 009D 0201 1000 1040 1041 1048 1049 1050 1052 1060 1062 1072 1080"
    " 1084 1088 1120 4000",
    0x0010: "0021 0032 0050 0101 0102 1000 1001 1002 1005 1010 1020 1030 1040 1050 1060 1080 1081 1090 1100"
    " 2000 2110 2150 2152 2154 2155 2160 2180 21A0 21B0 21C0 21F0 2297 2299 4000",
    0x0012: "0051 0071 0072 0082",
    0x0016: "002B 004B 004D 004E 004F 0050 0051 0070 0071 0072 0073 0074 0075 0076 0077 0078 0079 007A 007B"
    " 007C 007D 007E 007F 0080 0081 0082 0083 0084 0085 0086 0087 0088 0089 008A 008B 008C 008D 008E",
    0x0018: "1004 1005 1007 1008 1009 100A 5011 9185 9373 937B 937F 9937 A003",
    0x0020: "0027 3401 3406 9158",
    0x0028: "4000",
    0x0032: "0012 1020 1021 1032 1033 1066 1067 1070 4000",
    0x0038: "0004 0010 0011 0014 001E 0040 0050 0060 0061 0062 0064 0300 0400 0500 4000",
    0x003A: "0329 032B",
    0x0040: "0001 0006 0009 000B 0010 0011 0012 0241 0242 0243 0253 0275 0280 0310 050A 051A 0600 0602 06FA"
    " 1001 1004 1005 100A 1010 1011 1102 1103 1104 1400 2001 2008 2009 2010 2011 2400 3001 4025 4027 4028"
    " 4030 4034 4035 4036 4037 A078 A07A A07C A307 A352 A353 A354 A358",
    0x0050: "001B 0020 0021",
    0x006A: "0006",
    0x0070: "0086",
    0x0074: "1234 1236",
    0x0088: "0200 0904 0906 0910 0912",
    0x0400: "0310 0402 0403 0404 0550 0551 0552 0561 0600",
    0x2030: "0020",
    0x2100: "0070",
    0x3002: "0121 0123",
    0x3006: "0038",
    0x300A: "0003 0004 000B 000E 0016 0072 00C3 00DD 0196 01A6 01B2 0216 02EB 0676 078E 0792 0794 079A",
    0x300C: "0113",
    0x3010: "0036 0037 0061",
    0x4000: "0010 4000",
    0x4008: "0040 0042 0102 010A 010B 010C 0111 0114 0115 0118 0119 011A 0200 0202 0300 4000",
    0xFFFA: "FFFA",
    0xFFFC: "FFFC",
}
"""Taken out (X)."""

EMPTY = {
    0x0008: "0050 0080 0082 0090 009C 1010 1070 1110 1111",
    0x0010: "0030 0040 2203",
    0x0012: "0021 0030 0031 0050 0060",
    0x0018: "1000",
    0x0020: "0010",
    0x0040: "0513 0555 0562 0610 2016 2017 A088",
    0x0400: "0564",
    0x2200: "0002 0005",
    0x3006: "00A6",
    0x3008: "0105",
    0x300A: "00B2 0611 0615 067D",
    0x300E: "0008",
    0x3010: "000F 0017 001B 0043 005A 005C 007A 007B 007F 0081",
}
"""Left without a value (Z)."""

DUMMY = {
    0x0010: "0010 0020",
    0x0012: "0010 0020 0040 0042 0081",
    0x0018: "11BB 700A 9367 9371",
    0x0034: "0002 0005",
    0x0040: "0512 0551 1101 A027 A073 A075 A123",
    0x006A: "0005",
    0x0070: "0001 0084",
    0x0072: "005E 005F 0065 0066 0068 006A 006C 006D 006E 0070 0071",
    0x0400: "0115 0563 0565",
    0x2100: "0140",
    0x300A: "0002 0608 0619 0623 062A 067C 0734 0742 0783",
    0x3010: "002D 0033 0034 0035 0038 0054 0056 0077",
}
"""Given a value that says nothing (D)."""

CLEAN = {
    0x0008: "1030 103E 2111",
    0x0018: "0010 1030 1400 4000 9424",
    0x0020: "4000",
    0x0032: "1030 1060",
    0x0040: "0007 0254 1002",
    0x3006: "0002 0004 0006 0026 0028 0085 0088",
}
"""Descriptions of which the words that are known stay (C, by the Clean Descriptors option)."""

REMOVED_GROUPS = ((0x5000, 0x50FF), (0x6000, 0x60FF))
"""Curves and overlays."""

METHODS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113105", "Clean Descriptors Option"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)
"""What was done, in the codes of CID 7050 (scheme DCM)."""

FACES = ("113102", "Clean Recognizable Visual Features Option")
"""What is added where faces were removed."""


def tags(table: dict[int, str]) -> frozenset[int]:
    """Return a table's attributes as whole tags."""
    return frozenset(group << 16 | int(e, 16) for group, listed in table.items() for e in listed.split())
