"""Cancel: from the click on “stop” to an idle queue, for a job that does not listen."""

import time

import numpy as np

from twin.progress import Progress

NAME = "cancel"
GOAL_MS = 500.0
REPEATS = 5


def stuck(progress: Progress) -> None:
    """Say once that it runs, then hear nothing inside LAPACK."""
    progress(0.1, "factorizing")
    a = np.random.default_rng(1).normal(size=(6000, 6000))
    while True:
        np.linalg.inv(a)


def measure() -> list[float]:
    """Return ms from the request to the end of the job."""
    from PySide6.QtWidgets import QApplication

    from benchmarks.window_cases import wait_for_quiet, window_on_a_new_record
    from twin.jobs import Job

    def plan():
        yield Job(stuck, title="Stuck")

    taken = []
    with window_on_a_new_record() as window:
        for _ in range(REPEATS):
            work = window.desk.start("Stuck", plan())
            while work.fraction == 0:
                QApplication.processEvents()
            until = time.perf_counter() + 1.0
            while time.perf_counter() < until:
                QApplication.processEvents()
            began = time.perf_counter()
            window.strip.jobs.stop.click()
            wait_for_quiet(window)
            taken.append(1e3 * (time.perf_counter() - began))
    return taken
