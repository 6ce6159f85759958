"""Held-out images as samples of a machine that a design file describes."""

from hwgen.errors import DesignError, HwgenError
from hwgen.evaluation import Evaluation
from hwgen.samples import Inputs
from sim.images import check_fit, load_images, to_samples


def load_held_out(data: str, config: Inputs) -> Evaluation:
    """The test part of a data set.

    Args:
        data: as :func:`sim.images.load_images` takes it.
        config: of the machine.

    Raises :class:`~hwgen.errors.HwgenError` where the data cannot be read, and of these
    :class:`~hwgen.errors.DesignError` where they do not fit the machine.
    """
    split = load_images(data)
    try:
        check_fit(config, split)
    except HwgenError as error:
        raise DesignError(f"source.dataset: {error}") from None
    return Evaluation(to_samples(config, split.test.pixels, split.test), split.test.labels)
