"""Who reports what when: figures as rows, each with the release that makes it known. Pure.

A release is named by the quarter it closes, whether it is annual, and its step: RELEASE, LATE, or EVENT + n.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.demo.dice import Floats, uniforms
from ingest.demo.series import event_cells, rounded, shown_values, spreads
from ingest.demo.world import World

Flags = NDArray[np.bool_]
RELEASE, LATE, EVENT = 0, 1, 2
_FOLLOWING = -1
EVENT_NOTE = "event "
# c, i, t: places on the world's three axes; quarter, step: the release; digits: whole numbers of the last decimal.
COLUMNS = ["c", "i", "t", "quarter", "step", "digits", "status", "note", "is_withdrawn"]


class Reports:
    """The state of every figure: does the city report it, late or not, with which status and note."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.values = shown_values(world)
        self.final = rounded(world, self.values)
        self.status = np.full(world.shape, "A", dtype="<U1")
        self.note = np.full(world.shape, "", dtype=object)
        self.told = self._told()
        self.is_late = self._late() & ~self.told
        self._set_statuses()
        self.is_shown = self._shown()

    def _told(self) -> Flags:
        """Figures of a told event: whole, on time and of their first report."""
        told = np.zeros(self.world.shape, dtype=np.bool_)
        for event in self.world.parameters.events:
            column = self.world.column(event.quarter)
            if column >= 0:
                told[:, :, column] |= event_cells(self.world, event)[:, :, 0]
        return told

    def _shown(self) -> Flags:
        """Within the shown quarters, since the city joined; annual figures in the quarter that closes the year."""
        quarters = self.world.quarters[None, None, :]
        is_closing = ~self.world.is_annual[None, :, None] | (quarters % 4 == 3)
        joined = self.world.first + self._joined_after()[:, None, None]
        return np.asarray((quarters >= joined) & is_closing)

    def _joined_after(self) -> NDArray[np.int64]:
        """Quarters from the first one until the city joins."""
        cities, seed = self.world.parameters.cities, self.world.parameters.seed
        thrown = np.array([uniforms(seed, "joined", place.code, count=2) for place in self.world.places])
        after = 1 + (thrown[:, 1] * cities.joined_within_quarters).astype(np.int64)
        is_later = (thrown[:, 0] < cities.joined_later_share) & ~self.told.any(axis=(1, 2))
        return np.where(is_later, after, 0)

    def _late(self) -> Flags:
        """Whole cities or single principles that miss the release; more of them in the last quarter."""
        world, reporting = self.world, self.world.parameters.reporting
        is_last = world.quarters == world.last
        city = np.where(is_last, reporting.late_city_share_last, reporting.late_city_share)
        part = np.where(is_last, reporting.late_principle_share_last, reporting.late_principle_share)
        whole = self._thrown("") < city
        by_principle = {principle: whole | (self._thrown(principle) < part) for principle in world.principles()}
        return np.stack([by_principle[measure.principle] for measure in world.measures], axis=1)

    def _thrown(self, principle: str) -> Floats:
        seed, count = self.world.parameters.seed, len(self.world.quarters)
        return np.array([uniforms(seed, "late", p.code, principle, count=count) for p in self.world.places])

    def _set_statuses(self) -> None:
        """From the weakest reason to the strongest: a later one takes the place of an earlier one."""
        dice, reporting = self.world.dice, self.world.parameters.reporting
        self._set(dice.quarter("estimated") < reporting.estimated_share, "E", "estimated")
        self._set_reliability()
        is_gap = dice.quarter("gap") < reporting.gap_share
        is_missing = dice.quarter("gap_kind") < 0.5
        self._set(is_gap & is_missing, "O", "gap_O")
        self._set(is_gap & ~is_missing, "L", "gap_L")
        self._set_uncollected()
        self._set_structure()

    def _set(self, where: Flags, status: str, note: str) -> None:
        where = where & ~self.told
        self.status[where] = status
        self.note[where] = note

    def _set_uncollected(self) -> None:
        dice, reporting = self.world.dice, self.world.parameters.reporting
        is_series = dice.series("uncollected") < reporting.uncollected_share
        until = self.world.first + dice.series("collected_from") * reporting.uncollected_within_quarters
        is_before = self.world.quarters[None, None, :] < until[:, :, None]
        self._set(is_series[:, :, None] & is_before, "L", "uncollected")

    def _set_reliability(self) -> None:
        world, structure = self.world, self.world.parameters.structure
        is_small = (world.population < structure.unreliable_below_population)[:, None, None]
        few_days = world.dice.quarter("few_days") < structure.few_days_share
        self._set(few_days & world.cells(structure.few_days_indicator), "U", "few_days")
        everywhere = np.ones(world.shape, dtype=np.bool_)
        self._set(everywhere & is_small & world.cells(structure.unreliable_indicator), "U", "unreliable")

    def _set_structure(self) -> None:
        world, structure = self.world, self.world.parameters.structure
        is_small = (world.population < structure.suppressed_below_population)[:, None, None]
        is_hidden = (world.dice.quarter("suppressed") < structure.suppressed_share) & is_small
        self._set(is_hidden & world.cells(structure.suppressed_indicator), "Q", "suppressed")
        is_warm = [
            place.country in structure.without_heating or abs(place.latitude) < structure.heating_from_latitude
            for place in world.places
        ]
        everywhere = np.ones(world.shape, dtype=np.bool_)
        without = everywhere & np.array(is_warm)[:, None, None] & world.cells(structure.heating_indicator)
        self._set(without, "M", "no_heating")

    def rows(self) -> pd.DataFrame:
        """Every row of every release, with COLUMNS; the releases after the last one are still to come."""
        parts = [*self._first_and_next(), *self._events()]
        return pd.concat(parts, ignore_index=True)[COLUMNS]

    def _first_and_next(self) -> list[pd.DataFrame]:
        """First reports, then what the next release makes of the provisional, the gaps and the wrong."""
        dice, reporting = self.world.dice, self.world.parameters.reporting
        first, status, note = self.final.copy(), self.status.copy(), self.note.copy()
        is_plain = (status == "A") & ~self.told
        is_wrong = is_plain & ~self.is_late & (dice.quarter("correction") < reporting.correction_share)
        is_series = (dice.series("provisional") < reporting.provisional_share)[:, :, None]
        is_provisional = is_plain & ~is_wrong & is_series
        first[is_wrong] = self._changed(self._errors())[is_wrong]
        first[is_provisional] = self._changed(reporting.revision_sd * dice.quarter("revision"))[is_provisional]
        status[is_provisional] = "P"
        self._tell_events(first, status, note)
        is_gap = (self.note == "gap_O") | (self.note == "gap_L")
        is_filled = is_gap & (dice.quarter("filled") < reporting.gap_filled_share)
        steps = np.where(self.is_late, LATE, RELEASE)
        return [
            self._rows(self.is_shown, steps, first, status, note),
            self._final(is_provisional, _FOLLOWING, ("A", "")),
            self._final(is_filled, _FOLLOWING, ("A", "filled")),
            self._final(is_wrong, LATE, ("A", "correction")),
        ]

    def _errors(self) -> Floats:
        """Relative errors that a correction takes back, at least a third of the largest."""
        size = self.world.parameters.reporting.correction_size
        thrown = 2.0 * self.world.dice.quarter("correction_size") - 1.0
        return np.asarray(np.sign(thrown) * size * (1.0 + 2.0 * np.abs(thrown)) / 3.0)

    def _changed(self, relative: Floats) -> NDArray[np.int64]:
        """The figures with a relative change by the indicator's spread, within the valid range."""
        low = np.array([measure.valid_min for measure in self.world.measures])[None, :, None]
        high = np.array([measure.valid_max for measure in self.world.measures])[None, :, None]
        return rounded(self.world, np.clip(self.values * (1.0 + relative * spreads(self.world)), low, high))

    def _tell_events(self, first: NDArray[np.int64], status: NDArray[np.str_], note: NDArray[np.object_]) -> None:
        """First reports of told events: a slip is published with its error, a break carries its status and words."""
        for n, event in enumerate(self.world.parameters.events):
            column = self.world.column(event.quarter)
            where = event_cells(self.world, event)[:, :, 0]
            if event.kind == "slip" and column >= 0:
                first[:, :, column][where] = np.rint(first[:, :, column][where] * event.size).astype(np.int64)
            if event.kind == "break" and column >= 0:
                status[:, :, column][where] = "B"
                note[:, :, column][where] = f"{EVENT_NOTE}{n}"

    def _rows(
        self,
        where: Flags,
        steps: NDArray[np.int64],
        digits: NDArray[np.int64],
        status: NDArray[np.str_],
        note: NDArray[np.object_],
    ) -> pd.DataFrame:
        """The chosen figures as rows; step _FOLLOWING is the release after the figure's own."""
        c, i, t = np.nonzero(where)
        follows = steps[c, i, t] == _FOLLOWING
        periods = np.where(self.world.is_annual[i], 4, 1)
        columns = {
            "c": c,
            "i": i,
            "t": t,
            "quarter": self.world.quarters[t] + np.where(follows, periods, 0),
            "step": np.where(follows, RELEASE, steps[c, i, t]),
            "digits": digits[c, i, t],
            "status": status[c, i, t],
            "note": note[c, i, t],
        }
        return pd.DataFrame(columns).assign(is_withdrawn=False)

    def _final(self, where: Flags, step: int, becomes: tuple[str, str]) -> pd.DataFrame:
        """The shown ones of the chosen figures as they stand in the end, with a status and a note."""
        steps = np.full(self.world.shape, step)
        rows = self._rows(where & self.is_shown, steps, self.final, self.status, self.note)
        return rows.assign(status=becomes[0], note=becomes[1])

    def _events(self) -> list[pd.DataFrame]:
        """The vintages of slips and withdrawals; a slip's first report stands in its quarter's release."""
        parts = []
        for n, event in enumerate(self.world.parameters.events):
            column = self.world.column(event.quarter)
            if event.kind == "break" or column < 0:
                continue
            where = np.zeros(self.world.shape, dtype=np.bool_)
            where[:, :, column] = event_cells(self.world, event)[:, :, 0]
            gone = event.kind == "withdrawal"
            rows = self._final(where, EVENT + n, ("O" if gone else "A", f"{EVENT_NOTE}{n}"))
            parts.append(rows.assign(is_withdrawn=gone))
        return parts
