"""The figure of a training: errors over epochs."""

import importlib.util
import io
from collections.abc import Sequence

from sim.epochs import Epoch


def curve(epochs: Sequence[Epoch], title: str) -> bytes | None:
    """Training and test error of each epoch, as a PNG file in memory; None where Matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return None
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4), layout="constrained")
    panel = figure.subplots()
    numbers = range(1, len(epochs) + 1)
    marker = "o" if len(epochs) <= 50 else ""
    panel.plot(
        numbers,
        [100 * epoch.train_error for epoch in epochs],
        color="tab:gray",
        marker=marker,
        markersize=4,
        label="training, before learning from the sample",
    )
    tested = [
        (number, 100 * epoch.test_error) for number, epoch in enumerate(epochs, 1) if epoch.test_error is not None
    ]
    if tested:
        panel.plot(*zip(*tested, strict=True), color="tab:blue", marker=marker, markersize=4, label="test")
    panel.set_ylim(bottom=0)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set_title(title)
    panel.set_xlabel("epoch")
    panel.set_ylabel("error, %")
    panel.grid(alpha=0.3)
    panel.legend()
    buffer = io.BytesIO()
    # No date or version inside: equal trainings give equal files.
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
