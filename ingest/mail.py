"""Messages by e-mail, over SMTP as it is set; without a server set, nothing can be sent and the caller is told."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from app.errors import Unavailable


@dataclass(frozen=True)
class MailServer:
    """Where messages are handed over and in whose name; `security` is none, starttls or tls."""

    host: str
    port: int = 25
    sender: str = "citymark@localhost"
    user: str = ""
    password: str = ""
    security: str = "starttls"
    timeout_s: float = 20.0


@dataclass(frozen=True)
class Message:
    """Plain text to one address."""

    to: str
    subject: str
    text: str


def send(server: MailServer, messages: Sequence[Message]) -> list[tuple[Message, str]]:
    """Hand the messages over in one connection; those that were refused, each with the server's words.

    Unavailable when the server cannot be reached or lets nobody in.
    """
    refused = []
    try:
        with _connected(server) as connection:
            for message in messages:
                try:
                    connection.send_message(_written(server, message))
                except smtplib.SMTPRecipientsRefused as error:
                    refused.append((message, str(next(iter(error.recipients.values()))[1])))
                except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
                    refused.append((message, str(error)))
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"the mail server {server.host} cannot be used: {type(error).__name__}") from error
    return refused


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.timeout_s, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
        if server.security == "starttls":
            connection.starttls(context=context)
    if server.user:
        connection.login(server.user, server.password)
    return connection


def _written(server: MailServer, message: Message) -> EmailMessage:
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = server.sender, message.to, message.subject
    written["Date"], written["Message-ID"] = formatdate(), make_msgid(domain=server.sender.rpartition("@")[2])
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(message.text)
    return written
