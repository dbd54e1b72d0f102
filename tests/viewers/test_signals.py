"""Guards against known breakage of the parts we build on."""

import sys

from PySide6.QtCore import QObject, Signal


class Sender(QObject):
    told = Signal(bool)
    moved = Signal(object)


def test_emitting_signals_does_not_lose_references_to_true():
    # PySide6 6.12.0 with Python 3.11 loses one at each emission and aborts after some 560
    # (architecture.md, "What breaks here").
    sender = Sender()
    got = []
    sender.told.connect(got.append)
    sender.moved.connect(lambda _: True)
    before = sys.getrefcount(True)
    for _ in range(100):
        sender.told.emit(True)
        sender.moved.emit(None)
    got.clear()
    assert abs(sys.getrefcount(True) - before) <= 50
