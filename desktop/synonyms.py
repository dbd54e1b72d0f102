"""What people who know other programs call a command: the palette finds it by these words too.

By id, or by the beginning of several ids up to a point.
"""

_OF: dict[str, tuple[str, ...]] = {
    "file.open": ("load", "import", "add data", "nifti", "nrrd", "stl"),
    "file.folder": ("load", "import", "directory", "add data", "series"),
    "file.browse": ("pacs", "query", "retrieve", "download", "worklist", "database", "patients"),
    "file.reference": ("sample data", "demo", "example", "phantom"),
    "file.copy": ("backup", "duplicate"),
    "file.export": ("save", "stl", "obj", "nrrd", "seg", "rtstruct", "download"),
    "file.export_deidentified": ("anonymize", "anonymise", "anonymous", "pseudonymize"),
    "file.import_deidentified": ("anonymize", "anonymise", "anonymous", "pseudonymize"),
    "file.deidentify": ("anonymize", "anonymise", "anonymous", "pseudonymize"),
    "file.lock": ("password", "encrypt", "decrypt"),
    "file.send": ("store", "upload", "push", "archive", "dicom node"),
    "file.picture": ("screenshot", "snapshot", "screen capture", "image", "png"),
    "file.film": ("movie", "video", "animation", "recording", "screen capture"),
    "file.quit": ("exit",),
    "edit.undo": ("revert",),
    "edit.color": ("colour",),
    "edit.delete": ("remove", "erase"),
    "edit.visible": ("visibility", "eye", "toggle"),
    "edit.again": ("update", "refresh", "recompute"),
    "edit.stop": ("abort",),
    "images.ct": ("hu", "modality"),
    "images.labels": ("labelmap", "segmentation", "mask", "structures"),
    "view.window": ("level", "wl", "preset", "brightness", "contrast", "hu", "hounsfield"),
    "view.invert": ("negative", "inverse"),
    "view.interpolate": ("smooth", "pixelated", "nearest neighbor"),
    "view.color": ("lut", "colormap", "lookup table", "palette", "colour"),
    "view.from": ("camera", "orientation", "anterior posterior lateral superior inferior"),
    "view.fit": ("reset", "zoom", "home", "center", "recenter"),
    "view.all": ("mpr", "quad", "grid", "conventional", "hanging"),
    "view.scene": ("conventional", "dual", "measured cine", "beside the beat", "simulated contours"),
    "view.only": ("maximize", "fullscreen", "full screen", "enlarge"),
    "view.labels": ("overlay", "mask", "segmentation", "contours"),
    "view.link": ("synchronize", "sync", "unlink"),
    "view.clip": ("cut", "crop", "section plane"),
    "view.volume": ("vr", "vrt", "raycasting", "3d", "cinematic"),
    "view.volume.ct_maximum": ("mip", "projection"),
    "view.volume.mr_maximum": ("mip", "projection"),
    "view.cine": ("4d", "loop", "movie", "sequence", "time", "frame", "animate"),
    "view.turn": ("rotate", "oblique", "reformat", "mpr", "tilt", "double-oblique"),
    "view.slab": ("thick", "mpr", "thickness", "projection"),
    "view.slab.max": ("mip",),
    "view.slab.min": ("minip",),
    "view.slab.mean": ("average",),
    "view.fuse": ("overlay", "blend", "foreground", "superimpose", "pet-ct", "opacity"),
    "view.compare": ("side by side", "prior", "previous", "follow-up", "viewports"),
    "view.theme": ("night", "appearance", "style"),
    "view.larger": ("font", "zoom", "scale"),
    "view.smaller": ("font", "zoom", "scale"),
    "view.find": ("search", "palette"),
    "measure.distance": ("ruler", "length", "line", "caliper", "diameter", "markup"),
    "measure.angle": ("protractor", "markup"),
    "measure.cobb": ("scoliosis", "spine"),
    "measure.ellipse": ("roi", "circle", "oval", "hounsfield", "hu"),
    "measure.polygon": ("roi", "freehand", "contour", "closed curve", "hounsfield", "hu"),
    "measure.ball": ("sphere", "voi", "roi"),
    "measure.point": ("probe", "fiducial", "pixel value", "hounsfield", "hu", "landmark"),
    "measure.arrow": ("annotate", "annotation", "pointer"),
    "measure.text": ("annotate", "annotation", "note", "comment", "label"),
    "measure.structure": ("segment statistics", "volumetry", "segmentation volume"),
    "measure.export": ("structured report", "tid 1500", "excel", "spreadsheet", "statistics"),
    "anatomy.segment": ("segmentation", "threshold", "segment editor", "automatic"),
    "anatomy.surfaces": ("models", "closed surface", "isosurface", "3d"),
    "anatomy.mesh": ("tetrahedral", "finite elements", "fem", "volumetric"),
    "anatomy.left": ("laterality",),
    "anatomy.right": ("laterality",),
    "anatomy.heart": ("segmentation", "cardiac", "ventricle", "cine"),
    "anatomy.pull": ("edit contours", "correct", "drag", "deform", "nudge", "segment editor"),
    "anatomy.ventricle_ct": ("angiography", "ccta", "blood pool", "segmentation", "cardiac"),
    "anatomy.scar": ("lge", "late gadolinium enhancement", "infarct", "fibrosis", "viability", "delayed"),
    "view.fibers": ("fibres", "streamlines", "glyphs", "helix", "myofibers"),
    "anatomy.ventricle": ("tetrahedral", "finite elements", "fem", "cardiac", "fibers"),
    "simulate.heart": ("personalize", "calibrate", "cardiac"),
    "simulate.beat": ("fem", "finite elements", "cardiac", "run", "calculate"),
    "simulate.segments": ("bullseye", "polar map", "aha", "segments", "thickness"),
    "simulate.load": ("forces", "boundary conditions", "constraints"),
    "simulate.solve": ("fem", "finite elements", "run", "calculate", "simulation"),
    "report.write": ("print", "document"),
    "help.keys": ("shortcuts", "hotkeys", "manual", "help", "documentation"),
}


def synonyms_of(id: str) -> tuple[str, ...]:
    """Return what else a command is called."""
    return tuple(
        word for key, words in _OF.items() if id == key or id.startswith(f"{key}.") for word in words
    )


def known_ids() -> tuple[str, ...]:
    """Return the ids, and beginnings of ids, that have other words."""
    return tuple(_OF)
