"""Lines for people or for machines: text, or one JSON object a line with the name of the request."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

from app.observed import request_id

#: Databases repeat values of a row after this word; an address of a person can stand in any message.
DETAIL = "DETAIL:"
MAIL = re.compile(r"[^\s@'\"<>(),;=]+@[^\s@'\"<>(),;]+")


class Lines(logging.Formatter):
    """What both forms have in common: a traceback without values of people."""

    def formatException(self, ei: Any) -> str:
        lines = super().formatException(ei).splitlines()
        return MAIL.sub("(address)", "\n".join(line for line in lines if not line.lstrip().startswith(DETAIL)))


class JsonLines(Lines):
    """One JSON object a record: time, level, logger, words, request, what the record adds, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": MAIL.sub("(address)", record.getMessage()),
            "request": request_id.get() or None,
            **getattr(record, "said", {}),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class TextLines(Lines):
    """The same as text."""

    def format(self, record: logging.LogRecord) -> str:
        said = " ".join(f"{name}={value}" for name, value in getattr(record, "said", {}).items())
        head = f"{datetime.fromtimestamp(record.created, UTC):%H:%M:%S} {record.levelname.lower()} {record.name}"
        line = f"{head} [{request_id.get() or '-'}] {MAIL.sub('(address)', record.getMessage())} {said}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(form: str, level: str) -> None:
    """Lines to standard error, as `json` or `text`: ours of `level` and above, warnings of server and libraries."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [other for other in root.handlers if not isinstance(other.formatter, Lines)] + [handler]
    logging.getLogger("citymark").setLevel(level.upper())
