"""What stands beside or instead of a number: the glyph of a missing value with its reason, and marks of status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from dashboard.components.attributes import aria
from dashboard.components.still import tag
from dashboard.view import IndicatorView, View

if TYPE_CHECKING:
    from app.queries.comparison import Figure

_MISSING = {
    "M": ("–", "missing_not_applicable"),
    "H": ("–", "missing_not_applicable"),
    "K": ("–", "missing_elsewhere"),
    "L": ("·", "missing_not_collected"),
    "O": ("·", "missing_unknown"),
    "Q": ("c", "missing_withheld"),
}
_MARKS = {
    "P": ("○", "mark_provisional"),
    "E": ("≈", "mark_estimated"),
    "F": ("≈", "mark_estimated"),
    "I": ("≈", "mark_estimated"),
    "B": ("‖", "mark_break"),
}
_REVISED = ("△", "mark_revised")
_OTHER = ("*", "mark_other")
LEGEND = (("○", "mark_provisional"), ("≈", "mark_estimated"), _REVISED, ("‖", "mark_break"), _OTHER)


def missing(figure: Figure, *, others_reported: bool) -> tuple[str, str]:
    """The glyph and the sentence for a figure without a value."""
    if figure.is_withdrawn:
        return "?", "missing_review"
    if figure.status is None:
        return ("!", "missing_not_reported") if others_reported else ("◷", "missing_not_yet")
    return _MISSING.get(figure.status, ("·", "missing_unknown"))


def marks(figure: Figure, indicator: IndicatorView, view: View) -> list[Markup]:
    """The marks of a value, each a glyph for the eye and a word for the ear."""
    found = []
    if figure.status not in (None, "A"):
        glyph, key = _MARKS.get(figure.status or "", _OTHER)
        found.append(_mark(glyph, view.locale.say(key)))
    if figure.is_revised:
        words = view.locale.say("mark_revised")
        if figure.revised_from is not None:
            words = view.locale.say("mark_revised_from", value=view.value(figure.revised_from, indicator))
        found.append(_mark(_REVISED[0], words))
    return found


def _mark(glyph: str, words: str) -> Markup:
    return tag(
        "span",
        [tag("span", glyph, **aria(hidden=True)), tag("span", f" ({words})", className="unseen")],
        className="mark",
        title=words,
    )
