"""An exception in what Qt calls is told, and the program goes on; tried in a process of its own."""

import os
import subprocess
import sys

PROGRAM = """
import gc
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from desktop import faults
from desktop.errors import ErrorBar
from desktop.section import Panel

turn = 0

def fail():
    global turn
    turn += 1
    if turn % 2:
        int(float("nan"))
    raise ValueError("of Python's own")

class Broken(Panel):
    def refresh(self):
        fail()

    def resizeEvent(self, event):
        fail()

    def sizeHint(self):
        fail()

app = QApplication([])
pages = QStackedWidget()
errors = ErrorBar(pages)
faults.report_faults(errors)
pages.addWidget(QWidget())
pages.addWidget(Broken("broken"))
pages.show()
for _ in range(20):
    pages.setCurrentIndex(1)
    app.processEvents()
    pages.resize(pages.width() + 1, 300)
    pages.setCurrentIndex(0)
    gc.collect()
app.processEvents()
print("seen:", errors.message.text())
"""


def test_an_exception_in_what_qt_calls_is_told_and_survived() -> None:
    """Without the guard either kind ends in a segmentation fault (PySide 6.11.3, Python 3.11.7)."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-500:]
    assert "Something went wrong inside the program" in ran.stdout
    for told in ("cannot convert float NaN", "of Python's own", "in refresh"):
        assert told in ran.stderr  # with its place, for those who mend it
