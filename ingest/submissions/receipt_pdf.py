"""The receipt of a submission as a page to print: PDF, in Russian or English, with the hash to verify it by."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.formats.typeface import SCRIPTS, font_files
from ingest.submissions.views import Receipt

if TYPE_CHECKING:
    from fpdf import FPDF

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Расписка о получении", "Receipt"),
    "number": ("Номер", "Number"),
    "city": ("Город", "City"),
    "period": ("Период", "Period"),
    "state": ("Состояние", "State"),
    "author": ("Отправил", "Sent by"),
    "received": ("Получено (UTC)", "Received (UTC)"),
    "submitted": ("Подано (UTC)", "Submitted (UTC)"),
    "file": ("Файл", "File"),
    "size": ("Размер, байт", "Size, bytes"),
    "sha256": ("SHA-256", "SHA-256"),
    "counts": ("Значения", "Figures"),
    "counted": (
        "новых {new}, изменённых {revised}, прежних {unchanged}, отозванных {withdrawn}; подтверждено {confirmed}",
        "{new} new, {revised} revised, {unchanged} unchanged, {withdrawn} withdrawn; {confirmed} confirmed",
    ),
    "nothing": ("сообщать нечего", "nothing to report"),
    "vintage": ("Выпуск", "Vintage"),
    "verify": ("Проверить: ", "To verify: "),
}
STATES: dict[str, tuple[str, str]] = {
    "draft": ("черновик", "draft"),
    "checked": ("проверено", "checked"),
    "submitted": ("подано", "submitted"),
    "approved": ("одобрено", "approved"),
    "returned": ("возвращено", "returned"),
    "published": ("опубликовано", "published"),
    "withdrawn": ("отозвано", "withdrawn"),
}


def receipt_pdf(receipt: Receipt, *, language: str, address: str) -> bytes:
    """One page; `address` is where the hash is verified. The same receipt gives the same bytes."""
    # Large, and needed here alone.
    from fpdf import FPDF

    half = 0 if language == "ru" else 1
    page = FPDF(format="A4")
    page.set_creation_date(receipt.submitted_at or receipt.received_at)
    page.set_title(f"{_WORDS['title'][half]} {receipt.number}")
    page.set_lang(language)
    _add_fonts(page)
    page.add_page()
    page.set_margin(20)
    page.set_font("latin", size=20)
    page.cell(text=f"Citymark · {_WORDS['title'][half]} № {receipt.number}", new_x="LMARGIN", new_y="NEXT", h=14)
    page.ln(4)
    page.set_font("latin", size=11)
    with page.table(col_widths=(32, 68), first_row_as_headings=False, line_height=8, text_align="LEFT") as table:
        for name, value in _lines(receipt, half):
            row = table.row()
            row.cell(_WORDS[name][half])
            row.cell(value)
    page.ln(6)
    page.multi_cell(0, text=_WORDS["verify"][half] + address, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _lines(receipt: Receipt, half: int) -> list[tuple[str, str]]:
    counts = {name: getattr(receipt, name) for name in ("new", "revised", "unchanged", "withdrawn", "confirmed")}
    lines = [
        ("city", f"{receipt.city_en if half else receipt.city_ru} ({receipt.city})"),
        ("period", receipt.period),
        ("state", STATES[receipt.state][half]),
        ("author", receipt.author),
        ("received", _moment(receipt.received_at)),
        ("submitted", _moment(receipt.submitted_at)),
        ("file", receipt.file_name or _WORDS["nothing"][half]),
        ("size", "–" if receipt.size_bytes is None else str(receipt.size_bytes)),
        ("sha256", receipt.sha256 or "–"),
        ("counts", _WORDS["counted"][half].format(**counts)),
    ]
    return lines if receipt.vintage is None else [*lines, ("vintage", str(receipt.vintage))]


def _moment(at: datetime | None) -> str:
    return "–" if at is None else at.strftime("%Y-%m-%d %H:%M:%S")


def _add_fonts(page: FPDF) -> None:
    """The product's own typeface; letters of one file that the other lacks are taken from there."""
    for name in SCRIPTS:
        page.add_font(name, fname=font_files()[f"{name}-regular"])
    page.set_fallback_fonts(["cyrillic"], exact_match=False)
