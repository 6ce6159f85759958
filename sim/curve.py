"""The figure of a training: errors over epochs, or what tells of learning where they do not."""

import importlib.util
import io
from collections.abc import Sequence
from typing import Any

from sim.epochs import Epoch


def curve(epochs: Sequence[Epoch], title: str, told: Sequence[str] = ()) -> bytes | None:
    """Training and test error of each epoch, or the means over samples of the statistics ``told``, if any, as a PNG
    file in memory; None where Matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return None
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4), layout="constrained")
    panel = figure.subplots()
    if told:
        _draw_means(panel, epochs, told)
    else:
        _draw_errors(panel, epochs)
    panel.set_ylim(bottom=0)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set_title(title)
    panel.set_xlabel("epoch")
    panel.grid(alpha=0.3)
    panel.legend()
    buffer = io.BytesIO()
    # No date or version inside: equal trainings give equal files.
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _draw_errors(panel: Any, epochs: Sequence[Epoch]) -> None:
    panel.plot(
        range(1, len(epochs) + 1),
        [100 * epoch.train_error for epoch in epochs],
        color="tab:gray",
        marker=_marker(epochs),
        markersize=4,
        label="training, before learning from the sample",
    )
    tested = [
        (number, 100 * epoch.test_error) for number, epoch in enumerate(epochs, 1) if epoch.test_error is not None
    ]
    if tested:
        panel.plot(*zip(*tested, strict=True), color="tab:blue", marker=_marker(epochs), markersize=4, label="test")
    panel.set_ylabel("error, %")


def _draw_means(panel: Any, epochs: Sequence[Epoch], told: Sequence[str]) -> None:
    means = [epoch.means(told) for epoch in epochs]
    for name in told:
        panel.plot(
            range(1, len(epochs) + 1),
            [mean[name] for mean in means],
            marker=_marker(epochs),
            markersize=4,
            label=name.replace("_", " "),
        )
    panel.set_ylabel("mean per sample")


def _marker(epochs: Sequence[Epoch]) -> str:
    return "o" if len(epochs) <= 50 else ""
