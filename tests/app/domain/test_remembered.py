"""What is remembered of texts is bounded in number and in length."""

from __future__ import annotations

from app.domain.remembered import remembered


def test_a_text_is_worked_out_once_and_the_least_used_is_forgotten() -> None:
    asked: list[str] = []

    @remembered(2)
    def length(text: str, more: int = 0) -> int:
        asked.append(text)
        return len(text) + more

    assert [length(text) for text in ("a", "bb", "a", "ccc", "bb")] == [1, 2, 1, 3, 2]
    assert asked == ["a", "bb", "ccc", "bb"]
    assert length("a", 5) == 6


def test_a_long_text_is_answered_and_not_remembered() -> None:
    asked: list[int] = []

    @remembered(10)
    def length(text: str) -> int:
        asked.append(len(text))
        return len(text)

    assert [length("x" * size) for size in (200, 200, 201, 201)] == [200, 200, 201, 201]
    assert asked == [200, 201, 201]
