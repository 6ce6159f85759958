"""Machines to train on the bundled digits, and when to stop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hwgen import registry
from hwgen.design import Design
from hwgen.ep.config import EPConfig
from sim.images import ImageSplit, load_images


def design(hidden: int = 16, **values: Any) -> Design:
    """A machine for the bundled digits; 16 hidden neurons are enough to see that something is learnt."""
    scales = {"state_bits": [3, 5], "feedback_shift": 3}
    parameters = {"layers": [64, hidden, 10], "pixel_bits": 4, "lanes": 8} | scales | values
    return Design("digits_ep", registry.CORES["ep"], EPConfig.parse(parameters))


def asked(times: int) -> Callable[[], bool]:
    """Asked so often, it lets go on; then it stops. An epoch of digits asks thrice: two chunks, one test."""
    answers = iter([False] * times)
    return lambda: next(answers, True)


def digits() -> tuple[np.ndarray, ...]:
    split = load_images("digits")
    return split.train.pixels, split.train.labels, split.test.pixels, split.test.labels


def few_images(train: int, test: int) -> ImageSplit:
    """The first of the bundled digits."""
    split = load_images("digits")
    parts = [
        replace(part, pixels=part.pixels[:count], labels=part.labels[:count])
        for part, count in zip(split, (train, test), strict=True)
    ]
    return ImageSplit(*parts)
