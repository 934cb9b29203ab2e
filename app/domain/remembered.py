"""Answers about texts that come from outside, remembered by the text: bounded in number and in length."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

More = ParamSpec("More")
T = TypeVar("T")
Function = Callable[Concatenate[str, More], T]
#: Names, periods and addresses are shorter; what is longer is worked out each time.
LONGEST = 200


def remembered(most: int) -> Callable[[Function[More, T]], Function[More, T]]:
    """A function of a text that remembers its answers to `most` texts, each of at most LONGEST characters."""

    def around(function: Function[More, T]) -> Function[More, T]:
        known: Function[More, T] = lru_cache(maxsize=most)(function)

        @wraps(function)
        def answer(text: str, /, *more: More.args, **named: More.kwargs) -> T:
            return (known if len(text) <= LONGEST else function)(text, *more, **named)

        return answer

    return around
