"""The API as calls that give frames: figures, scores, the register, the catalogue, changes, submissions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO
from urllib.parse import quote

import pandas as pd
from tqdm import tqdm
from tqdm.utils import CallbackIOWrapper

from app.client.caches import Cache, MemoryCache
from app.client.errors import Unexpected
from app.client.frames import OBSERVATION_COLUMNS, frame_of, scores_frame
from app.client.submissions import Submission
from app.client.transport import Patience, Transport, as_text

Codes = str | Iterable[str] | None
AsOf = int | str | datetime | None
Meta = dict[str, Any]
# The most that pages hold where the server does not say.
PAGE_ROWS = 1_000


class Citymark:
    """One installation. `url` is its address; `token` (`cm_…`, from the account page) is for submissions alone.

    `cache` keeps answers by ETag: in memory by default, `DiskCache(folder)` from run to run. Frames carry in `attrs`
    what they stand on: `vintage`, `as_of`, `simulated`, and more where a method says so.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        cache: Cache | None = None,
        patience: Patience | None = None,
        progress: bool = True,
    ) -> None:
        self._transport = Transport(url, token, cache or MemoryCache(), patience or Patience())
        # None lets tqdm draw on terminals alone.
        self._is_silent = None if progress else True

    def __enter__(self) -> Citymark:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Citymark({self._transport.base!r})"

    def close(self) -> None:
        """Let the connections go."""
        self._transport.close()

    def config(self) -> dict[str, Any]:
        """Version, limits, statuses, and the newest vintage as `vintage`."""
        answer = self._transport.get("/config", {})
        return {**answer["data"], "vintage": answer["meta"]["vintage"]}

    def observations(
        self,
        indicator: Codes = None,
        city: Codes = None,
        period: Codes = None,
        peer_group: str | None = None,
        as_of: AsOf = None,
        *,
        principle: Codes = None,
        status: Codes = None,
        exact: bool = False,
    ) -> pd.DataFrame:
        """Figures, one a row, all of one vintage however many pages they take; `exact` gives values as Decimal.

        Without `as_of` the vintage is the newest one when the call begins. `attrs["units"]` holds the unit of each
        indicator.
        """
        config = self.config()
        asked = {
            "indicator": _joined(indicator),
            "city": _joined(city),
            "period": _joined(period),
            "principle": _joined(principle),
            "status": _joined(status),
            "peer_group": peer_group,
            # A vintage that is named never changes, so its pages are kept for good and cannot mix.
            "as_of": (config["vintage"] or None) if as_of is None else as_of,
            "layout": "columns",
            "limit": config["limits"].get("max_page_rows", PAGE_ROWS),
        }
        pages = list(self._pages("/observations", asked, exact=exact, is_pinned=True))
        found = {name: [cell for _, page in pages for cell in page[name]] for name in OBSERVATION_COLUMNS}
        if exact:
            found["value"] = [None if value is None else Decimal(value) for value in found["value"]]
        frame = frame_of(found, pages[-1][0])
        catalogue = self.indicators()
        units = dict(zip(catalogue["code"], catalogue["unit"], strict=True))
        frame.attrs["units"] = {code: units.get(code) for code in dict.fromkeys(found["indicator"])}
        return frame

    def history(self, city: str, indicator: str, period: str) -> pd.DataFrame:
        """Every value that one figure has had, oldest first."""
        path = "/".join(quote(code, safe="") for code in (city, indicator, period))
        answer = self._transport.get(f"/observations/{path}/history", {})
        return frame_of(answer["data"], answer["meta"])

    def cities(self, country: str | None = None, peer_group: str | None = None, q: str | None = None) -> pd.DataFrame:
        """The register, or the cities of a country, a peer group, a part of a name."""
        return self._listed("/cities", {"country": country, "peer_group": peer_group, "q": q})

    def indicators(self, principle: str | None = None, q: str | None = None) -> pd.DataFrame:
        """The catalogue of indicators."""
        return self._listed("/indicators", {"principle": principle, "q": q})

    def scores(
        self,
        framework: Codes = None,
        period: Codes = None,
        city: Codes = None,
        peer_group: str | None = None,
        as_of: AsOf = None,
        *,
        weights: Mapping[str, float] | None = None,
        intervals: int | None = None,
        seed: int | None = None,
    ) -> pd.DataFrame:
        """Scores and ranks, the best first; the nodes' scores as `score_CODE`. `attrs["about"]`: what each set is."""
        told = None if weights is None else ",".join(f"{code}:{weight:g}" for code, weight in weights.items())
        asked = {
            "framework": _joined(framework),
            "period": _joined(period),
            "city": _joined(city),
            "peer_group": peer_group,
            "as_of": as_of,
            "weights": told,
            "intervals": intervals,
            "seed": seed,
        }
        answer = self._transport.get("/scores", asked)
        return scores_frame(answer["data"], answer["meta"])

    def changes(self, since: int) -> pd.DataFrame:
        """What the vintages after `since` changed, with the values before; go on from `attrs["vintage"]`."""
        return self._listed("/changes", {"since": since}, is_pinned=True)

    def vintages(self) -> pd.DataFrame:
        """Every publication, the newest first."""
        return self._listed("/vintages", {})

    def submit(
        self,
        file: Path | str,
        city: str,
        period: str,
        *,
        dry_run: bool = False,
        key: str | None = None,
        **options: str | int | bool,
    ) -> Submission:
        """Send a file for a city and period: it is checked and kept, and not yet handed to the ministry.

        `options`: `late_reason`, `encoding`, `delimiter`, `decimal`, `sheet`, `header_row`, `fill_down`, `day_first`.
        The Idempotency-Key is made of all of this, so that a script that is run again sends nothing twice. Raises
        FileRefused, with findings, for a file that cannot be read.
        """
        path = Path(file)
        form = {"city": city, "period": period, "dry_run": dry_run, **options}
        told = {name: as_text(value) for name, value in form.items()}
        headers = {"Idempotency-Key": key or _key(path, told)}
        size = path.stat().st_size
        with (
            path.open("rb") as stream,
            tqdm(total=size, desc=path.name, unit="B", unit_scale=True, leave=False, disable=self._is_silent) as bar,
        ):
            watched: BinaryIO = CallbackIOWrapper(bar.update, stream, "read")  # type: ignore[assignment]
            files = {"file": (path.name, watched)}
            answer = self._transport.post("/submissions", headers=headers, data=told, files=files)
        return Submission(self._transport, answer["data"])

    def submission(self, submission_id: str) -> Submission:
        """A submission that was sent before."""
        path = f"/submissions/{quote(submission_id, safe='')}"
        return Submission(self._transport, self._transport.get(path, {})["data"])

    def submissions(self, city: str | None = None, period: str | None = None, state: Codes = None) -> pd.DataFrame:
        """The submissions you may see, the newest first."""
        return self._listed("/submissions", {"city": city, "period": period, "state": _joined(state)})

    def _listed(self, path: str, parameters: Mapping[str, object], *, is_pinned: bool = False) -> pd.DataFrame:
        """All pages of a list of rows."""
        pages = list(self._pages(path, parameters, is_pinned=is_pinned))
        return frame_of([row for _, page in pages for row in page], pages[-1][0])

    def _pages(
        self, path: str, parameters: Mapping[str, object], *, exact: bool = False, is_pinned: bool = False
    ) -> Iterator[tuple[Meta, Any]]:
        """Page after page; the last one's meta says whether any of them holds simulated figures.

        Of what is pinned no page may show another vintage than the first: they would not belong together.
        """
        first: int | None = None
        cursor, is_simulated = None, False
        with tqdm(desc=path.strip("/"), unit=" rows", leave=False, disable=self._is_silent) as bar:
            while True:
                answer = self._transport.get(path, {**parameters, "cursor": cursor}, exact=exact)
                meta = answer["meta"]
                first = meta["vintage"] if first is None else first
                if is_pinned and meta["vintage"] != first:
                    raise Unexpected(f"{path} went from vintage {first} to {meta['vintage']} between pages")
                is_simulated |= bool(meta["simulated"])
                bar.update(meta["count"])
                yield {**meta, "simulated": is_simulated}, answer["data"]
                cursor = meta["next"]
                if cursor is None:
                    return


def _joined(codes: Codes) -> str | None:
    return codes if codes is None or isinstance(codes, str) else ",".join(codes)


def _key(path: Path, told: Mapping[str, str]) -> str:
    """The same for the same bytes, name and form."""
    whole = hashlib.sha256(repr([path.name, sorted(told.items())]).encode())
    whole.update(path.read_bytes())
    return whole.hexdigest()
