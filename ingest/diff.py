"""What would change: figures to be published against what is known now. Pure; publish() and every preview ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.status import PUBLIC
from ingest.coded import parts_of, slices, told

KEY = ["city_id", "indicator_id", "period"]
TEXTS = ["value", "status", "confidentiality", "note", "attributes"]
CONTENT = [*TEXTS, "is_withdrawn"]
Keys = NDArray[np.int64]
Bools = NDArray[np.bool_]
Letters = NDArray[np.uint8]


@dataclass(frozen=True)
class Changes:
    """Rows that would be added, each a KEY and its CONTENT, all in key order, and how many would change nothing."""

    rows: pd.DataFrame
    is_new: Bools
    is_withdrawn: Bools
    unchanged: int
    # What each figure was shown with before: the letter of its status by its number, 0 where nothing was shown.
    shown_before: Letters

    @property
    def new(self) -> pd.DataFrame:
        """Figures that are not known yet."""
        return self.rows[self.is_new]

    @property
    def withdrawn(self) -> pd.DataFrame:
        """Figures that are taken back."""
        return self.rows[self.is_withdrawn]

    @property
    def revised(self) -> pd.DataFrame:
        """Figures that become others."""
        return self.rows[~self.is_new & ~self.is_withdrawn]


def diff(figures: pd.DataFrame, known: pd.DataFrame) -> Changes:
    """Sort `figures` into new, revised, withdrawn and unchanged against `known`; both have KEY and CONTENT, coded.

    A key that `figures` does not name is not touched: withdrawing takes a row that says so. Values are canonical
    decimal text, so equal figures are equal strings.
    """
    keys, known_keys = packed(figures, known)
    figures, keys = in_order(figures, keys)
    known, known_keys = in_order(known, known_keys)
    places = np.searchsorted(known_keys, keys)
    is_known = places < len(known_keys)
    is_known[is_known] = known_keys[places[is_known]] == keys[is_known]
    there = places[is_known]
    same, was_withdrawn = np.zeros(len(keys), dtype=np.bool_), np.ones(len(keys), dtype=np.bool_)
    before = np.zeros(len(keys), dtype=np.uint8)
    same[is_known] = _same_content(figures, is_known, known, there)
    was_withdrawn[is_known] = known["is_withdrawn"].to_numpy(dtype=np.bool_)[there]
    before[is_known] = shown(known)[there]
    withdraws = figures["is_withdrawn"].to_numpy(dtype=np.bool_)
    # Withdrawing what was never published, or is withdrawn already, changes nothing.
    changes = ~(same | (withdraws & was_withdrawn))
    rows = figures if changes.all() else figures[changes]
    is_new = (~is_known & ~withdraws)[changes]
    return Changes(rows, is_new, withdraws[changes], int((~changes).sum()), before[changes])


def shown(figures: pd.DataFrame) -> Letters:
    """The letter of the status that each figure is shown with, by its number; 0 where it is withheld."""
    letters: Letters = told(figures["status"], lambda code: ord(str(code)), np.uint8)
    is_public: Letters = told(figures["confidentiality"], lambda code: code == PUBLIC, np.uint8)
    return letters * is_public


def unchanged(figures: pd.DataFrame) -> Changes:
    """What follows where every figure is known as it is."""
    none = np.zeros(0, dtype=np.bool_)
    return Changes(figures.head(0), none, none, len(figures), none.astype(np.uint8))


def packed(*frames: pd.DataFrame) -> list[Keys]:
    """The KEY of every row as one number, which sorts as the KEY does; alike in all frames."""
    packed_keys = [np.zeros(len(frame), dtype=np.int64) for frame in frames]
    for name in KEY:
        different = np.unique(np.concatenate([pd.unique(frame[name].to_numpy()) for frame in frames]))
        for keys, frame in zip(packed_keys, frames, strict=True):
            cells = frame[name].to_numpy()
            keys *= max(len(different), 1)
            for rows in slices(len(frame)):
                ranks, found = pd.factorize(cells[rows])
                keys[rows] += np.searchsorted(different, found)[ranks]
    return packed_keys


def in_order(frame: pd.DataFrame, keys: Keys) -> tuple[pd.DataFrame, Keys]:
    """The rows by their keys; most come so, and then nothing is moved."""
    if (keys[1:] >= keys[:-1]).all():
        return frame, keys
    order = np.argsort(keys, kind="stable")
    return frame.iloc[order], keys[order]


def _narrowed(column: pd.Series[Any], rows: Bools | NDArray[np.intp]) -> tuple[NDArray[np.intp], list[str]]:
    """The numbers of the texts of these rows, and these texts alone; -1 is None."""
    codes, texts = parts_of(column)
    numbers, different = pd.factorize(codes[rows], use_na_sentinel=False)
    used = [texts[code] for code in different.tolist() if code >= 0]
    if len(used) == len(different):
        return numbers, used
    # None has a number of its own here: it becomes -1, and those behind it move up.
    none = int(np.flatnonzero(different < 0)[0])
    return np.where(numbers == none, -1, numbers - (numbers > none)), used


def _same_content(figures: pd.DataFrame, rows: Bools, known: pd.DataFrame, places: NDArray[np.intp]) -> Bools:
    same = figures["is_withdrawn"].to_numpy()[rows] == known["is_withdrawn"].to_numpy()[places]
    for name in TEXTS:
        left, texts = _narrowed(figures[name], rows)
        right, known_texts = _narrowed(known[name], places)
        # Numbers of the known texts as the figures number them: -2 is none of theirs, the last place is for None.
        number = pd.Index(texts, dtype=object).get_indexer(cast(Any, pd.Index(known_texts, dtype=object)))
        number = np.append(np.where(number < 0, -2, number), -1)
        same &= left == number[right]
    return cast(Bools, same)
