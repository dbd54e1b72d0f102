"""Colors of structures and views, and color maps for fields.

Plain tables. The maps viridis and cividis are matplotlib's (Smith, van der Walt and Firing
2015; Nuñez, Anderton and Renslow 2018; CC0). ``stress`` is Vitruvian's own (Apache-2.0): a
path through CIELAB (D65) from slate blue over violet, rose and orange to pale yellow, lightness 34 to
95 rising all the way, with equal distances (CIE76) from step to step. It begins light enough to stand
out from a dark ground and to be shaded, and orders right in gray and for color-blind eyes. It is
the cubic spline through (L*, a*, b*) = (34, 6, −34), (44, 30, −34), (53, 50, −8), (62, 49, 26),
(74, 23, 54), (86, −1, 56), (95, −6, 34), sampled evenly by its length. ``ember``, for images and for what is
laid over them, is made likewise and begins in black: the monotone cubic through (0, 0, 0), (14, 14, −16),
(28, 40, −24), (42, 56, 14), (56, 56, 44), (70, 30, 58), (84, 8, 46), (97, −3, 16).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

IMAGE_GROUND = "#000000"
"""Behind slices, in either theme: images are read on black."""

PLANE_COLORS = {"axial": "#E5534B", "sagittal": "#E3B341", "coronal": "#57AB5A"}
"""Borders and crosshair lines of the slice views, the field's habit (red, yellow, green)."""

STRUCTURE_COLORS: dict[str, str] = {
    "bone": "#E3D3AE",
    "femur": "#E8D7AC",
    "hip bone": "#DCC39A",
    "sacrum": "#D2B48C",
    "vertebra": "#E0C9A6",
    "spine": "#E0C9A6",
    "skull": "#EADFC6",
    "mandible": "#DBC6A0",
    "rib": "#E3D0A8",
    "tibia": "#E6D2A4",
    "cartilage": "#A9C8D8",
    "tooth": "#F2ECDD",
    "muscle": "#8E3B36",
    "myocardium": "#A5423C",
    "heart": "#B04A43",
    "left ventricle": "#C25A50",
    "right ventricle": "#5B78B0",
    "left atrium": "#D08A72",
    "right atrium": "#7C8FBE",
    "artery": "#D3382F",
    "aorta": "#D3382F",
    "vein": "#3F64B5",
    "vena cava": "#3F64B5",
    "pulmonary artery": "#4F79C4",
    "nerve": "#E8D44D",
    "fat": "#E9C46A",
    "skin": "#D9A58B",
    "lung": "#C88F93",
    "airway": "#9CC4CE",
    "liver": "#9A4F3C",
    "spleen": "#8A4766",
    "kidney": "#A8574A",
    "gallbladder": "#6E9A4A",
    "stomach": "#C98C76",
    "bowel": "#C7A17A",
    "bladder": "#C9B458",
    "brain": "#D2AFA6",
    "ventricle": "#6BA3C7",
    "tumor": "#D6409F",
    "scar": "#F0CF50",
    "implant": "#A9B4C0",
    "cement": "#7FA38C",
}
"""Color by bare term, so that anatomy looks like anatomy."""

OTHER_COLORS = (
    "#60B0A0", "#8060D0", "#D07020", "#C02050", "#E0D080", "#C0C0F0", "#905080", "#D09070", "#2090C0",
    "#20E0A0", "#806020", "#F0B040", "#8000F0", "#F0E000", "#9050F0", "#50F0E0", "#D090F0", "#3060A0",
    "#007050", "#D07080", "#90B050", "#80B0C0", "#C0F070", "#D01020", "#C000A0", "#9080A0", "#409040",
    "#E0E0C0", "#F0E050", "#D060C0", "#D070F0", "#F08000", "#9010C0", "#00D030", "#806070", "#90F0A0",
    "#00A080", "#A0D0C0", "#D06040", "#50C080", "#5050D0", "#D050F0", "#F0A060", "#00E070", "#70D0D0",
    "#D05060", "#7030E0", "#C0A0E0", "#3070A0", "#E0B090", "#A0E0F0", "#708060", "#F080A0", "#7040B0",
    "#90B010", "#E050D0", "#C05000", "#905050", "#007080", "#D0D060", "#A04010", "#E070B0", "#E01090",
    "#70A050", "#706030", "#C09040", "#4090D0", "#F090C0", "#608070", "#E0D020", "#9070A0", "#90D0B0",
    "#50B090", "#D04040", "#B0A060", "#C020F0", "#80F090", "#A010F0", "#E05030", "#D0A0B0", "#A09060",
    "#D00030", "#00B070", "#5070C0", "#904060", "#A02090", "#805040", "#70F0D0", "#B0C0E0", "#70A0E0",
    "#B06070", "#805070", "#B040B0", "#C010C0", "#B0A0D0", "#6090E0", "#F0B0D0", "#A0E0B0", "#C0D090",
    "#A030E0", "#50A0B0", "#D09090", "#C01080", "#30D070", "#B05090", "#F0B0A0", "#90D040", "#607090",
    "#E0E080", "#9060E0", "#A0F0B0", "#508030", "#B060B0", "#E0D050", "#E000C0", "#F0B070", "#60D060",
    "#609020", "#B04060", "#D020E0", "#40D090", "#A000B0", "#E0B020", "#D0A0F0", "#00D080", "#F00000",
    "#E06050", "#A0B040",
)  # fmt: skip
"""In turn for structures whose term the table does not hold: as many as the largest sets of organs have.

Chosen one after the other, each as far as can be (CIE76) from those before it, as most eyes see them and as
protanopes and deuteranopes do (Machado, Oliveira and Fernandes 2009, severity 1): of the first 12 any two are
15 apart or more to each of these; of all 128, 7.5 to most eyes and 4.5 to each. Neighbors in the order are
farther apart than neighbors in hue.
"""

EDGE_COLORS = {
    "endocardium": "#F2705A",
    "epicardium": "#F2CC60",
    "right cavity": "#6FA3E0",
}
"""Edges of a beating heart over its images, by (a part of) their names: told apart by most eyes, on gray."""

SIMULATED_COLOR = "#4FD8E6"
"""A wall that a model moves, over the images of the one that was measured."""

SEGMENT_COLORS = (
    "#3E6FB5", "#86ACE0", "#D9822B", "#F4BC72", "#2E8B7A", "#7CCBBA", "#5C8CCF", "#A9C6EE", "#B5611A",
    "#F8D6A0", "#1F6B5F", "#A6E2D5", "#2F4F91", "#8F93D8", "#E79A45", "#4DAA98", "#D2DEF5",
)  # fmt: skip
"""The 17 segments of the left ventricle: blue, orange and green where the left anterior descending, the right
and the circumflex coronary artery lead as a rule (Cerqueira et al. 2002, Circulation 105:539)."""

LOAD_COLOR = "#4FB3BF"
SUPPORT_COLOR = "#9AA4AE"
MARK_COLOR = "#F2CC60"
MEASURE_COLOR = "#FFD84D"


def structure_color(term: str, number: int = 0) -> str:
    """Return the color of a structure by its bare term ("femur").

    A term that the table does not hold ("left kidney cyst") takes the color of the longest
    entry contained in it, else one of ``OTHER_COLORS`` by ``number``.
    """
    words = term.strip().lower().replace("tumour", "tumor")
    held = [key for key in STRUCTURE_COLORS if key in words]
    if held:
        return STRUCTURE_COLORS[max(held, key=len)]
    return OTHER_COLORS[number % len(OTHER_COLORS)]


FIELD_MAPS = {
    "von Mises stress": "stress",
    "principal stress": "stress",
    "stress": "stress",
    "strain": "stress",
    "strain to yield": "stress",
    "displacement": "viridis",
    "density": "cividis",
    "modulus": "cividis",
    "segment": "segments",
}
"""Map of a field by (a part of) its name; whatever is not listed takes viridis."""


def map_for(field_name: str) -> str:
    """Return the name of the color map that a field of this name is drawn with."""
    words = field_name.lower()
    held = [key for key in FIELD_MAPS if key.lower() in words]
    return FIELD_MAPS[max(held, key=len)] if held else "viridis"


@cache
def color_map(name: str) -> NDArray[np.uint8]:
    """Return a map of colors, shape (256, 3), red green blue; ``KeyError`` names those there are."""
    if name == "segments":
        colors = [bytes.fromhex(color[1:]) for color in SEGMENT_COLORS]
        table = np.array([list(colors[n * len(colors) // 256]) for n in range(256)], np.uint8)
        table.flags.writeable = False
        return table
    if name not in _MAPS:
        raise KeyError(f"no color map “{name}”; there are: {', '.join(_MAPS)}")
    table = np.frombuffer(bytes.fromhex(_MAPS[name]), np.uint8).reshape(256, 3)
    table.flags.writeable = False
    return table


def rgb(color: str) -> tuple[float, float, float]:
    """Return ``#RRGGBB`` as red, green and blue in 0..1; ``ValueError`` where it is not of that form."""
    if len(color) != 7 or color[0] != "#":
        raise ValueError(f"a color is written #RRGGBB, not {color!r}")
    red, green, blue = bytes.fromhex(color[1:])
    return red / 255, green / 255, blue / 255


_MAPS = {
    "viridis": (
        "44015444025645045745055946075a46085c460a5d460b5e470d60470e61471063471164471365481467481668481769"
        "48186a481a6c481b6d481c6e481d6f481f70482071482173482374482475482576482677482878482979472a7a472c7a"
        "472d7b472e7c472f7d46307e46327e46337f463480453581453781453882443983443a83443b84433d84433e85423f85"
        "4240864241864142874144874045884046883f47883f48893e49893e4a893e4c8a3d4d8a3d4e8a3c4f8a3c508b3b518b"
        "3b528b3a538b3a548c39558c39568c38588c38598c375a8c375b8d365c8d365d8d355e8d355f8d34608d34618d33628d"
        "33638d32648e32658e31668e31678e31688e30698e306a8e2f6b8e2f6c8e2e6d8e2e6e8e2e6f8e2d708e2d718e2c718e"
        "2c728e2c738e2b748e2b758e2a768e2a778e2a788e29798e297a8e297b8e287c8e287d8e277e8e277f8e27808e26818e"
        "26828e26828e25838e25848e25858e24868e24878e23888e23898e238a8d228b8d228c8d228d8d218e8d218f8d21908d"
        "21918c20928c20928c20938c1f948c1f958b1f968b1f978b1f988b1f998a1f9a8a1e9b8a1e9c891e9d891f9e891f9f88"
        "1fa0881fa1881fa1871fa28720a38620a48621a58521a68522a78522a88423a98324aa8325ab8225ac8226ad8127ad81"
        "28ae8029af7f2ab07f2cb17e2db27d2eb37c2fb47c31b57b32b67a34b67935b77937b87838b9773aba763bbb753dbc74"
        "3fbc7340bd7242be7144bf7046c06f48c16e4ac16d4cc26c4ec36b50c46a52c56954c56856c66758c7655ac8645cc863"
        "5ec96260ca6063cb5f65cb5e67cc5c69cd5b6ccd5a6ece5870cf5773d05675d05477d1537ad1517cd2507fd34e81d34d"
        "84d44b86d54989d5488bd6468ed64590d74393d74195d84098d83e9bd93c9dd93ba0da39a2da37a5db36a8db34aadc32"
        "addc30b0dd2fb2dd2db5de2bb8de29bade28bddf26c0df25c2df23c5e021c8e020cae11fcde11dd0e11cd2e21bd5e21a"
        "d8e219dae319dde318dfe318e2e418e5e419e7e419eae51aece51befe51cf1e51df4e61ef6e620f8e621fbe723fde725"
    ),
    "cividis": (
        "00224e00234f00245100255300255400265600275800285900285b00295d002a5f002a61002b62002c64002c66002d68"
        "002e6a002e6c002f6d00306f0030700031700031710132710533710833700c34700f357012357014367016377018376f"
        "1a386f1c396f1e3a6f203a6f213b6e233c6e243c6e263d6e273e6e293f6e2a3f6d2b406d2d416d2e416d2f426d31436d"
        "32436d33446d34456c35456c36466c38476c39486c3a486c3b496c3c4a6c3d4a6c3e4b6c3f4c6c404c6c414d6c424e6c"
        "434e6c444f6c45506c46516c47516c48526c49536c4a536c4b546c4c556c4d556c4e566c4f576c50576c51586d52596d"
        "535a6d545a6d555b6d555c6d565c6d575d6d585e6d595e6e5a5f6e5b606e5c616e5d616e5e626e5e636f5f636f60646f"
        "61656f62656f636670646770656870656870666970676a71686a71696b716a6c716b6d726c6d726c6e726d6f726e6f73"
        "6f70737071737172747272747273747374757474757575757676767777767777777878777979777a7a787b7a787c7b78"
        "7d7c787e7c787e7d787f7e78807f78817f788280798381798482798582798683798784788885788985788a86788b8778"
        "8c88788d88788e89788f8a78908b78918b78928c78928d78938e78948e77958f779690779791779892779992779a9376"
        "9b94769c95769d95769e96769f9775a09875a19975a29975a39a74a49b74a59c74a69c74a79d73a89e73a99f73aaa073"
        "aba072aca172ada272aea371afa471b0a571b1a570b3a670b4a76fb5a86fb6a96fb7a96eb8aa6eb9ab6dbaac6dbbad6d"
        "bcae6cbdae6cbeaf6bbfb06bc0b16ac1b26ac2b369c3b369c4b468c5b568c6b667c7b767c8b866c9b965cbb965ccba64"
        "cdbb63cebc63cfbd62d0be62d1bf61d2c060d3c05fd4c15fd5c25ed6c35dd7c45cd9c55cdac65bdbc75adcc859ddc858"
        "dec958dfca57e0cb56e1cc55e2cd54e4ce53e5cf52e6d051e7d150e8d24fe9d34eead34cebd44bedd54aeed649efd748"
        "f0d846f1d945f2da44f3db42f5dc41f6dd3ff7de3ef8df3cf9e03afbe138fce236fde334fee434fee535fee636fee838"
    ),
    "stress": (
        "2e50862f508730518932518a33518c35528d36528f3853903a53913c53923e54934154954354964555974755984a5599"
        "4c55994f569a51569b53569c56569c58569d5b579e5d579e5f579e62579f64579f6657a06957a06b57a06d57a07058a0"
        "7258a17458a17658a17858a17a58a17d58a17f58a18158a18358a18558a18758a08958a08b58a08d58a08e58a090589f"
        "92589f94589f96589f98589e99589e9b589e9d589d9f589da0579ca2579ca4579ca5579ba7579ba8579aaa579aac5799"
        "ad5799af5798b05798b25797b35797b55796b65796b85795b95794ba5794bc5793bd5793be5792c05791c15891c25890"
        "c4588fc5588fc6588ec7588dc9588dca588ccb588bcc588bcd598acf5989d05989d15988d25987d35a86d45a86d55a85"
        "d65a84d75b83d85b83d95b82da5c81db5c80dc5c80dd5d7fdd5d7ede5e7ddf5e7ce05f7ce15f7be2607ae26079e36179"
        "e46178e46277e56276e66376e66475e76474e86573e86673e96672e96771ea6870eb6870eb696fec6a6eec6b6eed6b6d"
        "ed6c6ced6d6bee6e6bee6f6aef7069ef7069ef7168f07267f07367f07466f17566f17665f17764f17864f27963f27a62"
        "f27a62f27b61f37c61f37d60f37e60f37f5ff3805ef4815ef4825df4835df4845cf4855cf4865bf5875bf5885af5895a"
        "f58a59f58b59f58c58f58d58f58e58f58f57f59057f59156f69256f69455f69555f69655f69754f69854f69954f69a53"
        "f69b53f69c53f69d53f69e52f6a052f6a152f6a252f6a351f6a451f6a551f6a651f6a851f6a951f6aa51f6ab51f6ac51"
        "f6ae51f6af51f6b052f6b152f6b352f6b452f6b553f6b753f6b854f6b954f6bb55f6bc55f6bd56f6bf57f6c057f6c158"
        "f6c359f6c45af6c65bf6c75cf5c85df5ca5ff5cb60f5cd61f5ce63f5cf64f5d165f5d267f6d369f6d56af6d66cf6d86e"
        "f6d970f6da72f6db74f6dd76f6de78f6df7af6e07cf6e17ef7e280f7e382f7e484f7e586f7e688f8e78bf8e88df8e98f"
        "f8ea91f9eb93f9eb95f9ec97faed99faed9bfaee9dfbee9ffbefa1fbf0a3fcf0a5fcf0a7fcf1a9fdf1abfdf2adfef2af"
    ),
    "ember": (
        "00000002020404030706050a08060e0a08100c0a130e0b15100c17110e18130f1a14101c15111e16121f171321191423"
        "1a15251b16271c16281e172a1f182c20192e221930231a31251b33271b35281c372a1d382c1d3a2d1e3c2f1e3d311f3f"
        "331f403420423620433821453a21463b21483d22493f224a41224c43224d44234e4623504823514a23524c23544d2355"
        "4f245651245753245955245a57245b59245c5b245e5d245f5f24606124626324636525646725656925676c25686e2669"
        "71266a73266b75266b78266b7a266b7c266b7e266b80266b82266a83266a8526698726698926688a26688c26678d2667"
        "8f26669025659225659325649525639625629725629925619a25609b255f9d255f9e255e9f255da0255ca2255ba3265b"
        "a4265aa52659a62658a82657a92757aa2756ab2755ac2854ae2854af2953b02952b12a52b22b51b42c50b52c50b62d4f"
        "b72e4fb92f4eba304ebb314dbc324cbe334cbf344bc0354bc1364ac3374ac43849c53948c63a48c83b47c93c47ca3d46"
        "cc3e46cd3f45ce4044cf4144d14243d24343d44442d54542d64641d84741d94840db4940dc4b3fdd4c3fdf4d3ee14e3e"
        "e24f3de4513de6523de7533de9553deb573cec583ced5a3cee5c3cef5e3cf0603bf0613bf1633bf1653bf2673af2683a"
        "f26a3af36c3af36e3af36f3af37139f37339f37439f37639f37739f37939f37b39f37c39f37e39f38039f38139f3833a"
        "f3843af3863af3883af3893bf48b3bf48d3cf48f3df4903df4923ef5943ff59641f59842f59a43f69b45f69d46f69f48"
        "f6a149f7a24bf7a44cf7a64ef7a850f7a952f7ab53f8ad55f8ae57f8b059f8b25bf8b35df8b55ff8b761f9b863f9ba65"
        "f9bc67f9bd69f9bf6bf9c06dfac26ffac472fac574fac776fbc979fbca7bfbcc7dfccd80fccf82fcd185fcd287fdd389"
        "fdd58cfdd68efdd891fdd993fdda96fddc98fedd9bfede9dfee09ffee1a2fee2a4fee3a7fee4a9fee6acfee7aefee8b1"
        "fee9b3feeab5feebb8feecbafeedbdfeeebffeefc2fef0c4fef1c6fef2c9fef3cbfef4cefef5d0fdf5d3fdf6d5fdf7d7"
    ),
    "gray": (
        "0000000101010202020303030404040505050606060707070808080909090a0a0a0b0b0b0c0c0c0d0d0d0e0e0e0f0f0f"
        "1010101111111212121313131414141515151616161717171818181919191a1a1a1b1b1b1c1c1c1d1d1d1e1e1e1f1f1f"
        "2020202121212222222323232424242525252626262727272828282929292a2a2a2b2b2b2c2c2c2d2d2d2e2e2e2f2f2f"
        "3030303131313232323333333434343535353636363737373838383939393a3a3a3b3b3b3c3c3c3d3d3d3e3e3e3f3f3f"
        "4040404141414242424343434444444545454646464747474848484949494a4a4a4b4b4b4c4c4c4d4d4d4e4e4e4f4f4f"
        "5050505151515252525353535454545555555656565757575858585959595a5a5a5b5b5b5c5c5c5d5d5d5e5e5e5f5f5f"
        "6060606161616262626363636464646565656666666767676868686969696a6a6a6b6b6b6c6c6c6d6d6d6e6e6e6f6f6f"
        "7070707171717272727373737474747575757676767777777878787979797a7a7a7b7b7b7c7c7c7d7d7d7e7e7e7f7f7f"
        "8080808181818282828383838484848585858686868787878888888989898a8a8a8b8b8b8c8c8c8d8d8d8e8e8e8f8f8f"
        "9090909191919292929393939494949595959696969797979898989999999a9a9a9b9b9b9c9c9c9d9d9d9e9e9e9f9f9f"
        "a0a0a0a1a1a1a2a2a2a3a3a3a4a4a4a5a5a5a6a6a6a7a7a7a8a8a8a9a9a9aaaaaaabababacacacadadadaeaeaeafafaf"
        "b0b0b0b1b1b1b2b2b2b3b3b3b4b4b4b5b5b5b6b6b6b7b7b7b8b8b8b9b9b9babababbbbbbbcbcbcbdbdbdbebebebfbfbf"
        "c0c0c0c1c1c1c2c2c2c3c3c3c4c4c4c5c5c5c6c6c6c7c7c7c8c8c8c9c9c9cacacacbcbcbcccccccdcdcdcecececfcfcf"
        "d0d0d0d1d1d1d2d2d2d3d3d3d4d4d4d5d5d5d6d6d6d7d7d7d8d8d8d9d9d9dadadadbdbdbdcdcdcdddddddedededfdfdf"
        "e0e0e0e1e1e1e2e2e2e3e3e3e4e4e4e5e5e5e6e6e6e7e7e7e8e8e8e9e9e9eaeaeaebebebecececedededeeeeeeefefef"
        "f0f0f0f1f1f1f2f2f2f3f3f3f4f4f4f5f5f5f6f6f6f7f7f7f8f8f8f9f9f9fafafafbfbfbfcfcfcfdfdfdfefefeffffff"
    ),
}
