"""Columns of texts as categories: every text once, a number a row, -1 for none; a million rows are arrays. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.domain.block import Ints, Objects, Texts
from app.domain.number import CANONICAL

Meaning = TypeVar("Meaning")
# Rows looked at together where something of each is worked out on the way.
PIECE = 100_000


def coded(column: object) -> pd.Categorical:
    """A column of texts or of None as categories; one that is coded stays as it is."""
    if isinstance(column, Texts):
        numbers, different = pd.factorize(column.texts)
        return _categories(numbers[column.codes], different)
    if isinstance(column, pd.Series) and isinstance(column.array, pd.Categorical):
        return column.array
    return _categories(*pd.factorize(np.asarray(column, dtype=object)))


def same(text: str | None, count: int) -> pd.Categorical:
    """A column that says one thing throughout."""
    return _categories(np.full(count, -1 if text is None else 0), np.asarray([text or ""], dtype=object))


def _categories(codes: NDArray[np.intp], texts: Objects) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object))


def texts_of(column: pd.Series[Any]) -> Texts:
    """A coded column as Texts."""
    codes, texts = parts_of(column)
    # Narrow codes stay so: pandas widens them before the last number of their kind is used.
    return Texts(codes + codes.dtype.type(1), np.asarray([None, *texts], dtype=object))


def parts_of(column: pd.Series[Any]) -> tuple[Ints, list[str]]:
    """The numbers of a coded column and what they say; more may be said than is used."""
    found = coded(column)
    return cast(Ints, found.codes), found.categories.tolist()


def used(column: pd.Series[Any]) -> list[str | None]:
    """Every text that stands in a row, and None if a row has none."""
    codes, texts = parts_of(column)
    return [None if code < 0 else texts[code] for code in pd.unique(codes).tolist()]


def told(column: pd.Series[Any], meaning: Callable[[str | None], Meaning], dtype: Any) -> NDArray[Any]:
    """What each row's text means, asked once a text that is used."""
    codes, found = meant(column, meaning, dtype)
    return found[codes]


def meant(column: pd.Series[Any], meaning: Callable[[str | None], Meaning], dtype: Any) -> tuple[Ints, NDArray[Any]]:
    """The number of each row's text, and what each number means; -1, for None, reads the last place."""
    codes, texts = parts_of(column)
    found = np.zeros(len(texts) + 1, dtype=dtype)
    for code in pd.unique(codes).tolist():
        found[code] = meaning(None if code < 0 else texts[code])
    return codes, found


def slices(count: int) -> Iterator[slice]:
    """All rows in pieces: what is worked out of a piece needs little memory."""
    return (slice(first, first + PIECE) for first in range(0, count, PIECE))


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of the same columns below each other, taken apart on the way; coded columns stay coded."""
    frames = [frame for frame in frames if len(frame)] or frames[:1]
    if len(frames) == 1:
        return frames[0].reset_index(drop=True)
    columns: dict[str, Any] = {}
    for name in list(frames[0].columns):
        parts = [frame.pop(name).array for frame in frames]
        is_coded = isinstance(parts[0], pd.Categorical)
        columns[name] = _united(parts) if is_coded else np.concatenate([np.asarray(part) for part in parts])
    return pd.DataFrame(columns, copy=False)


def _united(parts: Sequence[pd.Categorical]) -> pd.Categorical:
    numbers, different = pd.factorize(np.concatenate([np.asarray(part.categories, dtype=object) for part in parts]))
    # As narrow as pandas has them; the number -1 reads the last place of a part, which stays -1.
    narrow = np.min_scalar_type(-len(different) - 1)
    places, first = [], 0
    for part in parts:
        own = np.append(numbers[first : first + len(part.categories)], -1).astype(narrow)
        places.append(own[part.codes])
        first += len(part.categories)
    return _categories(np.concatenate(places), different)


def joined(parts: Sequence[Texts]) -> Texts:
    """Columns of texts below each other; what several have is kept more than once."""
    shifts = np.cumsum([0, *(len(part.texts) - 1 for part in parts[:-1])])
    codes = [np.where(part.codes == 0, 0, part.codes + shift) for part, shift in zip(parts, shifts, strict=True)]
    texts = np.concatenate([np.asarray([None], dtype=object), *(part.texts[1:] for part in parts)])
    return Texts(np.concatenate(codes).astype(np.int32), texts)


def are_canonical(texts: Sequence[object] | Objects) -> NDArray[np.bool_]:
    """Which texts are, without doubt, numbers in their canonical spelling; of the others nothing is said."""
    try:
        found = pc.match_substring_regex(pa.array(texts, pa.string()), f"^(?:{CANONICAL})$")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return np.zeros(len(texts), dtype=np.bool_)
    return cast(NDArray[np.bool_], pc.fill_null(found, False).to_numpy(zero_copy_only=False))
