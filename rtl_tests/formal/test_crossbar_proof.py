"""Lists of active inputs are in order, and stay as they are while the core uses them; broken ones are found."""

from pathlib import Path

from amaranth.hdl import Module

from hwgen.crossbar.active import ActiveInputs
from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.scanner import ActiveScanner
from rtl_tests.formal.crossbar import BankProof, ScannerProof
from rtl_tests.formal.prove import Outcome, prove

# Two beats of four inputs, two of them beyond the last.
SAMPLE = SampleFormat(inputs=6, pixel_bits=1, input_bits=1, input_threshold=1, beat_bits=4, trailer_bits=1)
# Whatever was in the scanner has left it.
SCANNER_DEPTH = 11

SMALL = {"inputs": 3, "pixel_bits": 1, "input_bits": 1, "input_threshold": 1, "beat_bits": 2, "trailer_bits": 1}
BANKS = 3
BANKS_DEPTH = 8
# One more sample than there are banks has come.
OVERWRITTEN = 12


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


def test_a_claimed_list_does_not_change(tmp_path: Path) -> None:
    assert prove(BankProof(ActiveInputs(banks=BANKS, **SMALL)), BANKS_DEPTH, tmp_path) is Outcome.PROVEN


def test_a_list_that_is_overwritten_is_found(tmp_path: Path) -> None:
    class Broken(ActiveInputs):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            m.d.comb += m.submodules.scanner.admit.eq(1)
            return m

    assert prove(BankProof(Broken(banks=BANKS, **SMALL)), OVERWRITTEN, tmp_path) is Outcome.VIOLATED
