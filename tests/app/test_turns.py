"""What many ask for at once is made once; different things do not wait for each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

from app.turns import Turns


def test_who_asks_for_what_is_being_made_finds_it_made() -> None:
    turns, made, kept = Turns(), [], {}
    together = Barrier(8)

    def ask() -> str:
        together.wait()
        with turns.of("page"):
            if "page" not in kept:
                made.append("page")
                kept["page"] = "words"
            return kept["page"]

    with ThreadPoolExecutor(8) as pool:
        answers = [each.result() for each in [pool.submit(ask) for _ in range(8)]]
    assert (answers, made) == (["words"] * 8, ["page"])


def test_other_things_do_not_wait() -> None:
    turns, is_held, may_go = Turns(), Event(), Event()

    def hold() -> None:
        with turns.of("slow"):
            is_held.set()
            may_go.wait(20)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(hold)
        is_held.wait(20)
        with turns.of("quick"):
            assert not slow.done()
        may_go.set()


def test_a_turn_that_failed_leaves_the_next_one_free() -> None:
    turns = Turns()
    for _ in range(2):
        try:
            with turns.of("page"):
                raise ValueError
        except ValueError:
            continue
    entered = Event()

    def enter() -> None:
        with turns.of("page"):
            entered.set()

    Thread(target=enter, daemon=True).start()
    assert entered.wait(5)
