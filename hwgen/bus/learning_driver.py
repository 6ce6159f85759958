"""What the drivers of all learning cores do alike."""

from abc import abstractmethod
from typing import Any, Generic, TypeVar

from numpy.typing import ArrayLike

from hwgen.bus.driver import CoreDriver
from hwgen.errors import HwgenError

Result = TypeVar("Result")


class LearningDriver(CoreDriver, Generic[Result]):
    """A core that learns from samples, and that fills its memories with random numbers by itself."""

    most_polls: int
    """Reads of ``status`` after which the memories must be filled."""

    @abstractmethod
    def load(self, weights: Any) -> None:
        """Fill the memories."""

    @abstractmethod
    def initialise(self, seed: int | None = None) -> None:
        """Let the machine draw its weights."""

    @abstractmethod
    def run(self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None) -> Result:
        """Classify samples in order and learn from some."""

    def start_over(self, weights: Any | None) -> None:
        """Return the memories to what a machine with these weights starts with; without them it draws its own. Errors
        as for :meth:`load`."""
        if weights is None:
            self.initialise()
        else:
            self.load(weights)

    def infer(self, samples: ArrayLike) -> Result:
        """Classify samples in order; arguments and errors as in the golden model."""
        return self.run(samples)

    def train(self, samples: ArrayLike, labels: ArrayLike) -> Result:
        """Classify samples in order and learn from each; arguments and errors as in the golden model."""
        return self.run(samples, labels)

    def clear_statistics(self) -> None:
        """Set all statistics to 0."""
        self.strobe("clear_statistics")

    def rest(self, refused: str) -> None:
        """Check that no sample is in the machine, and wait until the memories are filled. Raises
        :class:`~hwgen.errors.HwgenError` that says what is ``refused``."""
        if self.status("busy"):
            raise HwgenError(f"{refused} while a sample is in the machine; take its result first")
        self.wait_until_filled()

    def wait_until_filled(self) -> None:
        """Wait for what the machine does once after power-on; ``x`` takes nothing meanwhile."""
        for _ in range(self.most_polls):
            if not self.status("initialising"):
                return
        raise HwgenError("the machine does not finish to fill its memories")
