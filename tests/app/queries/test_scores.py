"""Scores from the database: the right figures of the right time, the same stored and computed, on both engines."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.db import reading, writing
from app.domain.composite.reach import needs
from app.domain.period import parse_period
from app.errors import Invalid, NotFound
from app.models import Score, ScoreRun
from app.queries import explanations
from app.queries.frameworks import framework_version, resolved
from app.queries.score_inputs import carried_from, inputs
from app.queries.scores import Variant, latest_period, scores, variant_of, vintage_when_current
from ingest.scoring import bring_up_to_date
from tests.makers import MORNING, publish_figures
from tests.tiny import load, row


def variant(session: Session, period: str, vintage: int, **choices: object) -> Variant:
    return variant_of(session, framework_version(session, "tiny"), parse_period(period), vintage, **choices)


def ranked(session: Session, asked: Variant) -> dict[str, tuple[int | None, float | None]]:
    return {item.city: (item.rank, item.score) for item in scores(session, asked).rows}


def test_scores_by_hand_as_known_with_each_vintage(tiny: Engine) -> None:
    """Kazan: life 75 of 60..80 is 75, jobless 5 of 20..0 is 75, so people 75; lights 60: index 67.5. Oryol cannot
    have the jobless figure: people is life 70, 50; lights 50, later 90. Ufa has a forecast alone."""
    with reading(tiny) as session:
        assert ranked(session, variant(session, "2025-Q4", 1)) == {
            "ru-kazan": (1, 67.5),
            "ru-oryol": (2, 50.0),
            "ru-ufa": (None, None),
        }
        assert ranked(session, variant(session, "2025-Q4", 3))["ru-oryol"] == (1, 70.0)
        assert ranked(session, variant(session, "2026-Q1", 3))["ru-kazan"] == (1, (77.5 + 70) / 2)


def test_a_city_without_a_rank_names_its_gaps(tiny: Engine) -> None:
    with reading(tiny) as session:
        answer = scores(session, variant(session, "2025-Q4", 3))
        ufa = next(item for item in answer.rows if item.city == "ru-ufa")
        oryol = next(item for item in answer.rows if item.city == "ru-oryol")
    assert ufa.missing == ("HC_LIFE", "HC_JOBLESS", "TI_LIGHTS")
    assert ufa.coverage == 0
    assert ufa.reason is not None
    assert ufa.reason.startswith("not ranked: 0 % reported")
    assert (oryol.coverage, oryol.missing) == (1.0, ())


def test_an_annual_figure_is_carried_with_its_year_and_no_longer_than_allowed(tiny: Engine) -> None:
    with reading(tiny) as session:
        framework = resolved(framework_version(session, "tiny"))
        found = inputs(session, framework, parse_period("2025-Q4"), 1)
        oryol = found.values.index.get_loc("ru-oryol")
        assert found.values.loc["ru-oryol", "HC_LIFE"] == 70
        assert found.periods[oryol, found.columns.index("HC_LIFE")] == parse_period("2024").number
    assert carried_from(parse_period("2025-Q4"), 2) == ((parse_period("2023"), parse_period("2025")),)
    assert carried_from(parse_period("2026-Q1"), 2) == ((parse_period("2024"), parse_period("2025")),)
    assert carried_from(parse_period("2026-Q1"), 0) == ()
    assert carried_from(parse_period("2026"), 2) == ()


def test_a_figure_that_is_not_free_moves_nothing(tiny: Engine) -> None:
    """Vintage 4 says that Kazan's 60 lamps became 100, under embargo: nothing of it is told, not even a rank."""
    with reading(tiny) as session:
        kazan = next(item for item in scores(session, variant(session, "2025-Q4", 4)).rows if item.city == "ru-kazan")
    assert kazan.score is None
    assert kazan.missing == ("TI_LIGHTS",)
    assert kazan.parts["people"] == 75
    assert kazan.parts["works"] is None


def test_what_is_stored_is_what_would_be_computed(tiny: Engine) -> None:
    with reading(tiny) as session:
        before = {
            (period, vintage): scores(session, variant(session, period, vintage))
            for period in ("2025-Q4", "2026-Q1")
            for vintage in (3, 4)
        }
    done = bring_up_to_date(tiny, now=MORNING)
    assert [(one.period, one.vintage, one.ranked) for one in done] == [("2026-Q1", 2, 1), ("2025-Q4", 4, 1)]
    assert bring_up_to_date(tiny, now=MORNING) == []
    with reading(tiny) as session:
        after = {key: scores(session, variant(session, *key)) for key in before}
        assert session.scalar(select(func.count()).select_from(Score)) == 3 + 3
    assert [after[key].is_from_store for key in before] == [False, True, True, True]
    assert {key: answer.rows for key, answer in after.items()} == {key: answer.rows for key, answer in before.items()}
    assert after["2026-Q1", 4].assumptions == before["2026-Q1", 4].assumptions


def test_a_later_vintage_makes_new_scores_and_keeps_the_old(tiny: Engine) -> None:
    bring_up_to_date(tiny, now=MORNING)
    with writing(tiny) as session:
        publish_figures(session, row("kazan", "HC_LIFE", "2024", "80"), now=MORNING + timedelta(days=9))
    done = bring_up_to_date(tiny, now=MORNING)
    assert sorted(one.period for one in done) == ["2025-Q4", "2026-Q1"]
    with reading(tiny) as session:
        assert session.scalar(select(func.count()).select_from(ScoreRun)) == 4
        assert ranked(session, variant(session, "2026-Q1", 4))["ru-kazan"] == (1, (77.5 + 70) / 2)
        assert ranked(session, variant(session, "2026-Q1", 5))["ru-kazan"] == (1, (90 + 70) / 2)


def test_a_group_is_ranked_by_itself_and_other_weights_are_not_official(tiny: Engine) -> None:
    with reading(tiny) as session:
        oryol = next(
            iter(
                inputs(session, resolved(framework_version(session, "tiny")), parse_period("2025-Q4"), 1).city_ids[1:]
            )
        )
        alone = variant(session, "2025-Q4", 1, cities=frozenset({int(oryol)}))
        assert ranked(session, alone) == {"ru-oryol": (1, 50.0)}
        mine = variant(session, "2025-Q4", 1, weights=(("works", 3.0),))
        assert not mine.is_official
        assert ranked(session, mine)["ru-kazan"] == (1, (75 + 3 * 60) / 4)
        with pytest.raises(Invalid, match="no part nothing"):
            scores(session, variant(session, "2025-Q4", 1, weights=(("nothing", 1.0),)))
        with pytest.raises(Invalid, match="sum to nothing"):
            scores(session, variant(session, "2025-Q4", 1, weights=(("works", 0.0), ("people", 0.0))))


def test_versions_stand_side_by_side_and_never_change(tiny: Engine, tmp_path: Path) -> None:
    with writing(tiny) as session:
        load(session, tmp_path)
    with pytest.raises(Invalid, match="give the changed file a new version"), writing(tiny) as session:
        load(session, tmp_path, best=90)
    with writing(tiny) as session:
        load(session, tmp_path, version="2", best=90)
    with reading(tiny) as session:
        assert framework_version(session, "tiny").version == "2"
        old, new = framework_version(session, "tiny@1"), framework_version(session, "tiny@2")
        period = parse_period("2025-Q4")
        assert ranked(session, variant_of(session, old, period, 1))["ru-kazan"] == (1, 67.5)
        assert ranked(session, variant_of(session, new, period, 1))["ru-kazan"] == (1, (62.5 + 60) / 2)
        with pytest.raises(NotFound, match="tiny@2, tiny@1"):
            framework_version(session, "tiny@3")
    assert {one.framework for one in bring_up_to_date(tiny, now=MORNING)} == {"tiny@2"}


def test_the_explanation_adds_up_and_names_the_figures_behind(tiny: Engine) -> None:
    with reading(tiny) as session:
        found = explanations.explanation(session, variant(session, "2025-Q4", 3), "ru-oryol")
        with pytest.raises(NotFound, match="has reported none"):
            explanations.explanation(session, variant(session, "2025-Q4", 3), "ru-nowhere")
    points = {item.indicator: item.points for item in found.contributions}
    assert points == {"HC_LIFE": 25.0, "HC_JOBLESS": None, "TI_LIGHTS": 45.0}
    assert sum(filter(None, points.values())) + (found.constant or 0) == found.row.score == 70.0
    assert {item.indicator: item.state for item in found.contributions}["HC_JOBLESS"] == "not_applicable"
    assert {item.indicator: item.period for item in found.contributions}["HC_LIFE"] == "2024"
    assert (found.strengths, found.weaknesses) == (("TI_LIGHTS",), ("HC_LIFE",))


def test_the_change_between_two_quarters_falls_into_its_causes(tiny: Engine) -> None:
    """Kazan 2025-Q4, as known when it was current, to 2026-Q1: 67.5 to 73.75, by itself; Oryol has no figures for
    2026-Q1 but life, so it has no rank then."""
    with reading(tiny) as session:
        now = variant(session, "2026-Q1", 3)
        kazan = explanations.change(session, now, "ru-kazan", since=parse_period("2025-Q4"))
        oryol = explanations.change(session, now, "ru-oryol", since=parse_period("2025-Q4"))
    assert kazan.earlier_vintage == 1
    assert kazan.move.before == (67.5, 1)
    assert kazan.move.after == (73.75, 1)
    parts = {step.cause: (step.score, step.rank) for step in kazan.move.steps}
    assert parts["own"][0] == pytest.approx(6.25)
    assert sum(score for score, _ in parts.values() if score) == pytest.approx(6.25)
    assert oryol.move.reason == "not ranked after"


def test_a_revision_is_told_from_a_change(tiny: Engine) -> None:
    """The same quarter, known then and now: Oryol's revision took it from 50 to 70 and Kazan from 1st to 2nd."""
    with reading(tiny) as session:
        now = variant(session, "2025-Q4", 3)
        since = {"since": parse_period("2025-Q4"), "since_vintage": 1}
        oryol = explanations.change(session, now, "ru-oryol", **since).move
        kazan = explanations.change(session, now, "ru-kazan", **since).move
    assert [(step.score, step.rank) for step in oryol.steps] == [(20.0, -1), (0, 0), (0, 0), (0, 0), (0, 0)]
    assert [(step.score, step.rank) for step in kazan.steps] == [(0, 1), (0, 0), (0, 0), (0, 0), (0, 0)]


def test_what_a_rank_would_take_is_enough_when_it_happens(tiny: Engine) -> None:
    with reading(tiny) as session:
        found = explanations.reach(session, variant(session, "2025-Q4", 3), "ru-kazan", 1)
    assert found.goal == 70.0
    assert found.needs is not None
    wanted = {need.indicator: need.needed for need in found.needs}
    assert wanted["TI_LIGHTS"] == pytest.approx(65)
    assert wanted["HC_LIFE"] == pytest.approx(77)
    for indicator, period in (("TI_LIGHTS", "2025-Q4"), ("HC_LIFE", "2024")):
        with writing(tiny) as session:
            value = f"{wanted[indicator]:.10g}"
            done = publish_figures(session, row("kazan", indicator, period, value), now=MORNING + timedelta(days=20))
            assert done.vintage
        with reading(tiny) as session:
            reached = ranked(session, variant(session, "2025-Q4", done.vintage))["ru-kazan"]
            assert reached[0] == 1 or indicator == "HC_LIFE"


def test_the_periods_are_those_of_the_figures_and_the_latest_is_well_reported(tiny: Engine) -> None:
    with reading(tiny) as session:
        framework = resolved(framework_version(session, "tiny"))
        assert latest_period(session, framework, 1) == parse_period("2025-Q4")
        assert latest_period(session, framework, 0) is None
        quarters = (parse_period("2025-Q4"), parse_period("2026-Q1"))
        assert vintage_when_current(session, framework, *quarters) == 1
        assert vintage_when_current(session, framework, *quarters[::-1]) == 2
        assert vintage_when_current(session, framework, parse_period("2020-Q1"), quarters[0]) == 0


def test_what_no_indicator_alone_can_do_is_said_to_be_so(tiny: Engine) -> None:
    """Oryol stands at 50 and needs 67.5. Lamps count half: 85 of them would do. Life counts half too, the jobless not
    applying: 85 of 60..80 is 77 years. For 100 points no one of them is enough: each can bring 25 at most."""
    with reading(tiny) as session:
        asked = variant(session, "2025-Q4", 1)
        found = explanations.computed(session, asked)
        row = found.scored.stages.index.get_loc("ru-oryol")
        enough = {need.indicator: need.needed for need in needs(found.scored, row, 67.5)}
        most = {need.indicator: (need.needed, need.best_gain) for need in needs(found.scored, row, 100.0)}
    assert enough == {"TI_LIGHTS": pytest.approx(85), "HC_LIFE": pytest.approx(77)}
    assert most == {"TI_LIGHTS": (None, 25.0), "HC_LIFE": (None, 25.0)}
