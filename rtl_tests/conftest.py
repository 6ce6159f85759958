"""What every test shares: hypothesis profiles, and skipping by name where Icarus Verilog is missing."""

import os
import shutil
import signal
import threading

import pytest
from hypothesis import HealthCheck, settings

# Building a configuration may take seconds, so neither a deadline nor the health check for slow data says anything.
SLOW_EXAMPLES = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("quick", max_examples=10, derandomize=True, **SLOW_EXAMPLES)
settings.register_profile("full", max_examples=100, print_blob=True, **SLOW_EXAMPLES)
settings.load_profile(os.environ.get("HWGEN_TEST_PROFILE", "quick"))

# A shell that starts the tests in the background lets them ignore Control-C, and what they start would inherit that:
# tests that send it would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked ``requires_icarus`` where there is no Icarus Verilog.

    The mark also fits one parameter of several: ``pytest.param("icarus", marks=pytest.mark.requires_icarus)``.
    """
    if shutil.which("iverilog") and shutil.which("vvp"):
        return
    skip = pytest.mark.skip(reason="Icarus Verilog (iverilog) is not on PATH")
    for item in items:
        if item.get_closest_marker("requires_icarus"):
            item.add_marker(skip)
