"""The table of a run by kind, and what is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load.users import Done

KINDS = ("api", "page", "callback", "export", "upload", "ping", "own lag")


@dataclass(frozen=True)
class Goal:
    """What was found beside what is wanted: at most `most`."""

    name: str
    found: float
    most: float
    unit: str = "ms"

    @property
    def is_met(self) -> bool:
        """Whether it is."""
        return self.found <= self.most


def percentile(done: Sequence[Done], share: float) -> float:
    """Milliseconds within which this share was answered; 0 of nothing."""
    took = sorted(each.took_s for each in done)
    return 1_000 * took[min(int(share * len(took)), len(took) - 1)] if took else 0.0


def of_kind(done: Sequence[Done], *kinds: str) -> list[Done]:
    """Those of some kinds."""
    return [each for each in done if each.kind in kinds]


def table(title: str, done: Sequence[Done]) -> None:
    """Print a line a kind."""
    head = ("kind", "count", "good", "shed", "wrong", "p50 ms", "p95 ms", "p99 ms", "max ms")
    print(f"\n{title}\n" + f"{head[0]:<10}" + "".join(f"{word:>9}" for word in head[1:]))
    for kind in KINDS:
        found = of_kind(done, kind)
        if not found:
            continue
        good, shed = [each for each in found if each.is_good], [each for each in found if each.is_shed]
        counts = (len(found), len(good), len(shed), len(found) - len(good) - len(shed))
        times = [percentile(good, share) for share in (0.5, 0.95, 0.99, 1)]
        print(f"{kind:<10}" + "".join(f"{n:>9}" for n in counts) + "".join(f"{ms:>9.0f}" for ms in times))


def wrong(done: Sequence[Done]) -> list[Done]:
    """Neither a good answer nor a word that the server is busy."""
    return [each for each in done if not each.is_good and not each.is_shed]


def told_wrong(done: Sequence[Done], most: int = 5) -> None:
    """The commonest wrong answers, in words."""
    for (status, words), count in Counter((each.status, each.words[:220]) for each in done).most_common(most):
        print(f"  {count} × {status}: {words}")


def judged(goals: Sequence[Goal]) -> int:
    """Print each goal; 1 when one is missed."""
    print()
    for goal in goals:
        word = "PASS" if goal.is_met else "FAIL"
        print(f"{word}  {goal.name:<66}{goal.found:>9.0f} {goal.unit:<3} goal <= {goal.most:.0f}")
    return int(any(not goal.is_met for goal in goals))
