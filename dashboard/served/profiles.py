"""The principles of a city beside those of the others, for the picture that shows them on one scale."""

from __future__ import annotations

import numpy as np

from app.domain.composite.framework import Framework, scored_children
from app.domain.standing import spread
from app.queries.scores import Answer
from dashboard.charts.profile import Bar
from dashboard.served.words import Words


def bars(answer: Answer, framework: Framework, code: str, words: Words) -> list[Bar]:
    """A bar a principle: the city's score, and the quartiles of the other ranked cities."""
    own = next(row for row in answer.rows if row.city == code)
    found = []
    for part in scored_children(framework.root):
        others = [row.parts.get(part.code) for row in answer.rows if row.rank is not None and row.city != code]
        among = spread(np.array([value for value in others if value is not None], dtype=np.float64))
        score = own.parts.get(part.code)
        said = "–" if score is None else words.number(score, 1)
        name = part.name.get(words.style.names_in) or part.code
        quartiles = (None, None, None) if among is None else (among.low, among.median, among.high)
        found.append(Bar(name, score, said, *quartiles))
    return found
