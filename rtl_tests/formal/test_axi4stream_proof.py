"""The AXI4-Stream wrappers keep the protocol's rules in every run; broken ones do not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module

from hwgen.bus.wrappers.axi4stream import AXI4StreamReceiver, AXI4StreamSampleReceiver, AXI4StreamTransmitter
from rtl_tests.formal.axi4stream import STALL, StreamProof, receiver_proof, transmitter_proof
from rtl_tests.formal.prove import Outcome, prove

BITS, WIDTH, BEATS = 20, 8, 3
PAYLOADS, PAYLOAD_BEATS = 2, 2
SAMPLE_LIMIT = PAYLOADS * (PAYLOAD_BEATS + STALL) - 1


def sample_receiver(bits: int, width: int) -> AXI4StreamSampleReceiver:
    """Of payloads of a power of two of beats: induction would begin with a counter beyond another number."""
    return AXI4StreamSampleReceiver(PAYLOAD_BEATS * width, width, PAYLOADS)


PROOFS = [
    # While a payload waits for the core, so does the beat behind it.
    (AXI4StreamReceiver, receiver_proof, STALL),
    # Behind a packet of one beat, a beat waits until the others of the sample are made up for, a payload's as often as
    # the payload before it may wait.
    (sample_receiver, receiver_proof, SAMPLE_LIMIT),
    # A payload is taken in the clock in which the last beat of the one before it is; each beat waits.
    (AXI4StreamTransmitter, transmitter_proof, BEATS * (STALL + 1) - 1),
]
DEPTH = BEATS * (STALL + 1) + 8

Proof = Callable[[Any, int], StreamProof]


@pytest.mark.parametrize(("block", "proof", "limit"), PROOFS)
def test_it_keeps_every_rule(block: type, proof: Proof, limit: int, tmp_path: Path) -> None:
    assert prove(proof(block(BITS, WIDTH), limit), DEPTH, tmp_path) is Outcome.PROVEN


@pytest.mark.parametrize(("block", "proof", "limit"), PROOFS)
def test_the_longest_wait_is_stated_exactly(block: type, proof: Proof, limit: int, tmp_path: Path) -> None:
    assert prove(proof(block(BITS, WIDTH), limit - 1), DEPTH, tmp_path) is Outcome.VIOLATED


def test_a_receiver_that_withdraws_a_payload_is_found(tmp_path: Path) -> None:
    class Broken(AXI4StreamReceiver):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            with m.If(self.axis.tlast):
                m.d.sync += self.o.valid.eq(0)
            return m

    assert prove(receiver_proof(Broken(BITS, WIDTH), STALL), DEPTH, tmp_path) is Outcome.VIOLATED


def test_a_sample_receiver_that_forgets_a_payload_is_found(tmp_path: Path) -> None:
    class Broken(AXI4StreamSampleReceiver):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            with m.If(self.framing_error & self.axis.tlast):
                m.d.sync += self.o.valid.eq(0)
            return m

    proof = receiver_proof(Broken(PAYLOAD_BEATS * WIDTH, WIDTH, PAYLOADS), SAMPLE_LIMIT)
    assert prove(proof, DEPTH, tmp_path) is Outcome.VIOLATED


def test_a_receiver_that_takes_a_beat_while_it_is_cleared_is_found(tmp_path: Path) -> None:
    class Broken(AXI4StreamReceiver):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            m.d.comb += self.axis.tready.eq(1)
            return m

    assert prove(receiver_proof(Broken(BITS, WIDTH), STALL), DEPTH, tmp_path) is Outcome.VIOLATED


def test_a_transmitter_that_changes_tlast_is_found(tmp_path: Path) -> None:
    class Broken(AXI4StreamTransmitter):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            m.d.comb += self.axis.tlast.eq(self.i.ready)
            return m

    assert prove(transmitter_proof(Broken(BITS, WIDTH), BEATS * (STALL + 1) - 1), DEPTH, tmp_path) is Outcome.VIOLATED
