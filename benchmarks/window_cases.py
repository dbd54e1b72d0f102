"""What the benchmarks of the window share: a window on a record in a folder of its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from desktop.settings import Settings
from desktop.window import MainWindow, listen_to_other_threads, make_window


@contextmanager
def window_on_a_new_record() -> Iterator[MainWindow]:
    """Open the window as the program does, on an empty record."""
    app = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        window = make_window(Settings(Path(folder) / "window.json"))
        listen_to_other_threads()
        window.show()
        window.desk.new_record(Path(folder) / "case.twin")
        app.processEvents()
        yield window
        window.desk.queue.close()
        window.close()


def wait_for_quiet(window: MainWindow) -> None:
    """Run the event loop until no job runs and nothing is being read."""
    app = QApplication.instance()
    assert app is not None
    while window.desk.queue.busy or window.desk.reader.busy:
        # As the program's own loop: asleep between events, not spinning.
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
