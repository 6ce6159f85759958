"""The ``serial`` transport on virtual boards: bursts, streams, and one clear error without a board."""

import os
import threading
import tty
from collections.abc import Iterator

import numpy as np
import pytest
from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.top import BoardTop
from hwgen.bus.interface import BusSignature
from hwgen.bus.link.protocol import CHAINED, Opcode, Status
from hwgen.errors import BusError, HwgenError
from hwgen.transport import Words
from rtl_tests.link.target import BAUDRATE, CLOCK_HZ, CLOCKS_PER_BIT, DEAF, PUSHES, SIGNATURE, library
from sim.backends.framing import Response
from sim.backends.serial import SerialTransport
from sim.backends.transfer import StreamTransfer
from sim.virtual_board import BoardSimulation, VirtualBoard, compile_board


class TargetBoard(VirtualBoard):
    """The target of the protocol's tests on a pseudo-terminal."""

    def __init__(self) -> None:
        self._serve_on_terminal(BoardSimulation(library(), CLOCKS_PER_BIT))


@pytest.fixture
def board() -> Iterator[SerialTransport]:
    with TargetBoard() as virtual, SerialTransport(virtual.port) as transport:
        yield transport


def words(*values: int) -> Words:
    return np.array(values, np.uint32)


def test_accesses_anywhere_become_bursts_in_order(board: SerialTransport) -> None:
    draw = np.random.default_rng(0)
    runs = [np.arange(first, first + size) for first, size in draw.integers(0, 50, (60, 2)) if size]
    addresses = (4 * np.concatenate([*runs, np.arange(120), np.full(130, 7)])).astype(np.uint32)
    values = draw.integers(0, 2**32, len(addresses), dtype=np.uint32)
    board.write(addresses, values)
    memory = dict(zip(addresses.tolist(), values.tolist(), strict=True))
    np.testing.assert_array_equal(board.read(addresses), [memory[address] for address in addresses.tolist()])
    assert len(board.read(addresses[:0])) == 0


def test_the_first_refused_access_is_named_and_those_after_it_are_not_made(board: SerialTransport) -> None:
    addresses = words(*range(0, 4 * 100, 4), SIGNATURE, *range(0, 4 * 100, 4))
    with pytest.raises(BusError, match=r"^write of 0x00000064 at address 0x00000200 was answered with an error$"):
        board.write(addresses, np.arange(201, dtype=np.uint32))
    np.testing.assert_array_equal(board.read(addresses[:100]), np.arange(100))
    with pytest.raises(BusError, match=r"^read at address 0x00000006 was answered with an error$"):
        board.read(words(0, 6, 12))
    with pytest.raises(HwgenError, match=r"^read at address 0x80000000 was not answered in the time"):
        board.read(words(0, DEAF, 4))


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_streams_keep_every_bit_and_leave_what_was_not_asked_for(board: SerialTransport, count: int) -> None:
    x = np.random.default_rng(count).integers(0, 2**32, (count, 3), dtype=np.uint32)
    x[:, 2] &= 63
    y, elapsed = board.stream(x, max(0, count - 2))
    expected = x.astype(object) @ [1, 1 << 32, 1 << 64] + 1
    expected %= 1 << 70
    rest, _ = board.stream(x[:0], count - len(y))
    found = np.concatenate([y, rest]).astype(object) @ [1, 1 << 32, 1 << 64]
    assert elapsed == 0 and (found == expected).all()
    assert board.read(words(PUSHES))[0] == count


def test_a_stream_that_hangs_is_an_error_and_the_transport_stays_usable() -> None:
    with TargetBoard() as virtual, SerialTransport(virtual.port, timeout=0.2, attempts=2) as board:
        with pytest.raises(HwgenError, match=r"moved no word in 0.4 s, after 2 of 2 inputs and 2 of 3 results"):
            board.stream(words(1, 2, 3, 4, 5, 6).reshape(2, 3), 3)
        board.reset()
        np.testing.assert_array_equal(board.stream(words(1, 2, 3).reshape(1, 3), 1)[0], [[2, 2, 3]])
        with pytest.raises(HwgenError, match="moved no word"):
            board.stream(np.zeros((400, 3), np.uint32), 0)  # nobody takes the results


SLOW_CLOCKS = 3_000_000


class Slow(wiring.Component):
    """A core that returns each payload when many clocks have passed."""

    def __init__(self) -> None:
        payload = stream.Signature(32)
        super().__init__({"bus": In(BusSignature()), "x": In(payload), "y": Out(payload)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        left = Signal(range(SLOW_CLOCKS + 1))
        waiting = Signal()
        m.d.comb += [self.x.ready.eq(~waiting), self.y.valid.eq(waiting & (left == 0))]
        with m.If(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.If(self.x.valid & self.x.ready):
            m.d.sync += [self.y.payload.eq(self.x.payload), waiting.eq(1), left.eq(SLOW_CLOCKS)]
        with m.If(self.y.valid & self.y.ready):
            m.d.sync += waiting.eq(0)
        return m


class SlowBoard(VirtualBoard):
    """The slow core on a pseudo-terminal."""

    def __init__(self) -> None:
        top = BoardTop(Slow(), CLOCK_HZ, BAUDRATE)
        self._serve_on_terminal(BoardSimulation(compile_board(top, "slow_board"), CLOCKS_PER_BIT))


def test_a_core_is_waited_for_as_long_as_it_says_that_it_takes() -> None:
    impatient = {"timeout": 0.2, "attempts": 2}
    with SlowBoard() as virtual:
        with SerialTransport(virtual.port, **impatient) as board, pytest.raises(HwgenError, match=r"no word in 0.4 s"):
            board.stream(words(7).reshape(1, 1), 1)
        with SerialTransport(virtual.port, **impatient, patience=SLOW_CLOCKS) as board:
            assert board.stream(words(7).reshape(1, 1), 1)[0].tolist() == [[7]]


def test_arrays_that_do_not_fit_are_refused(board: SerialTransport) -> None:
    with pytest.raises(ValueError, match=r"x must have shape \(n, 3\), not \(4, 2\)"):
        board.stream(np.zeros((4, 2), np.uint32), 4)
    with pytest.raises(ValueError, match="above the port's 70 bits"):
        board.stream(words(0, 0, 64).reshape(1, 3), 1)
    with pytest.raises(ValueError, match="one shape"):
        board.write(words(0, 4), words(1))


def test_a_transfer_feeds_a_core_that_gives_fewer_results_than_samples() -> None:
    transfer = StreamTransfer(np.arange(1000, dtype=np.uint32), wanted=1, x_words=1, y_words=1, room=10)
    taken = 0
    while not transfer.done:
        for request in transfer.chain():
            assert request is not None
            pops = request.opcode & ~CHAINED == Opcode.POP
            taken += 0 if pops else request.length
            result = int(pops and taken == 1000)
            count = result if pops else request.length
            transfer.answer(Response(0, request.opcode, words(*[5] * result), Status.OK, count))
    assert transfer.results.tolist() == [5]


def test_a_board_that_disappears_is_one_error() -> None:
    virtual = TargetBoard()
    with virtual, SerialTransport(virtual.port, timeout=0.3, attempts=2) as board:
        board.read(words(0))
        virtual.close()
        with pytest.raises(HwgenError, match=rf"{virtual.port} at 3000000 baud (is gone|stopped answering)"):
            board.read(words(0))


def test_a_port_where_nobody_answers_is_one_error() -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    with pytest.raises(HwgenError, match=r"no board answers on \S+ at 3000000 baud: asked 2 times, 0.05 s each"):
        SerialTransport(os.ttyname(theirs), timeout=0.05, attempts=2)
    chatter = threading.Thread(target=os.write, args=(ours, b"login: \r\n\x00" * 100))
    chatter.start()
    with pytest.raises(HwgenError, match="no board answers"):
        SerialTransport(os.ttyname(theirs), timeout=0.05, attempts=2)
    chatter.join()
    os.close(ours)
    os.close(theirs)
    with pytest.raises(HwgenError, match="cannot open /dev/nonesuch at 3000000 baud"):
        SerialTransport("/dev/nonesuch")


def test_a_port_is_used_by_one_at_a_time_and_closed_for_good() -> None:
    with TargetBoard() as virtual:
        board = SerialTransport(virtual.port)
        with pytest.raises(HwgenError, match="cannot open"):
            SerialTransport(virtual.port)
        board.close()
        board.close()
        with pytest.raises(HwgenError, match="closed"):
            board.read(words(0))
