"""Images from a server by DIMSE: C-GET on our own connection, C-MOVE on one that the server opens to us."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twin.errors import ServerError, UserError
from twin.progress import Progress
from twin.sources.catalog import SeriesRow
from twin.sources.pacs.dimse import Dimse, prompt, tls_context

GET, MOVE = "1.2.840.10008.5.1.4.1.2.2.3", "1.2.840.10008.5.1.4.1.2.2.2"
"""Retrieval in the study root model."""

MOST_UIDS = 64
"""Images that are named in one request."""

Keep = Callable[[str, bytes], None]
"""Takes the UID of an image and its file; raises ``Cancelled`` where the work should stop."""

_REFUSED, _FAILED, _OUT_OF_RESOURCES = 0x0124, 0xC000, 0xA700


class _Inbox:
    """Takes what the server stores; only what was asked for, and remembers what went wrong."""

    def __init__(self, wanted: Sequence[str], keep: Keep) -> None:
        self._wanted, self._keep = set(wanted), keep
        self._one_at_a_time = threading.Lock()
        self.fault: BaseException | None = None

    def __call__(self, event: Any) -> int:
        """Keep an image, or refuse it; the number is what DIMSE answers."""
        uid = str(event.request.AffectedSOPInstanceUID)
        if uid not in self._wanted:
            return _REFUSED
        with self._one_at_a_time:
            if self.fault is not None:
                return _FAILED
            try:
                self._keep(uid, event.encoded_dataset())
            except OSError as e:
                self.fault = UserError(
                    f"An image cannot be kept in {e.filename}: {e.strerror or e}.", "Is the disk full?"
                )
                return _OUT_OF_RESOURCES
            except BaseException as e:  # goes on in the thread that waits for the server
                self.fault = e
                return _FAILED
        return 0x0000


def get(
    peer: Dimse, series: SeriesRow, wanted: dict[str, str], whole: bool, keep: Keep, progress: Progress
) -> None:
    """Fetch images by C-GET; ``wanted`` gives the SOP class of each by its UID.

    Compressed images come as they are stored: each transfer syntax is a context of its own.
    """
    from pynetdicom import evt

    classes = [c for c in dict.fromkeys(wanted.values()) if c]
    inbox = _Inbox(tuple(wanted), keep)
    contexts = [(GET, PLAIN), *storage_contexts(classes)]
    with peer.association(
        contexts, stores=[uid for uid, _s in contexts[1:]], handlers=[(evt.EVT_C_STORE, inbox)]
    ) as association:
        for query in _queries(series, () if whole else tuple(wanted)):
            answers = association.send_c_get(query, GET)
            _await(peer, association, answers, GET, inbox, progress)


def move(
    peer: Dimse, series: SeriesRow, wanted: dict[str, str], whole: bool, keep: Keep, progress: Progress
) -> None:
    """Fetch images by C-MOVE to a storage service of our own, which is there only meanwhile."""
    inbox = _Inbox(tuple(wanted), keep)
    with _listening(peer, inbox), peer.association([(MOVE, PLAIN)]) as association:
        for query in _queries(series, () if whole else tuple(wanted)):
            answers = association.send_c_move(query, peer.server.own_ae_title, MOVE)
            _await(peer, association, answers, MOVE, inbox, progress)


PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")

SYNTAXES = (
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.5",
)  # fmt: skip
"""Transfer syntaxes that images are taken in."""

_MOST_CONTEXTS = 128


def storage_contexts(classes: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    """Return contexts in which a server can send images as they are stored.

    Where there are too many classes (or the server does not tell them), each has one for all syntaxes.
    """
    if classes and len(classes) * len(SYNTAXES) < _MOST_CONTEXTS:
        return [(c, (syntax,)) for c in classes for syntax in SYNTAXES]
    from pynetdicom import AllStoragePresentationContexts

    known = list(dict.fromkeys([*classes, *(str(c.abstract_syntax) for c in AllStoragePresentationContexts)]))
    return [(c, SYNTAXES) for c in known[: _MOST_CONTEXTS - 1]]


def _queries(series: SeriesRow, uids: Sequence[str]) -> Iterator[Any]:
    """Yield the request for the whole series, or, in portions, for some images of it."""
    from pydicom.dataset import Dataset

    for start in range(0, max(len(uids), 1), MOST_UIDS):
        query = Dataset()
        query.QueryRetrieveLevel = "IMAGE" if uids else "SERIES"
        query.StudyInstanceUID, query.SeriesInstanceUID = series.study.uid, series.uid
        if uids:
            query.SOPInstanceUID = list(uids[start : start + MOST_UIDS])
        yield query


def _await(
    peer: Dimse, association: Any, answers: Any, model: str, inbox: _Inbox, progress: Progress
) -> None:
    """Wait until the server has sent all; stop it where the work should stop or nothing can be kept."""
    since = time.monotonic()
    for status, _identifier in answers:
        code = status.get("Status")
        try:
            if inbox.fault is not None:
                raise inbox.fault
            progress(0.0)
        except BaseException:
            if association.is_established:
                with contextlib.suppress(Exception):
                    association.send_c_cancel(1, query_model=model)
                association.abort()
            raise
        if code in (0xFF00, 0x0000):
            since = time.monotonic()
            continue
        # Some images failed: which ones shows when they are counted.
        if code == 0xB000 and int(status.get("NumberOfCompletedSuboperations") or 0) > 0:
            continue
        raise peer.broken("sending images", status, since)


@contextlib.contextmanager
def _listening(peer: Dimse, inbox: _Inbox) -> Iterator[None]:
    """Offer a storage service on our port to whoever calls it by our AE title."""
    from pynetdicom import AE, AllStoragePresentationContexts, evt

    server = peer.server
    if server.tls and not server.certificate:
        raise ServerError(
            f"“{server.name}” sends over TLS to us in a C-MOVE, and we have no certificate to show.",
            "Name a certificate with its key, or retrieve by C-GET.",
        )
    ae = AE(server.own_ae_title)
    ae.require_called_aet = True
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = server.timeout_s
    for context in AllStoragePresentationContexts:
        ae.add_supported_context(context.abstract_syntax, list(SYNTAXES))
    try:
        service = ae.start_server(
            ("0.0.0.0", server.own_port),
            block=False,
            evt_handlers=[*prompt(), (evt.EVT_C_STORE, inbox)],
            ssl_context=tls_context(server, accepting=True) if server.tls else None,
        )
    except OSError as e:
        raise ServerError(
            f"Port {server.own_port}, on which “{server.name}” would send to us, cannot be opened: "
            f"{e.strerror or e}.",
            "Another program may use it (or another retrieval); or retrieve by C-GET.",
        ) from e
    try:
        yield
    finally:
        service.shutdown()
