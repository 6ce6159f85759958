"""Errors that hwgen raises on purpose; each message names the thing, its value and what is allowed."""


class HwgenError(Exception):
    """Base of every error that hwgen raises on purpose: the command line prints it without a traceback."""


class DesignError(HwgenError):
    """A design file, a table or a parameter that does not describe a machine hwgen can build."""


class BusError(HwgenError):
    """A register or memory access that the hardware answered with an error; it changed nothing."""


class HardwareMismatch(HwgenError):
    """The hardware is not the one the driver was made for (other core, other config, other content)."""


class ToolError(HwgenError):
    """An external tool is missing, too old, or failed; the message holds the command that mends it."""
