"""DICOMweb: searching by QIDO, fetching by WADO, storing by STOW."""

from __future__ import annotations

import contextlib
import fnmatch
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from twin.errors import ServerError, UserError
from twin.progress import Progress
from twin.sources.catalog import SeriesRow
from twin.sources.pacs.dimse import too_many
from twin.sources.pacs.dimse_fetch import Keep
from twin.sources.pacs.server import Link

_PAGE = 200
_SERVICE = "Is the URL that of its DICOMweb service (often …/dicom-web)?"


class Web:
    """A server that is reached by DICOMweb."""

    def __init__(self, link: Link) -> None:
        from dicomweb_client import DICOMwebClient
        from dicomweb_client.session_utils import create_session

        self.server = link.server
        session = create_session()
        session.verify = link.server.ca_file or True
        if link.server.certificate:
            files = (link.server.certificate, link.server.key)
            session.cert = files if link.server.key else link.server.certificate
        if link.server.user:
            session.auth = (link.server.user, link.secret)
        elif link.secret:
            session.headers["Authorization"] = f"Bearer {link.secret}"
        session.headers["Accept-Encoding"] = "identity"  # packing images costs a server more than it saves
        session.trust_env = False  # a .netrc would send somebody else's login
        with self._in_words("being set up"):
            self._client = DICOMwebClient(
                link.server.url.rstrip("/"), session, permissive_uid=True,
                timeout=(min(link.server.timeout_s, 10.0), link.server.timeout_s),
            )  # fmt: skip
        self._client.set_http_retry_params(retry=False)
        get = session.get
        # Some servers (Orthanc among them) do not decode what is encoded in a query; these need not be.
        session.get = lambda url, **words: get(url.replace("%2A", "*").replace("%3F", "?"), **words)

    def echo(self) -> str:
        """Ask the server whether it is there, by the smallest search."""
        with self._in_words("answering"):
            self._client.search_for_studies(limit=1)
        return self.server.url

    def find(self, level: str, wanted: Mapping[str, str], progress: Progress, most: int) -> list[Any]:
        """Return the datasets that match at a level (STUDY, SERIES, IMAGE) by QIDO.

        Raises
        ------
        ServerError
            It refuses, breaks off, or has more than ``most`` answers.
        """
        from pydicom.dataset import Dataset

        filters = {k: v for k, v in wanted.items() if v and k not in _IN_PATH[level]}
        plain = {k: _SPECIAL.sub("*", v) for k, v in filters.items()}
        widened = [k for k in filters if plain[k] != filters[k]]
        fields = [k for k in wanted if k not in ("StudyInstanceUID", "SeriesInstanceUID")]
        place = [wanted[k] for k in _IN_PATH[level]]
        client = self._client
        search = {
            "STUDY": client.search_for_studies,
            "SERIES": client.search_for_series,
            "IMAGE": client.search_for_instances,
        }[level]
        found: list[Any] = []
        while True:
            progress(0.0, f"{len(found)} found")
            with self._in_words("searching"):
                page = search(*place, search_filters=plain, fields=fields, limit=_PAGE, offset=len(found))
                found += [Dataset.from_json(answer) for answer in page]
            if len(found) > most:
                raise too_many(self.server, most)
            if len(page) < _PAGE:
                return [ds for ds in found if all(_matches(ds.get(k), filters[k]) for k in widened)]

    def fetch(
        self, series: SeriesRow, wanted: dict[str, str], whole: bool, keep: Keep, progress: Progress
    ) -> None:
        """Fetch images one by one by WADO, as they are stored."""
        for uid in wanted:
            progress(0.0)
            with self._in_words("sending images"):
                image = self._client.retrieve_instance(
                    series.study.uid, series.uid, uid, media_types=(("application/dicom", "*"),)
                )
                if str(image.get("SOPInstanceUID")) != uid:
                    raise ServerError(
                        f"“{self.server.name}” sent another image than the one asked for ({uid})."
                    )
                buffer = BytesIO()
                image.save_as(buffer, enforce_file_format=True)
            keep(uid, buffer.getvalue())

    def store(self, datasets: Sequence[Any]) -> list[str]:
        """Store images by STOW.

        Returns
        -------
        list of str
            Why images were not taken, one line each.
        """
        with self._in_words("taking images"):
            answer = self._client.store_instances(datasets)
        failed = answer.get("FailedSOPSequence") or ()
        return [
            f"{item.get('ReferencedSOPInstanceUID', '?')}: reason {int(item.get('FailureReason') or 0):04X}"
            for item in failed
        ]

    @contextlib.contextmanager
    def _in_words(self, doing: str) -> Iterator[None]:
        """Say in words what HTTP says in numbers."""
        import requests  # type: ignore[import-untyped, unused-ignore]

        server = self.server
        who = f"“{server.name}” ({server.url})"
        try:
            yield
        except UserError:
            raise
        except requests.exceptions.HTTPError as e:
            raise self._of_status(who, doing, e) from e
        except requests.exceptions.SSLError as e:
            if "WRONG_VERSION_NUMBER" in str(e):
                raise ServerError(f"{who} does not speak TLS there.", "Is it http, not https?") from e
            raise ServerError(
                f"{who} cannot be trusted, or refuses our certificate: {_innermost(e)}.",
                "Name the authority that signed its certificate, and the host as the certificate calls it.",
            ) from e
        except requests.exceptions.ConnectTimeout as e:
            raise ServerError(f"{who} does not answer.", "Check host, port, firewall and VPN.") from e
        except requests.exceptions.Timeout as e:
            raise ServerError(
                f"{who} did not answer within {server.timeout_s:g} s while {doing}.", "Try again later."
            ) from e
        except requests.exceptions.ConnectionError as e:
            raise ServerError(
                f"{who} cannot be reached, or broke off, while {doing}: {_innermost(e)}.",
                "Is it running, on that port, and the network up? Then try again.",
            ) from e
        except requests.exceptions.RequestException as e:
            raise ServerError(
                f"{who} broke off while {doing}: {_innermost(e)}.", "Is it still running? Then try again."
            ) from e
        except OSError:
            raise
        except Exception as e:  # an answer that is no DICOM, no JSON, no multipart message
            raise ServerError(
                f"{who} gave an answer that cannot be understood while {doing}: {_innermost(e)}.",
                _SERVICE,
            ) from e

    def _of_status(self, who: str, doing: str, error: Any) -> ServerError:
        code = error.response.status_code
        if code == 401:
            login = f"the login “{self.server.user}”" if self.server.user else "us without a login"
            return ServerError(f"{who} does not accept {login}.", "Check user and password.")
        if code == 403:
            return ServerError(
                f"{who} does not allow “{self.server.user or 'nobody'}” to do this, while {doing}.",
                "Ask its administrator.",
            )
        if code == 404:
            return ServerError(
                f"{who} knows no such thing (404), while {doing}.",
                f"{_SERVICE} Are the images still there?",
            )
        if code == 400:
            return ServerError(f"{who} does not understand the request, while {doing}.", _SERVICE)
        if code in (413, 507):
            return ServerError(f"{who} takes no more ({code}), while {doing}.", "Its disk may be full.")
        return ServerError(
            f"{who} failed while {doing}: {code} {error.response.reason or ''}.".replace(" .", "."),
            "Try again later; its log says more.",
        )


_IN_PATH: dict[str, tuple[str, ...]] = {
    "STUDY": (),
    "SERIES": ("StudyInstanceUID",),
    "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID"),
}


_SPECIAL = re.compile(r"[^A-Za-z0-9._*?-]+")
"""What cannot stand in a query as it is: a wildcard goes in its place, and the answers are sifted here."""


def _matches(value: Any, pattern: str) -> bool:
    """Tell whether a value matches a pattern, without regard to capitals and accents."""
    return fnmatch.fnmatchcase(_plain(str(value or "")), _plain(pattern).replace("[", "[[]"))


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _innermost(error: BaseException) -> str:
    """Return what lies at the bottom of a chain of exceptions, in one line."""
    seen: BaseException = error
    while True:
        inner = seen.__cause__ or seen.__context__
        wrapped = next(
            (a for a in (getattr(seen, "reason", None), *seen.args) if isinstance(a, BaseException)), None
        )
        if (wrapped is None and inner is None) or inner is seen:
            break
        seen = wrapped or inner  # type: ignore[assignment]
    text = getattr(seen, "strerror", None) or str(seen)
    return " ".join(str(text).split())[:200].rstrip(".") or type(seen).__name__
