"""Entering a server: in the place of the preview, tried before it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.fields import CheckBox
from desktop.form import Form
from desktop.section import quiet, section_title
from twin.params import param, parameters
from twin.sources.pacs import Server

_DICOM = ("host", "port", "ae_title", "retrieve", "own_ae_title", "own_port", "tls")
_WEB = ("url", "user")


@dataclass(frozen=True)
class _Fields:
    name: str = param("", help="What it is called here.")
    protocol: str = param(
        "DICOM", help="DICOM's own protocol, or DICOMweb.", choices=("DICOM", "DICOMweb"), title="Speaks"
    )
    host: str = param("", help="The machine's name or address.")
    port: int = param(104, help="Its DICOM port: often 104, 11112 or 4242.", low=1, high=65535)
    ae_title: str = param(
        "ANY-SCP", help="Its application entity title; capitals count.", title="Its AE title"
    )
    own_ae_title: str = param("VITRUVIAN", help="Ours, as it is entered at the server.", title="Our AE title")
    retrieve: str = param(
        "get", help="get: on our connection. move: the server opens one to us, on our port.",
        choices=("get", "move"), title="Fetch by",
    )  # fmt: skip
    own_port: int = param(
        11112, help="Where the server sends to (C-MOVE).", low=1, high=65535, title="Our port"
    )
    tls: bool = param(False, help="Encrypt the connection.", title="Encrypt (TLS)")
    url: str = param("", help="Of its DICOMweb service, often https://…/dicom-web.", title="Address (URL)")
    user: str = param("", help="Login; the password is asked for when it is needed.")
    ca_file: str = param(
        "",
        help="PEM file of the authority to trust; nothing: the system's.",
        advanced=True,
        title="Authority",
    )
    certificate: str = param("", help="PEM file that says who we are.", advanced=True)
    key: str = param("", help="PEM file of its key, where it lies apart.", advanced=True)
    timeout_s: float = param(30.0, help="How long to wait for an answer.", unit="s", low=1, high=3600,
                             advanced=True, title="Time-out")  # fmt: skip


class ServerForm(QWidget):
    """A server's words.

    Signals
    -------
    saved : (Server, the name it had before)
    tried : Server
        Ask it whether it answers.
    left : nothing is to be changed
    """

    saved = Signal(object, str)
    tried = Signal(object)
    left = Signal()

    def __init__(self, server: Server | None = None) -> None:
        super().__init__()
        self._before = server.name if server else ""
        given: dict[str, Any] = server.words() if server else {}
        given["protocol"] = "DICOMweb" if server and server.is_web else "DICOM"
        self.form = Form(parameters(_Fields), given, more="Certificates and time")
        self.answer = quiet()
        self.save = theme.named(QPushButton("Save"), "primary")
        self.test = QPushButton("Test")
        self.test.setToolTip("Ask the server whether it is there and knows us (C-ECHO)")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Change nothing")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2))
        column.addWidget(section_title("Server" if server else "New server"))
        column.addWidget(self.form)
        column.addWidget(self.answer)
        row = QHBoxLayout()
        for button in (self.cancel, self.test, self.save):
            row.addWidget(button)
        column.addLayout(row)
        column.addStretch(1)
        self.form.changed.connect(self._fit)
        self.save.clicked.connect(self._on_save)
        self.test.clicked.connect(self._on_test)
        self.cancel.clicked.connect(self.left)
        self._fit()

    def server(self) -> Server:
        """Return what is entered; raises ``UserError`` where it cannot be a server."""
        words = {p.name: p.default for p in parameters(_Fields)} | self.form.values()
        web = words.pop("protocol") == "DICOMweb"
        hidden = _DICOM if web else _WEB
        plain = {n: v.strip() if isinstance(v, str) else v for n, v in words.items() if n not in hidden}
        return Server.from_words(plain)

    def say(self, text: str) -> None:
        """Show what the server answered."""
        self.answer.setText(text)

    def _fit(self) -> None:
        """Show the fields of the protocol that is chosen."""
        web = self.form.values().get("protocol") == "DICOMweb"
        for names, shown in ((_DICOM, not web), (_WEB, web)):
            for name in names:
                self.form.set_shown(name, shown)
        moving = self.form.values().get("retrieve") == "move"
        self.form.set_shown("own_port", not web and moving)

    def _on_save(self) -> None:
        self._with(lambda server: self.saved.emit(server, self._before))

    def _on_test(self) -> None:
        self._with(self.tried.emit)

    def _with(self, act: Any) -> None:
        from twin.errors import UserError

        try:
            server = self.server()
        except UserError as error:
            self.say(str(error))
            return
        act(server)


class PasswordForm(QWidget):
    """Asks for the password of a server.

    Signals
    -------
    given : (Server, password, whether to keep it)
    left : none is given
    """

    given = Signal(object, str, bool)
    left = Signal()

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.line = QLineEdit()
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setAccessibleName("Password")
        self.keep = CheckBox("Keep it in the system's key store")
        self.ok = theme.named(QPushButton("Sign in"), "primary")
        self.cancel = QPushButton("Cancel")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2))
        column.addWidget(section_title(f"Password of {server.user} at {server.name}"))
        column.addWidget(self.line)
        column.addWidget(self.keep)
        if server.readable:
            column.addWidget(quiet("This server is reached by http: the password can be read on the way."))
        row = QHBoxLayout()
        row.addWidget(self.cancel)
        row.addWidget(self.ok)
        column.addLayout(row)
        column.addStretch(1)
        self.line.returnPressed.connect(self._on_give)
        self.ok.clicked.connect(self._on_give)
        self.cancel.clicked.connect(self.left)

    def _on_give(self) -> None:
        self.given.emit(self._server, self.line.text(), self.keep.isChecked())
