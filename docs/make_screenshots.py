"""Walks from a scan to stresses in the real window, without a screen, and takes its pictures.

    python docs/make_screenshots.py [SCAN] [-o FOLDER] [--edge MM] [--scale N] [--theme dark|light]
    python docs/make_screenshots.py --heart RECORD [...]

The second takes ``heart-planes.png`` of a record that holds placed planes of a heart and surfaces of it.

Without a scan: the hip CT among the shared data, else the reference patient. Writes ``empty.png``,
``images.png``, ``anatomy.png``, ``simulate.png`` and ``report.png`` of 1280×800.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIZE = (1280, 800)


def parsed() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description="Takes the pictures of the window.")
    parser.add_argument("scan", nargs="?", type=Path, help="a DICOM folder, or a .twin that holds the walk")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--edge", type=float, default=2.5, help="edge of the tetrahedra, mm")
    parser.add_argument("--scale", type=int, default=1, help="2 for a 4K screen")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--heart", type=Path, help="a .twin with placed planes and surfaces of a heart")
    return parser.parse_args()


class Photographer:
    """Drives the window by its commands, waits for it, and saves what is seen."""

    def __init__(self, folder: Path, theme: str, scale: int) -> None:
        from PySide6.QtWidgets import QApplication

        from desktop.settings import Settings
        from desktop.window import listen_to_other_threads, make_window

        self.app = QApplication.instance() or QApplication(sys.argv[:1])
        self.folder = folder
        self.window = make_window(Settings(Path(tempfile.mkdtemp()) / "window.json", theme=theme))
        listen_to_other_threads()
        width, height = SIZE if scale == 1 else (1920, 1080)
        self.window.resize(width, height)
        self.window.show()
        self.window.desk.failed.connect(self._fail)
        self.settle()

    def _fail(self, error: Exception, details: str) -> None:
        raise SystemExit(f"{error}\n{details}")

    def settle(self) -> None:
        """Run the event loop until nothing runs, nothing is read and everything is drawn."""
        from PySide6.QtCore import QElapsedTimer, QEventLoop, QTimer

        desk, quiet = self.window.desk, QElapsedTimer()
        quiet.start()
        while quiet.elapsed() < 700:
            loop = QEventLoop()
            QTimer.singleShot(50, loop.quit)
            loop.exec()
            if desk.queue.busy or desk.reader.busy:
                quiet.restart()

    def do(self, command: str) -> None:
        """Run a command and wait for what comes of it."""
        from desktop.commands import BY_ID

        why = BY_ID[command].why_not(self.window.desk)
        if why:
            raise SystemExit(f"{command}: {why}")
        BY_ID[command].trigger(self.window.desk)
        self.settle()

    def choose(self, kind: str, name: str = "") -> None:
        """Select the newest entity of a kind, or a structure by name."""
        session = self.window.desk.session
        found = [i for i in session.items if i.kind == kind and (not name or i.part == name)]
        if found:
            session.select(found[-1].key)
            self.settle()

    def take(self, name: str) -> None:
        """Save the window as ``name.png``."""
        self.window.errors.hide()
        self.settle()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.window.grab().save(str(self.folder / f"{name}.png"))
        print(self.folder / f"{name}.png")


def walk(camera: Photographer, scan: Path | None, edge_mm: float) -> None:
    """Take the five pictures along the way; what a record holds already is not made again."""
    session = camera.window.desk.session
    camera.take("empty")
    if scan is None:
        camera.window.incoming.reference()
    else:
        camera.window.open_paths([scan])
    camera.settle()
    for item in session.items:
        if item.kind in ("surface", "mesh", "landmarks", "model", "result"):
            session.show(item.key, False)
    camera.take("images")
    camera.do("go.anatomy")
    if not session.structures():
        camera.do("anatomy.segment")
    femurs = [i for i in session.structures() if i.term == "femur"]
    camera.choose("labelmap", "left femur" if any(i.part == "left femur" for i in femurs) else "")
    for item in session.of_kind("surface"):
        session.show(item.key)
    if not session.of_kind("mesh"):
        camera.window.desk.params["mesh.tetrahedra"] = {"edge_mm": edge_mm}
        camera.do("anatomy.mesh")
    camera.take("anatomy")
    camera.do("go.simulate")
    if not session.of_kind("model"):
        camera.do("simulate.load")
    camera.choose("model")
    if not session.of_kind("result"):
        camera.do("simulate.solve")
    camera.choose("result")
    session.show_only(session.of_kind("result")[-1].key)
    camera.take("simulate")
    camera.do("go.report")
    camera.take("report")


def planes(camera: Photographer, record: Path) -> None:
    """Take the picture of a heart's long axis, of the surfaces over it, and of where its planes lie."""
    desk = camera.window.desk
    camera.window.open_paths([record])
    camera.settle()
    session = desk.session
    for item, color in zip(session.of_kind("surface"), ("#E06C75", "#61AFEF", "#E5C07B"), strict=False):
        desk.edit_entity("record.color", item.id, color=color)
        session.show(item.key)
    plane = next(i for i in session.of_kind("volume") if session.entry(i.id).tree["voxels"]["shape"][-3] == 1)
    session.show(plane.key)
    camera.settle()
    camera.do("view.slices")
    desk.stage.scene.view_from("L")
    camera.take("heart-planes")


def main() -> None:
    """Set up a place without a screen and walk."""
    options = parsed()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    os.environ.setdefault("VITRUVIAN_TWINS", tempfile.mkdtemp(prefix="vitruvian-pictures-"))
    if options.scale > 1:
        os.environ["QT_SCALE_FACTOR"] = str(options.scale)
    scan = options.scan
    data = Path(os.environ.get("VITRUVIAN_DATA", ROOT.parent / "shared" / "data")) / "ct-hip" / "dicom"
    if scan is None and data.is_dir():
        scan = data
    camera = Photographer(options.output, options.theme, options.scale)
    if options.heart is not None:
        planes(camera, options.heart)
    else:
        walk(camera, scan, options.edge)
    print(camera.window.desk.session.record.path)  # type: ignore[union-attr]
    camera.window.close()


if __name__ == "__main__":
    main()
