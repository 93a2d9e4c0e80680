"""Counting a text's tokens: ours over tiktoken's own time for the same texts."""

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from time import perf_counter

import tiktoken

from benchmarks import measure
from benchmarks.measure import Options, Result, Sample
from bot import estimation
from bot.domain.estimates import Encoding

#: Characters: a question, a message, what a modal takes, a whole document.
_SIZES = (200, 1_000, 3_000, 100_000)
_TEXTS = 200
_PIECES = (
    "The quick brown fox jumps over the lazy dog. ",
    "Zażółć gęślą jaźń, und der Fuß. ",
    "Съешь ещё этих мягких французских булок. ",
    "今日はいい天気ですね。你好世界。",
    "مرحبا بالعالم ",
    "👩\u200d👩\u200d👧\u200d👦🎉 ",
    "def f(x):\n    return {'a': [1, 2, 3], \"b\": x ** 2}\n",
    "<|endoftext|> &amp; https://example.test/a?b=c#d ",
)


def run(options: Options) -> Iterator[Result]:
    """For each encoding, the time of tiktoken alone over ours; 1.3 times its time is allowed."""
    texts = _mixed()
    for encoding in Encoding:
        estimation.count("", encoding)  # the ranks are loaded, and tiktoken knows them by name
        alone = tiktoken.get_encoding(encoding.value)
        if [estimation.count(text, encoding).tokens for text in texts] != [
            len(alone.encode_ordinary(text)) for text in texts
        ]:
            raise AssertionError(f"{encoding}: another count than tiktoken's")
        ours, theirs = f"counting, {encoding}", f"tiktoken alone, {encoding}"
        samples = measure.alternate(
            {
                theirs: partial(_arm, partial(_count_alone, alone), texts),
                ours: partial(_arm, partial(_count, encoding), texts),
            },
            options,
        )
        yield Result(
            name=f"{ours} / tiktoken alone",
            figures=measure.rates(samples, ours, theirs),
            demanded=0.77,
        )


def _count(encoding: Encoding, text: str) -> int:
    return estimation.count(text, encoding).tokens


def _count_alone(made: tiktoken.Encoding, text: str) -> int:
    return len(made.encode_ordinary(text))


def _arm(count: Callable[[str], int], texts: Sequence[str], seconds: float) -> Sample:
    latencies = []
    before = began = perf_counter()
    for text in cycle(texts):
        count(text)
        after = perf_counter()
        latencies.append(after - before)
        before = after
        if after - began >= seconds:
            break
    return Sample(before - began, sorted(latencies))


def _mixed() -> list[str]:
    dice = random.Random(6)
    texts = []
    for number in range(_TEXTS):
        size = _SIZES[-1] if number % 50 == 0 else dice.choice(_SIZES[:-1])
        text = ""
        while len(text) < size:
            text += dice.choice(_PIECES)
        texts.append(text)
    return texts
