"""Arithmetic word problems, drawn with a seed: what the small model is taught and asked.

A number is its digits, one token each. The answer is worked out step by step, every number from
its last digit on (so that a carry is known before it is needed): ``47 + 25 = 72`` is written
``7 4 + 5 2 = 2 7``. The last number is the answer.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

PAD, ASK, ANSWER, END = "<pad>", "<ask>", "<answer>", "<end>"
_NAMES = ("ann", "ben", "eva", "kim", "leo", "mia", "sam", "tom")
_THINGS = ("apples", "books", "cards", "coins", "eggs", "pens", "shells", "stamps")
# How a number of things grows, shrinks or is multiplied; {n} is the number.
_MORE = ("buys {n} more", "finds {n} more", "is given {n}", "wins {n}")
_LESS = ("gives away {n}", "loses {n}", "sells {n}", "breaks {n}")
_TIMES = ("doubles them", "triples them")
_WORDS = sorted({
    word
    for text in (*_MORE, *_LESS, *_TIMES, "has . then how many are left ?")
    for word in text.split()
    if not word.startswith("{")
})  # fmt: skip
VOCABULARY = (
    PAD, ASK, ANSWER, END, *"0123456789", "+", "-", "*", "=", ";", *_NAMES, *_THINGS, *_WORDS,
)  # fmt: skip
_ID = {word: place for place, word in enumerate(VOCABULARY)}
PAD_ID, END_ID = _ID[PAD], _ID[END]
LARGEST = 999  # no number on the way is above it, or below zero
LONGEST = 80  # tokens of the longest problem with its answer
MOST_STEPS = 3


@dataclass(frozen=True)
class Question:
    """``prompt`` ends where the answer begins; ``worked`` is the answer with its steps and END."""

    prompt: tuple[str, ...]
    worked: tuple[str, ...]
    answer: int


def question(draw: random.Random) -> Question:
    """One problem of one to MOST_STEPS steps."""
    name, things = draw.choice(_NAMES), draw.choice(_THINGS)
    value = draw.randint(2, 99)
    told = [ASK, name, "has", *str(value), things]
    steps: list[str] = []
    for _ in range(draw.randint(1, MOST_STEPS)):
        sign, other, text = _step(draw, value)
        result = {"+": value + other, "-": value - other, "*": value * other}[sign]
        told += [".", "then", name, *_filled(text, other)]
        steps += [*_last_first(value), sign, *_last_first(other), "=", *_last_first(result), ";"]
        value = result
    asked = [".", "how", "many", things, "are", "left", "?", ANSWER]
    return Question((*told, *asked), (*steps, *_last_first(value), END), value)


def _step(draw: random.Random, value: int) -> tuple[str, int, str]:
    """Sign, the other number and the words; what would leave 0 to LARGEST is not drawn."""
    signs = ["+"] + ["-"] * (value > 0) + ["*"] * (0 < value * 3 <= LARGEST)
    sign = draw.choice(signs)
    if sign == "*":
        text = draw.choice(_TIMES)
        return sign, 2 + _TIMES.index(text), text
    most = min(99, LARGEST - value) if sign == "+" else min(99, value)
    if most < 1:
        return "-", min(99, value), draw.choice(_LESS)
    return sign, draw.randint(1, most), draw.choice(_MORE if sign == "+" else _LESS)


def _filled(text: str, number: int) -> list[str]:
    return [part for word in text.split()
            for part in (str(number) if word == "{n}" else (word,))]  # fmt: skip


def _last_first(number: int) -> list[str]:
    return list(str(number)[::-1])


def encode(words: Sequence[str]) -> list[int]:
    """Token ids; KeyError for what is not in the vocabulary."""
    return [_ID[word] for word in words]


def decode(tokens: Sequence[int]) -> list[str]:
    """Words; an id beyond the vocabulary, as padding of it may bring forth, reads as PAD."""
    return [VOCABULARY[token] if token < len(VOCABULARY) else PAD for token in tokens]


def read_answer(tokens: Sequence[int]) -> int | None:
    """The number before END; None if there is no END, or no number before it."""
    words = decode(tokens)
    if END not in words:
        return None
    digits: list[str] = []
    for word in reversed(words[: words.index(END)]):
        if not word.isdigit():
            break
        digits.append(word)
    return int("".join(digits)) if digits else None


def drawn(seed: int, count: int) -> list[Question]:
    """The first ``count`` problems of a seed; more of them begin with the same."""
    draw = random.Random(seed)
    return [question(draw) for _ in range(count)]
