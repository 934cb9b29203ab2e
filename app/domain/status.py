"""Observation and confidentiality status: the SDMX cross-domain code lists CL_OBS_STATUS 2.2, CL_CONF_STATUS 1.3."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """A status letter with its words; `is_missing` when a value cannot stand beside it."""

    code: str
    name_en: str
    name_ru: str
    is_missing: bool = False


_STATUSES = (
    Status("A", "normal", "обычное"),
    Status("B", "break in series", "разрыв ряда"),
    Status("D", "definition differs", "иное определение"),
    Status("E", "estimated", "оценка"),
    Status("F", "forecast", "прогноз"),
    Status("G", "experimental", "экспериментальное"),
    Status("H", "holiday", "выходной", is_missing=True),
    Status("I", "imputed", "досчитано получателем"),
    Status("J", "derogation", "временное отступление"),
    Status("K", "included elsewhere", "учтено в другом показателе", is_missing=True),
    Status("L", "exists but was not collected", "существует, но не собрано", is_missing=True),
    Status("M", "cannot exist", "не может существовать", is_missing=True),
    Status("N", "not significant", "несущественно"),
    Status("O", "missing", "отсутствует", is_missing=True),
    Status("P", "provisional", "предварительное"),
    Status("Q", "suppressed", "скрыто", is_missing=True),
    Status("S", "strike or special event", "чрезвычайное событие"),
    Status("U", "low reliability", "низкая надёжность"),
    Status("V", "unvalidated", "не проверено"),
    Status("W", "includes another category", "включает другую категорию"),
)
OBS_STATUS: dict[str, Status] = {status.code: status for status in _STATUSES}
CONF_STATUS: dict[str, str] = {
    "F": "free for publication",
    "N": "not for publication, internal use only",
    "C": "confidential",
    "D": "secondary confidentiality set by the sender",
    "S": "secondary confidentiality set by the receiver",
    "A": "primary confidentiality, small counts",
    "O": "primary confidentiality, dominance by one unit",
    "T": "primary confidentiality, dominance by two units",
    "G": "primary confidentiality, dominance by one or two units",
    "M": "primary confidentiality, data declared confidential for other reasons",
    "E": "embargoed until its time",
}
PUBLIC = "F"


def status_problem(value: str | None, status: str) -> str | None:
    """Why `status` cannot stand beside `value`, or None when it can."""
    known = OBS_STATUS.get(status)
    if known is None:
        return f"status {status!r} is unknown: use one of {' '.join(OBS_STATUS)}"
    if value is None and not known.is_missing:
        return f"a blank value needs a reason: status {status} ({known.name_en}) is for a value"
    if value is not None and known.is_missing:
        return f"status {status} ({known.name_en}) is for a blank value, and here stands {value}"
    return None
