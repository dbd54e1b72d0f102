"""Color bars of several fields in one 3-D view."""

import numpy as np

from tests.viewers.phantoms import box_mesh
from viewers import scene_decor
from viewers.scene_view import SceneView


def test_of_two_color_bars_each_says_what_it_is_of_and_a_narrow_view_has_one(qtbot, monkeypatch):
    view = SceneView()
    qtbot.addWidget(view)
    view.show()
    mesh = box_mesh((2, 2, 2))
    field = {"where": "element", "unit": "mm", "limits": (0.0, 14.0)}
    for key, title in (("h", "Displacement"), ("r", "Fiber stress")):
        view.show_field(key, mesh, np.zeros(len(mesh.tets)), title=title, **field)
    view.set_names({"h": "heart", "r": "full beat"})
    texts, places = [], []
    plain = scene_decor.paint.text_at

    def note(painter, box, flags, text, color, **more):
        texts.append(text)
        places.append(box.left())
        plain(painter, box, flags, text, color, **more)

    monkeypatch.setattr(scene_decor.paint, "text_at", note)
    view.resize(520, 400)
    view.grab()
    at = dict(zip(texts, places, strict=True))
    assert at["heart"] == at["Displacement"] < at["Fiber stress"] == at["full beat"]
    wide = view.fontMetrics().horizontalAdvance("Displacement")
    assert at["Displacement"] + wide < at["Fiber stress"]
    texts.clear()
    view.resize(200, 300)
    view.grab()
    assert "Fiber stress" in texts
    assert "Displacement" not in texts
    view.set_visible("h", False)
    texts.clear()
    view.resize(520, 400)
    view.grab()
    assert "full beat" not in texts  # there is no other
