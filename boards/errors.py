"""Why a design that was synthesised does not get onto a board."""

from hwgen.errors import DesignError


class DoesNotFit(DesignError):
    """Synthesis or placement found that the design takes more than the board has."""


class MissesTiming(DesignError):
    """The placed design is slower than the clock that was asked for, or than every clock that was tried."""


REFUSED = "refused before synthesis"
KINDS = {DoesNotFit: "does not fit", MissesTiming: "misses timing"}
"""Why a recorded run has no result, by error; any other design error is ``REFUSED``."""
