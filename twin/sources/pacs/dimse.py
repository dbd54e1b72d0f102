"""DICOM's own protocol (DIMSE): connections, why there is none, C-ECHO and C-FIND."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twin.errors import Cancelled, ServerError, UserError
from twin.progress import Progress
from twin.sources.pacs.server import Link, Server

VERIFICATION = "1.2.840.10008.1.1"
FIND = {"PATIENT": "1.2.840.10008.5.1.4.1.2.1.1", "STUDY": "1.2.840.10008.5.1.4.1.2.2.1"}
"""C-FIND in the patient root model and in the study root model."""

_PENDING = (0xFF00, 0xFF01)
_REJECTED = {
    (1, 2): ("does not speak this protocol", "Is it the DICOM port of the server?"),
    (1, 3): (
        "does not know our AE title “{own}”",
        "Have its administrator enter it, or use the one that he has entered.",
    ),
    (1, 7): ("is not called “{called}”", "Ask its administrator for its AE title; capitals count."),
    (2, 2): ("does not speak this protocol", "Is it the DICOM port of the server?"),
    (3, 1): ("is too busy just now", "Try again in a minute."),
    (3, 2): ("has too many connections open", "Try again in a minute."),
}
"""By source and reason of a refusal (PS3.8, table 9-21): what it means, and what to try."""


def tls_context(server: Server, *, accepting: bool = False) -> ssl.SSLContext:
    """Return how connections with a server are encrypted, to it or (``accepting``) from it.

    Raises
    ------
    UserError
        A certificate cannot be read.
    """
    purpose = ssl.Purpose.CLIENT_AUTH if accepting else ssl.Purpose.SERVER_AUTH
    try:
        context = ssl.create_default_context(purpose, cafile=server.ca_file or None)
        if server.certificate:
            context.load_cert_chain(server.certificate, server.key or None)
    except (OSError, ssl.SSLError) as e:
        files = ", ".join(f for f in (server.ca_file, server.certificate, server.key) if f)
        raise UserError(
            f"The certificates for “{server.name}” cannot be read ({files}): {e}.",
            "They must be PEM files; the key must be the certificate's and not be locked.",
        ) from e
    if accepting and server.ca_file:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def prompt() -> list[tuple[Any, Any]]:
    """Return what has a connection answer at once.

    Many servers send a message in two pieces and wait for our word on the first, which the system
    holds back for 40 ms: at every image. What is told after each sending takes that wait away (Linux).
    """
    from pynetdicom import evt

    def at_once(event: Any) -> None:
        plain = event.assoc.dul.socket.socket
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_QUICKACK"):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    return [(evt.EVT_CONN_OPEN, at_once), (evt.EVT_DATA_SENT, at_once)]


class Dimse:
    """A server that is reached by DIMSE."""

    def __init__(self, link: Link) -> None:
        self.server = link.server

    @contextlib.contextmanager
    def association(
        self,
        contexts: Sequence[tuple[str, Sequence[str]]],
        *,
        stores: Sequence[str] = (),
        handlers: Sequence[Any] = (),
    ) -> Iterator[Any]:
        """Open a connection for ``contexts`` (SOP class, transfer syntaxes) and close it at the end.

        ``stores`` are the classes among them in which the server sends to us on this connection.

        Raises
        ------
        ServerError
            Says why there is none.
        """
        from pynetdicom import AE, build_context, build_role

        server = self.server
        ae = AE(server.own_ae_title)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = server.timeout_s
        ae.connection_timeout = min(server.timeout_s, 10.0)
        try:
            association = ae.associate(
                server.host,
                server.port,
                contexts=[build_context(uid, list(syntaxes)) for uid, syntaxes in contexts],
                ae_title=server.ae_title,
                ext_neg=[build_role(uid, scp_role=True) for uid in dict.fromkeys(stores)],
                evt_handlers=[*prompt(), *handlers],
                tls_args=(tls_context(server), server.host) if server.tls else None,
            )
        except OSError as e:
            raise self._unreachable() from e
        try:
            if not association.is_established:
                raise self._why_not(association)
            yield association
            if association.is_established:
                association.release()
        finally:
            if association.is_established:
                association.abort()

    def echo(self) -> str:
        """Ask the server whether it is there (C-ECHO); returns what it calls itself."""
        with self.association([(VERIFICATION, _PLAIN)]) as association:
            since = time.monotonic()
            status = association.send_c_echo()
            if status.get("Status") != 0x0000:
                raise self.broken("answering", status, since)
            return str(association.acceptor.ae_title)

    def find(self, level: str, wanted: Mapping[str, str], progress: Progress, most: int) -> list[Any]:
        """Return the datasets that match at a level (PATIENT, STUDY, SERIES, IMAGE) by C-FIND.

        Raises
        ------
        ServerError
            It refuses, breaks off, or has more than ``most`` answers.
        """
        from pydicom.dataset import Dataset

        query = Dataset()
        query.QueryRetrieveLevel = level
        if not all(value.isascii() for value in wanted.values()):
            query.SpecificCharacterSet = "ISO_IR 192"
        for keyword, value in wanted.items():
            setattr(query, keyword, value)
        model = FIND["PATIENT" if level == "PATIENT" else "STUDY"]
        found: list[Any] = []
        with self.association([(model, _PLAIN)]) as association:
            since = time.monotonic()
            for status, answer in association.send_c_find(query, model):
                code = status.get("Status")
                if code in _PENDING and answer is not None:
                    found.append(answer)
                    since = time.monotonic()
                    progress(0.0, f"{len(found)} found")
                    if len(found) > most:
                        association.abort()
                        raise too_many(self.server, most)
                elif code != 0x0000:
                    raise self.broken("searching", status, since)
        return found

    def broken(self, doing: str, status: Any, since: float) -> ServerError:
        """Return what a status that is no success means; an empty one is a connection that ended.

        ``since`` is when the wait for it began, by ``time.monotonic``.
        """
        name, code, own = self.server.name, status.get("Status"), self.server.own_ae_title
        if code is None and time.monotonic() - since < self.server.timeout_s:
            return ServerError(
                f"“{name}” ended the connection while {doing}.",
                f"Is it still running, and does it know “{own}” and let it do this?",
            )
        if code is None:
            return ServerError(
                f"“{name}” did not answer within {self.server.timeout_s:g} s while {doing}.",
                "Is it running, and the network up? Try again, or give it more time.",
            )
        comment = str(status.get("ErrorComment") or "").strip().rstrip(".")
        said = f" (“{comment}”)" if comment else ""
        meaning, hint = _STATUS.get(code, _STATUS.get(code & 0xFF00, ("it cannot", "Its log says more.")))
        return ServerError(
            f"“{name}” refused while {doing}: {meaning}{said}, status {code:04X}.",
            hint.format(own=own, port=self.server.own_port),
        )

    def _why_not(self, association: Any) -> ServerError:
        """Return why an association was not to be had."""
        server = self.server
        if association.is_rejected:
            answer = association.acceptor.primitive
            source, reason = int(answer.result_source), int(answer.diagnostic)
            fault, hint = _REJECTED.get(
                (source, reason), ("refuses the connection", "Ask its administrator whether we may connect.")
            )
            names = {"own": server.own_ae_title, "called": server.ae_title}
            return ServerError(
                f"“{server.name}” ({server.address}) {fault.format(**names)}.", hint.format(**names)
            )
        answer = association.acceptor.primitive
        if answer is not None and getattr(answer, "result", None) == 0:
            return ServerError(
                f"“{server.name}” ({server.address}) takes the connection but not what was asked for.",
                "It may not offer this service, or not to us: ask its administrator.",
            )
        return self._unreachable()

    def _unreachable(self) -> ServerError:
        """Look once more how far one gets: to the machine, through the encryption."""
        server = self.server
        who = f"“{server.name}” ({server.address})"
        try:
            with socket.create_connection((server.host, server.port), min(server.timeout_s, 5.0)) as plain:
                if server.tls:
                    with tls_context(server).wrap_socket(plain, server_hostname=server.host) as secure:
                        secure.settimeout(1.0)
                        with contextlib.suppress(TimeoutError):
                            secure.recv(1)  # where our certificate is refused, it shows only now
        except ssl.SSLCertVerificationError as e:
            return ServerError(
                f"{who} cannot be trusted: {e.verify_message}.",
                "Name the authority that signed its certificate, and the host as the certificate calls it.",
            )
        except ssl.SSLError as e:
            return ServerError(
                f"{who} cannot be spoken to over TLS: {e.reason or e}.",
                "Does it use TLS on this port, and does it ask for a certificate of ours?",
            )
        except socket.gaierror:
            return ServerError(
                f"There is no machine called {server.host} (for “{server.name}”).", "Check the host's name."
            )
        except TimeoutError:
            return ServerError(f"{who} does not answer.", "Check host, port, firewall and VPN.")
        except OSError as e:
            if isinstance(e, ConnectionResetError) and server.tls:
                return ServerError(
                    f"{who} ends the encrypted connection.",
                    "Does it use TLS on this port, and does it ask for a certificate of ours?",
                )
            return ServerError(f"{who} cannot be reached: {e.strerror or e}.", "Is it running on that port?")
        other = "" if server.tls else " with TLS"
        return ServerError(
            f"{who} takes the connection but does not answer in DICOM.",
            f"Is it the DICOM port of the server? It may expect a connection{other or ' without TLS'}.",
        )


_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")

_STATUS = {
    0x0122: ("it does not do that", "Try the other way to retrieve (get or move)."),
    0x0124: ("we may not do that there", "Ask its administrator to allow it to “{own}”."),
    0xA700: ("it is out of resources", "Try again later; its disk may be full."),
    0xA701: ("it is out of resources", "Try again later."),
    0xA702: ("it is out of resources", "It may not reach us on port {port}: look at firewalls on the way."),
    0xA801: (
        "it does not know where “{own}” is",
        "Have its administrator enter “{own}” with this machine's address and port {port}; "
        "or retrieve by C-GET.",
    ),
    0xA900: ("it finds what we sent at odds with itself", "Its log says more."),
    0xB000: ("some images could not be sent", "Fetch again; its log says which images and why."),
    0xC000: (
        "it cannot process that",
        "Its log says more. Where it sends by C-MOVE, it must reach “{own}” on this machine's port {port}.",
    ),
    0xFE00: ("it was stopped there", "Try again."),
}
"""What a status means (PS3.4, annex C), and what to try."""


def too_many(server: Server, most: int) -> ServerError:
    """Return what is said where a search finds too much."""
    return ServerError(
        f"“{server.name}” has more than {most:,} answers.", "Narrow the search: a name, an ID, a date."
    )


def stopped(progress: Progress) -> bool:
    """Tell whether the work should stop, in a place from which nothing may be raised."""
    try:
        progress(0.0)
    except Cancelled:
        return True
    return False
