"""What would change: figures to be published against what is known now. Pure; publish() and every preview ask it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

KEY = ["city_id", "indicator_id", "period"]
CONTENT = ["value", "status", "confidentiality", "note", "attributes", "is_withdrawn"]


@dataclass(frozen=True)
class Changes:
    """Rows that would be added, each a KEY and its CONTENT, and how many would change nothing."""

    new: pd.DataFrame
    revised: pd.DataFrame
    withdrawn: pd.DataFrame
    unchanged: int

    @property
    def rows(self) -> pd.DataFrame:
        """All rows to be written, in key order."""
        parts = [part for part in (self.new, self.revised, self.withdrawn) if len(part)]
        empty = self.new[KEY + CONTENT]
        return pd.concat(parts)[KEY + CONTENT].sort_values(KEY) if parts else empty


def diff(figures: pd.DataFrame, known: pd.DataFrame) -> Changes:
    """Sort `figures` into new, revised, withdrawn and unchanged against `known`; both have KEY and CONTENT.

    A key that `figures` does not name is not touched: withdrawing takes a row that says so. Values are canonical
    decimal text, so equal figures are equal strings.
    """
    joined = figures[KEY + CONTENT].merge(
        known[KEY + CONTENT], on=KEY, how="left", suffixes=("", "_known"), indicator=True
    )
    is_known = joined["_merge"] == "both"
    same = is_known & _same_content(joined)
    withdraws = joined["is_withdrawn"].astype(bool)
    # Withdrawing what was never published, or is withdrawn already, changes nothing.
    was_withdrawn = joined["is_withdrawn_known"].fillna(True).astype(bool)
    idle = same | (withdraws & was_withdrawn)
    return Changes(
        new=joined.loc[~is_known & ~withdraws, KEY + CONTENT],
        revised=joined.loc[is_known & ~idle & ~withdraws, KEY + CONTENT],
        withdrawn=joined.loc[~idle & withdraws, KEY + CONTENT],
        unchanged=int(idle.sum()),
    )


def _same_content(joined: pd.DataFrame) -> pd.Series[bool]:
    same = pd.Series(True, index=joined.index)
    for name in CONTENT:
        left, right = joined[name], joined[f"{name}_known"]
        same &= (left == right) | (left.isna() & right.isna())
    return same
