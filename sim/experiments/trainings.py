"""The trainings of an experiment on a learning core: every setting with every seed, each kept in the cache."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hwgen.cache import build_once, cache_dir
from sim.experiments.sources import ROOT, digest_of, sources_of
from sim.images import ImageSplit, check_fit, load_images

log = logging.getLogger("hwgen")

Report = Callable[[int, int], None]
"""What to call with the parts done and the parts there are."""


class Setting(Protocol):
    """What is trained."""

    @property
    def name(self) -> str: ...
    @property
    def data(self) -> str: ...
    @property
    def published(self) -> bool: ...
    def config(self) -> Any: ...
    def as_dict(self) -> dict[str, Any]: ...


S = TypeVar("S", bound=Setting)
O = TypeVar("O")  # noqa: E741


def train_all(
    train: Callable[[S, int, str], O], settings: Sequence[S], seeds: int, data: str, processes: int, report: Report
) -> list[O]:
    """``train(setting, seed, data)`` for every setting with the seeds 1 to ``seeds``.

    Args:
        train: a function of a module, as other processes call it; its outcome has ``test_errors``.
        settings: what to train; their images must fit the data.
        seeds: at least 1.
        data: where MNIST is, see :func:`sim.images.load_images`.
        processes: how many to use.
        report: called with the trainings done and the trainings there are.

    Raises :class:`~hwgen.errors.HwgenError` for data that are missing or do not fit.
    """
    for setting in settings:
        if not setting.published:
            check_fit(setting.config(), images_of(setting, data))
    jobs = [(setting, seed) for setting in settings for seed in range(1, seeds + 1)]
    outcomes: dict[tuple[str, int], Any] = {}
    report(0, len(jobs))
    with ProcessPoolExecutor(processes) as pool:
        futures = {pool.submit(train, setting, seed, data): (setting.name, seed) for setting, seed in jobs}
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                outcome: Any = future.result()
                outcomes[futures[future]] = outcome
                log.info("%s, seed %d: test error %.2f %%", *futures[future], 100 * outcome.test_errors[-1])
                report(done, len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [outcomes[setting.name, seed] for setting, seed in jobs]


def kept(
    core: str, setting: Setting, seed: int, images: ImageSplit, version: str, train: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What ``train`` gives, as JSON values, from the cache if it is there: an interrupted experiment goes on where it
    stopped. ``version`` names the code that it depends on."""
    what = json.dumps([setting.as_dict(), seed, images.digest(), version], sort_keys=True)
    folder = cache_dir() / "experiments" / f"{core}-{hashlib.sha256(what.encode()).hexdigest()[:24]}"

    def build(aside: Path) -> None:
        (aside / "outcome.json").write_text(json.dumps(train()), encoding="utf-8")

    outcome: dict[str, Any] = json.loads((build_once(folder, build) / "outcome.json").read_text(encoding="utf-8"))
    return outcome


def images_of(setting: Setting, data: str) -> ImageSplit:
    """The images of a setting; ``data`` is where MNIST is."""
    return _images("digits" if setting.data == "digits" else data)


@lru_cache(maxsize=2)
def _images(data: str) -> ImageSplit:
    return load_images(data)


@lru_cache(maxsize=2)
def version_of(core: str) -> str:
    """Names the code that outcomes of a learning core's trainings depend on: the experiment's own file, and its golden
    model, its published rules and its data with all that they import."""
    names = [f"sim.experiments.{core}_clocks", f"sim.golden.{core}_float"]
    names += [f"sim.{part}" for part in ("stream", "epochs", "augment", "images")]
    return digest_of([ROOT / f"sim/experiments/{core}.py", *sources_of(names)])
