"""Lists of active inputs are in order, and stay as they are while the core uses them; broken ones are found."""

from pathlib import Path

import pytest
from amaranth.hdl import Module

from hwgen.crossbar.active import ActiveInputs
from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.scanner import ActiveScanner
from rtl_tests.formal.crossbar import BankProof, ScannerProof
from rtl_tests.formal.prove import Outcome, missing_tools, prove

pytestmark = pytest.mark.skipif(bool(missing_tools()), reason=f"not found: {', '.join(missing_tools())}")

# Two beats of four inputs, two of them beyond the last: a sample drains in 10 clocks, and in twice that and a bit the
# scanner has left any state that it cannot reach.
SAMPLE = SampleFormat(inputs=6, pixel_bits=1, input_bits=1, input_threshold=1, beat_bits=4, trailer_bits=1)
SCANNER_DEPTH = 24

# Three samples through two banks.
BANKS = {"inputs": 3, "pixel_bits": 1, "input_bits": 1, "input_threshold": 1, "beat_bits": 2, "trailer_bits": 1}
BANKS_DEPTH = 22


def test_no_list_names_an_input_twice(tmp_path: Path) -> None:
    assert prove(ScannerProof(ActiveScanner(SAMPLE)), SCANNER_DEPTH, tmp_path) is Outcome.PROVEN


def test_a_scanner_that_repeats_an_input_is_found(tmp_path: Path) -> None:
    class Broken(ActiveScanner):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            with m.If(self.x.payload.all()):
                m.d.sync += self.write.eq(1)
            return m

    assert prove(ScannerProof(Broken(SAMPLE)), SCANNER_DEPTH, tmp_path) is Outcome.VIOLATED


def test_a_claimed_list_does_not_change_in_any_short_run(tmp_path: Path) -> None:
    """For runs of ``BANKS_DEPTH`` clocks: induction does not close over what the banks' counters may hold."""
    assert prove(BankProof(ActiveInputs(banks=2, **BANKS)), BANKS_DEPTH, tmp_path) is not Outcome.VIOLATED


def test_a_list_that_is_overwritten_is_found(tmp_path: Path) -> None:
    class Broken(ActiveInputs):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            m.d.comb += m.submodules.scanner.admit.eq(1)
            return m

    assert prove(BankProof(Broken(banks=2, **BANKS)), BANKS_DEPTH, tmp_path) is Outcome.VIOLATED
