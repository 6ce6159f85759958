"""The host's end of the link against a simulated board: lossy lines, throughput, boards that go away."""

import random
from collections.abc import Iterator

import numpy as np
import pytest

from hwgen.bus.link.protocol import Opcode, Status
from hwgen.errors import HwgenError
from rtl_tests.link.target import BAUDRATE, CLOCKS_PER_BIT, SIGNATURE, SimulatedLine, next_signature, powered_up
from sim.backends.framing import Request
from sim.backends.host import LinkHost


@pytest.mark.parametrize("seed", range(3))
def test_a_line_that_loses_and_garbles_bytes_changes_nothing_but_the_time(seed: int) -> None:
    draw = random.Random(seed)

    def lose(line: bytes) -> bytes:
        kept = bytearray()
        for byte in line:
            chance = draw.random()
            if chance > 0.002:
                kept.append(byte)
            elif chance > 0.001:
                kept.append(byte ^ 1 << draw.randrange(8))
        return bytes(kept)

    with powered_up() as board:
        line = SimulatedLine(board)
        host = LinkHost(line, timeout=0.002, attempts=50)
        line.lose_sent = line.lose_received = lose
        values = [draw.randrange(2**32) for _ in range(3000)]
        addresses = [4 * draw.randrange(110) for _ in range(0, 3000, 10)]

        def requests() -> Iterator[Request]:
            for index, address in enumerate(addresses):
                payload = np.array(values[10 * index : 10 * index + 10], np.uint32)
                yield Request(Opcode.WRITE, 10, address, payload)
                yield Request(Opcode.PUSH, 3, 0, payload[:3] & np.uint32(63))
                yield Request(Opcode.POP, 3)

        answers = list(host.run(requests()))
        assert {answer.status for answer in answers} == {Status.OK}
        popped = np.concatenate([answer.payload for answer in answers[2::3]])
        expected = np.array(values, np.uint32).reshape(-1, 10)[:, :3] & np.uint32(63)
        expected[:, 0] += 1
        np.testing.assert_array_equal(popped, expected.reshape(-1)[: len(popped)])
        signature = 0
        for index, value in enumerate(values):
            signature = next_signature(signature, addresses[index // 10] + 4 * (index % 10), value)
        (state,) = host.run([Request(Opcode.READ, 2, SIGNATURE)])
        assert state.payload.tolist() == [signature, len(addresses)]


@pytest.mark.parametrize(
    ("opcode", "sent", "received"), [(Opcode.READ, 0, 240), (Opcode.WRITE, 240, 0)], ids=["read", "write"]
)
def test_long_bursts_carry_payload_nine_tenths_of_the_time(opcode: Opcode, sent: int, received: int) -> None:
    frames = 50
    with powered_up() as board:
        host = LinkHost(SimulatedLine(board), timeout=0.01, attempts=2)
        payload = np.arange(sent // 4, dtype=np.uint32) + 0x0101_0101
        start = board.clocks
        answers = list(host.run(Request(opcode, 60, 0, payload) for _ in range(frames)))
        seconds = (board.clocks - start) / (BAUDRATE * CLOCKS_PER_BIT)
    assert [answer.count for answer in answers] == [60] * frames
    share = frames * (sent + received) * 10 / seconds / BAUDRATE
    assert share >= 0.9


def test_a_break_before_a_session_costs_no_time_out() -> None:
    with powered_up() as board:
        board.feed(b"\x00", broken=[0])  # as some adapters send when their port is opened
        board.run(1_000_000, silence=200)
        host = LinkHost(SimulatedLine(board), timeout=0.001, attempts=1)
        (answer,) = host.run([Request(Opcode.INFO)])
        assert answer.status == Status.OK


def test_a_board_that_falls_silent_is_one_error() -> None:
    with powered_up() as board:
        line = SimulatedLine(board)
        host = LinkHost(line, timeout=0.001, attempts=3)
        line.lose_received = lambda received: b""
        with pytest.raises(HwgenError, match=r"the simulated line stopped answering: request \d+ .* was sent 3 times"):
            list(host.run([Request(Opcode.READ, 1, 4)]))
        with pytest.raises(HwgenError, match="no board answers on the simulated line: asked 3 times"):
            list(host.run([Request(Opcode.READ, 1, 4)]))
        line.lose_received = bytes
        (answer,) = host.run([Request(Opcode.READ, 1, 4)])
        assert answer.status == Status.OK


def test_a_board_that_was_restarted_or_taken_over_is_an_error() -> None:
    with powered_up() as board, powered_up() as fresh:
        line = SimulatedLine(board)
        host = LinkHost(line, timeout=0.001, attempts=3)
        line.simulation = fresh
        with pytest.raises(HwgenError, match="has been restarted"):
            list(host.run([Request(Opcode.INFO)]))
        line.simulation = board
        list(host.run([Request(Opcode.INFO)]))
        (last,) = host.run([Request(Opcode.INFO)])
        board.feed(Request(Opcode.SESSION).frame((last.number + 100) % 256))
        with pytest.raises(HwgenError, match="somebody else is using"):
            list(host.run([Request(Opcode.INFO)]))
