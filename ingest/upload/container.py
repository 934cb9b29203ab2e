"""What a file really is, by its bytes and not by its name."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from ingest.findings import Finding
from ingest.upload.limits import UploadLimits
from ingest.upload.texts import noticed

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# First bytes, and what such a file is called.
_NOT_TABLES: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (b"%PDF", ("a PDF document", "документ PDF")),
    (b"\x89PNG", ("a picture", "изображение")),
    (b"\xff\xd8\xff", ("a picture", "изображение")),
    (b"GIF8", ("a picture", "изображение")),
    (b"{\\rtf", ("a text document (RTF)", "текстовый документ (RTF)")),
    (b"\x1f\x8b", ("a compressed file (gzip)", "сжатый файл (gzip)")),
    (b"7z\xbc\xaf", ("an archive (7z)", "архив (7z)")),
    (b"Rar!", ("an archive (RAR)", "архив (RAR)")),
    (b"PAR1", ("a Parquet file", "файл Parquet")),
    (b"SQLite format 3", ("a database", "база данных")),
    (b"\x7fELF", ("a program", "программа")),
    (b"MZ", ("a program", "программа")),
)
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|table|head|body|meta)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(rb"\s*<\?xml")
_JSON = re.compile(rb'\s*(?:\{\s*"|\[\s*[\[{"])')
_WORKBOOKS = {
    "xl/workbook.bin": ("a binary workbook (.xlsb)", "двоичная книга (.xlsb)"),
    "xl/vbaProject.bin": ("a workbook with macros (.xlsm)", "книга с макросами (.xlsm)"),
}
_DOCUMENTS = {
    "word/document.xml": ("a Word document", "документ Word"),
    "ppt/presentation.xml": ("a presentation", "презентация"),
}
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".tab", ""}
_WORKBOOK_SUFFIXES = {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"}


@dataclass(frozen=True)
class Container:
    """`xlsx`, `text` or nothing that is read; `findings` say why."""

    kind: str | None
    findings: tuple[Finding, ...] = ()


def container(content: bytes, file_name: str, limits: UploadLimits) -> Container:
    """What to read the bytes as; a refusal names their true type."""
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x1a\x00"):
        return Container(None, (noticed("empty-file"),))
    if len(content) > limits.max_upload_bytes:
        return Container(None, (noticed("too-large", size=len(content), limit=limits.max_upload_bytes),))
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(content, file_name, limits)
    if content.startswith(OLE):
        return Container(None, (_compound(content),))
    kind = _foreign(content)
    suffix = _suffix(file_name)
    if kind is not None:
        return Container(None, (noticed("not-a-table", kind=kind),))
    if suffix in _WORKBOOK_SUFFIXES:
        return Container(None, (noticed("name-differs", suffix=suffix, kind=("plain text", "обычный текст")),))
    return Container("text")


def _suffix(file_name: str) -> str:
    return PurePosixPath(file_name.replace("\\", "/")).suffix.lower()[:12]


def _compound(content: bytes) -> Finding:
    if "EncryptedPackage".encode("utf-16-le") in content or "StrongEncryption".encode("utf-16-le") in content:
        return noticed("encrypted")
    if "WordDocument".encode("utf-16-le") in content:
        return noticed("not-a-table", kind=("a Word document", "документ Word"))
    return noticed("workbook-type", kind=("an old workbook (.xls)", "книга старого формата (.xls)"))


def _foreign(content: bytes) -> tuple[str, str] | None:
    for magic, kind in _NOT_TABLES:
        if content.startswith(magic):
            return kind
    head = content[:4096]
    if _HTML.match(head):
        return ("a web page", "веб-страница")
    if _XML.match(head):
        return ("an XML document", "документ XML")
    if _JSON.match(head):
        return ("a JSON document", "документ JSON")
    return None


def _archive(content: bytes, file_name: str, limits: UploadLimits) -> Container:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            mime = archive.read("mimetype")[:100] if _has_small(entries, "mimetype") else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        return Container(None, (noticed("broken-workbook", why=type(error).__name__),))
    names = [entry.filename for entry in entries]
    if refusal := _not_xlsx(set(names), mime):
        return Container(None, (refusal,))
    if why := _unsafe(content, entries, limits):
        return Container(None, (noticed("unsafe-workbook", why=why),))
    suffix = _suffix(file_name)
    if suffix == ".xlsx":
        return Container("xlsx")
    return Container("xlsx", (noticed("read-as-workbook", suffix=suffix or "?"),))


def _has_small(entries: list[zipfile.ZipInfo], name: str) -> bool:
    return any(entry.filename == name and entry.file_size < 1_000 for entry in entries)


def _not_xlsx(names: set[str], mime: bytes) -> Finding | None:
    for name, kind in _WORKBOOKS.items():
        if name in names:
            return noticed("workbook-type", kind=kind)
    for name, kind in _DOCUMENTS.items():
        if name in names:
            return noticed("not-a-table", kind=kind)
    if mime.startswith(_ODS):
        return noticed("workbook-type", kind=("an OpenDocument spreadsheet (.ods)", "таблица OpenDocument (.ods)"))
    if "[Content_Types].xml" not in names:
        return noticed("not-a-table", kind=("an archive (ZIP)", "архив (ZIP)"))
    return None


def _unsafe(content: bytes, entries: list[zipfile.ZipInfo], limits: UploadLimits) -> tuple[str, str] | None:
    """Why an archive is not opened: what its directory states is not believed later, only used to refuse early."""
    names = [entry.filename.lower() for entry in entries]
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > limits.max_archive_entries:
        return ("it has too many parts", "в ней слишком много частей")
    if len(set(names)) < len(names):
        return ("it has two parts of one name", "в ней две части с одним именем")
    if unpacked > limits.max_unpacked_bytes or (unpacked > 10_000_000 and unpacked / packed > 50):
        return ("it unpacks to far more than it shows", "после распаковки она слишком велика")
    if any(entry.flag_bits & 1 for entry in entries):
        return ("parts of it are encrypted", "её части зашифрованы")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        return ("it is compressed in an unusual way", "она сжата необычным способом")
    if any(name.startswith("/") or ".." in name.split("/") for name in names):
        return ("it names parts outside itself", "она ссылается на файлы вне себя")
    # The end record is 22 bytes and may carry a comment; anything behind it is not of the workbook.
    end = content.rfind(b"PK\x05\x06")
    if len(content) - end - 22 - int.from_bytes(content[end + 20 : end + 22], "little") != 0:
        return ("something stands behind its end", "после её конца есть посторонние данные")
    return None
