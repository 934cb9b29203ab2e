"""A city's report to print: two pages in Russian, two in English, stamped with what was known when.

Made on the server without a browser: the pictures by resvg, the pages by fpdf2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db import reading
from app.errors import NotFound
from app.formats.typeface import SCRIPTS, WEIGHTS, font_files
from app.queries import explanations, scores
from app.queries.comparison import Row
from app.queries.explanations import Change, Explanation
from app.queries.scores import Answer
from app.queries.vintages import shows_simulated
from dashboard.charts.picture import png
from dashboard.charts.profile import profile
from dashboard.reference import group_name, indicator_view, place, read_reference
from dashboard.served.asked import Asked
from dashboard.served.figure_rows import figure_row
from dashboard.served.profiles import bars
from dashboard.served.standing import Question, scorable
from dashboard.served.subjects import Here, compared, here
from dashboard.served.words import Words
from dashboard.state import EVERY

if TYPE_CHECKING:
    from fpdf import FPDF

LANGUAGES = ("ru", "en")
# The narrow space of Russian numbers, which the typeface does not have.
NARROW_SPACE = "\u202f"
NO_BREAK = "\u00a0"
MARGIN_MM, WIDTH_MM = 16, 178
QUIET, INK = (75, 91, 104), (22, 36, 47)


@dataclass(frozen=True)
class Told:
    """What the report says, read once; the words are put to it a language at a time."""

    at: Here
    question: Question | None
    answer: Answer | None
    found: Explanation | None
    change: Change | None
    rows: list[Row]
    is_simulated: bool


def report(asked: Asked) -> Response:
    """The PDF; the same figures give the same bytes."""
    # Large, and needed here alone.
    from fpdf import FPDF

    code = asked.places["city"]
    with reading(asked.figures) as session:
        told = _told(session, asked, code)
    sheet = FPDF(format="A4")
    sheet.set_creation_date(told.at.subject.vintage.published_at)
    sheet.set_title(f"Citymark: {code}, {told.at.subject.at.code}")
    sheet.set_margins(MARGIN_MM, 14, MARGIN_MM)
    sheet.set_auto_page_break(auto=False)
    for script in SCRIPTS:
        for weight in WEIGHTS:
            sheet.add_font(script, style="B" if weight == "bold" else "", fname=font_files()[f"{script}-{weight}"])
    sheet.set_fallback_fonts(["cyrillic"], exact_match=False)
    for language in LANGUAGES:
        spoken = replace(told, at=_spoken(told.at, language))
        _summary(sheet, spoken, code)
        _figures(sheet, spoken, code)
    vintage = told.at.subject.vintage.number
    headers = {
        "Content-Disposition": f'attachment; filename="{code}-{told.at.subject.at.code}-{vintage}.pdf"',
        "Cache-Control": "public, max-age=30",
    }
    return Response(bytes(sheet.output()), media_type="application/pdf", headers=headers)


def _spoken(at: Here, language: str) -> Here:
    """The same page in a language."""
    state = replace(at.state, language=language)
    asked = replace(at.asked, words=Words(language))
    return replace(at, asked=asked, state=state, subject=replace(at.subject, state=state))


def _told(session: Session, asked: Asked, code: str) -> Told:
    if code not in read_reference(session).cities:
        raise NotFound(asked.words.say("no_such_city", code=code[:60]))
    at = here(session, asked, first=(code,))
    if at is None:
        raise NotFound(asked.words.say("no_figures"))
    entries = tuple(at.known.indicators.values())
    rows = list(compared(session, at, entries, 0).rows)
    simulated = shows_simulated(session, at.subject.vintage.number)
    question = scorable(session, asked)
    try:
        found = None if question is None else explanations.explanation(session, question.variant, code)
    except NotFound:
        found = None
    if question is None or found is None:
        return Told(at, None, None, None, None, rows, simulated)
    since = question.period.year_earlier()
    change = explanations.change(session, question.variant, code, since=since) if since in question.periods else None
    return Told(at, question, scores.scores(session, question.variant), found, change, rows, simulated)


def _say(sheet: FPDF, text: str, size: float = 10, *, bold: bool = False, colour: tuple[int, int, int] = INK) -> None:
    sheet.set_font("latin", "B" if bold else "", size)
    sheet.set_text_color(*colour)
    # The typeface has no narrow space; the plain no-break space is as good on paper.
    sheet.multi_cell(
        WIDTH_MM, text=text.replace(NARROW_SPACE, NO_BREAK), h=size * 0.5, new_x="LMARGIN", new_y="NEXT", align="L"
    )
    sheet.ln(1.2)


def _head(sheet: FPDF, told: Told, code: str) -> None:
    """City, period, and the stamp: what was known when."""
    words, at = told.at.asked.words, told.at
    entry = at.known.cities[code]
    sheet.add_page()
    _say(sheet, "Citymark", 9, colour=QUIET)
    _say(sheet, f"{words.name(entry.city)}, {words.period(at.subject.at)}", 20, bold=True)
    stamp = words.say("as_of", date=words.date(at.subject.vintage.published_at), vintage=at.subject.vintage.number)
    _say(sheet, f"{place(entry, at.known, words)} · {stamp}", 9, colour=QUIET)
    if told.is_simulated:
        _say(sheet, words.say("simulated"), 9, bold=True)


def _summary(sheet: FPDF, told: Told, code: str) -> None:
    """The first page: rank with its range, principles, strengths and weaknesses, what moved."""
    _head(sheet, told, code)
    words = told.at.asked.words
    if told.found is None or told.answer is None or told.question is None:
        _say(sheet, words.say("no_index"))
        return
    row = told.found.row
    if row.rank is None:
        _say(sheet, words.say("city_unranked", share=words.percent(row.coverage)), 12)
    else:
        ranked = sum(each.rank is not None for each in told.answer.rows)
        group = group_name(told.question.peer or EVERY, told.at.known, words)
        lead = words.say(
            "city_lead", rank=row.rank, of=ranked, group=group, low=row.rank_low, high=row.rank_high,
            top=words.percent(row.p_top10),
        )  # fmt: skip
        _say(sheet, f"{words.say('score')}: {words.number(row.score or 0, 1)}. {lead}", 12)
    sheet.ln(2)
    drawing = profile(bars(told.answer, told.question.framework, code, words))
    height = WIDTH_MM * drawing.height / drawing.width
    sheet.image(png(drawing.svg()), w=WIDTH_MM, h=height)
    sheet.ln(3)
    for key, codes in (("strengths", told.found.strengths), ("weaknesses", told.found.weaknesses)):
        names = [words.name(told.at.known.indicators[each].definition) for each in codes]
        if names:
            _say(sheet, words.say(key), 12, bold=True)
            _say(sheet, "\n".join(f"{number}. {name}" for number, name in enumerate(names, start=1)), 9.5)
    _moved(sheet, told.change, words)


def _moved(sheet: FPDF, change: Change | None, words: Words) -> None:
    if change is None or change.move.reason or change.move.before is None or change.move.after is None:
        return
    before, after = change.move.before, change.move.after
    _say(sheet, words.say("moved", since=words.period(change.earlier.period)), 12, bold=True)
    said = words.say(
        "moved_text", before=words.number(before[0], 1), rank_before=before[1], after=words.number(after[0], 1),
        rank_after=after[1],
    )  # fmt: skip
    _say(sheet, said, 9.5)
    head = (words.say("cause"), words.say("change_score"), words.say("change_rank"))
    lines = [
        (words.of("cause", step.cause), _signed(words, step.score, 2), _signed(words, step.rank, 0))
        for step in change.move.steps
    ]
    _table(sheet, head, lines, (110, 34, 34), 5)


def _signed(words: Words, value: float | None, decimals: int) -> str:
    return "–" if value is None else words.number(value, decimals, signed=True)


def _figures(sheet: FPDF, told: Told, code: str) -> None:
    """The second page: every indicator with the city's value, the median of its peers and where it stands."""
    _head(sheet, told, code)
    words, at = told.at.asked.words, told.at
    group = group_name(at.subject.peer, at.known, words)
    against = words.say("group_line", group=group, count=len(at.subject.peers))
    _say(sheet, f"{against} {at.subject.group_note}".strip(), 9, colour=QUIET)
    lines = []
    for entry, row in zip(at.known.indicators.values(), told.rows, strict=True):
        line = figure_row(at, entry, row)
        view = indicator_view(entry, words)
        median = "–" if row.spread is None else words.number(row.spread.median, view.decimals)
        lines.append((f"{line.name}, {line.unit}", line.value, median, line.sentence or "–"))
    head = (words.say("indicator"), words.say("value"), words.say("median_short"), words.say("place_among"))
    _table(sheet, head, lines, (88, 18, 18, 54), (297 - sheet.get_y() - 12) / (len(lines) + 1))


def _table(
    sheet: FPDF, head: Sequence[str], lines: Sequence[Sequence[str]], widths: Sequence[float], height: float
) -> None:
    """Lines of one height; a text too long for its cell ends in dots."""
    for number, line in enumerate((head, *lines)):
        sheet.set_font("latin", "B" if number == 0 else "", 7.4)
        sheet.set_text_color(*(QUIET if number == 0 else INK))
        for column, (text, width) in enumerate(zip(line, widths, strict=True)):
            shown = _fitting(sheet, text.replace(NARROW_SPACE, NO_BREAK), width - 2.5)
            sheet.cell(width, min(height, 6), shown, border="B", align="R" if 0 < column < 3 else "L")
        sheet.ln(min(height, 6))


def _fitting(sheet: FPDF, text: str, width: float) -> str:
    if sheet.get_string_width(text) <= width:
        return text
    while text and sheet.get_string_width(text + "…") > width:
        text = text[:-1]
    return text + "…"
