"""The host link on a simulated board: operations, error codes, exactly-once, and how it recovers."""

from collections.abc import Iterator

import numpy as np
import pytest

from hwgen.bus.link.protocol import CHAINED, WINDOW, Opcode, Status
from rtl_tests.link.model import INFO
from rtl_tests.link.target import CLOCKS_PER_BIT, DEAF, PUSHES, SIGNATURE, powered_up
from rtl_tests.link.target import next_signature as signature_after
from sim.backends.framing import Request, Response, Splitter
from sim.virtual_board import BoardSimulation

SILENCE = 1500  # clocks: longer than any response takes to begin
BACKED_UP = 3 * (171 + 1 + 1)  # words: the buffer of 512 and the payload that fills it, the target's, the one offered


class Link:
    """A board and raw frames; every call waits until the board is silent."""

    def __init__(self, board: BoardSimulation) -> None:
        self.board = board
        self._splitter = Splitter()

    def exchange(self, *frames: bytes) -> list[Response]:
        """The responses to frames sent back to back."""
        self.board.feed(b"".join(frames))
        self.board.run(10_000_000, SILENCE)
        return [Response.parse(encoded) for encoded in self._splitter.feed(self.board.take())]

    def ask(self, number: int, opcode: int, length: int = 0, address: int = 0, *payload: int) -> Response:
        (response,) = self.exchange(request(number, opcode, length, address, *payload))
        assert (response.number, response.opcode) == (number, opcode)
        return response


def request(number: int, opcode: int, length: int = 0, address: int = 0, *payload: int) -> bytes:
    return Request(opcode, length, address, np.array(payload, np.uint32)).frame(number)


def outcome(response: Response) -> tuple[list[int], int, int]:
    return response.payload.tolist(), response.status, response.count


@pytest.fixture
def link() -> Iterator[Link]:
    """A board in a session whose next request is number 0."""
    with powered_up() as board:
        link = Link(board)
        assert outcome(link.ask(255, Opcode.SESSION, 0, 0xC0FFEE)) == ([0xC0FFEE, *INFO.to_words()], Status.OK, 4)
        yield link


def test_before_a_session_nothing_is_executed() -> None:
    with powered_up() as board:
        link = Link(board)
        assert outcome(link.ask(0, Opcode.WRITE, 1, 0, 5)) == ([], Status.NO_SESSION, 0)
        link.ask(0, Opcode.SESSION)
        assert outcome(link.ask(1, Opcode.READ_FIXED, 1, SIGNATURE)) == ([0], Status.OK, 1)


def test_bursts_of_every_length_write_and_read(link: Link) -> None:
    number = 0
    for length in (1, 2, 3, 59, 60):
        values = [length << 24 | index for index in range(length)]
        assert outcome(link.ask(number, Opcode.WRITE, length, 16, *values)) == ([], Status.OK, length)
        assert outcome(link.ask(number + 1, Opcode.READ, length, 16)) == (values, Status.OK, length)
        assert outcome(link.ask(number + 2, Opcode.READ_FIXED, length, 16)) == (values[:1] * length, Status.OK, length)
        number += 3


def test_a_refused_word_is_named_and_ends_the_burst(link: Link) -> None:
    assert outcome(link.ask(0, Opcode.WRITE, 3, SIGNATURE - 4, 7, 8, 9)) == ([], Status.BUS_ERROR, 1)
    assert outcome(link.ask(1, Opcode.READ, 1, SIGNATURE - 4)) == ([7], Status.OK, 1)
    assert outcome(link.ask(2, Opcode.READ, 4, SIGNATURE)) == (
        [signature_after(0, SIGNATURE - 4, 7), 0],
        Status.BUS_ERROR,
        2,
    )
    assert outcome(link.ask(3, Opcode.READ, 1, 2)) == ([], Status.BUS_ERROR, 0)


def test_a_bus_that_does_not_answer_is_given_up_and_the_link_lives(link: Link) -> None:
    assert outcome(link.ask(0, Opcode.READ, 2, DEAF)) == ([], Status.TIMEOUT, 0)
    assert outcome(link.ask(1, Opcode.WRITE, 2, DEAF, 1, 2)) == ([], Status.TIMEOUT, 0)
    assert outcome(link.ask(2, Opcode.WRITE, 1, 0, 3)) == ([], Status.OK, 1)


def test_wrong_requests_are_answered_and_not_executed(link: Link) -> None:
    wrong = [
        (Status.UNKNOWN_OPCODE, (0x00,)),
        (Status.UNKNOWN_OPCODE, (0x7F, 1)),
        (Status.UNKNOWN_OPCODE, (Opcode.SESSION | CHAINED,)),
        (Status.BAD_LENGTH, (Opcode.READ, 0)),
        (Status.BAD_LENGTH, (Opcode.READ, 61)),
        (Status.BAD_LENGTH, (Opcode.READ, 1, 0, 99)),
        (Status.BAD_LENGTH, (Opcode.WRITE, 2, 0, 99)),
        (Status.BAD_LENGTH, (Opcode.WRITE, 1, 0, 98, 99)),
        (Status.BAD_LENGTH, (Opcode.PUSH, 3, 0)),
        (Status.BAD_LENGTH, (Opcode.RESET, 1)),
        (Status.BAD_LENGTH, (Opcode.INFO, 0, 0, 1)),
    ]
    for number, (status, arguments) in enumerate(wrong):
        assert outcome(link.ask(number, *arguments)) == ([], status, 0)
    assert outcome(link.ask(len(wrong), Opcode.READ, 2, SIGNATURE)) == ([0, 0], Status.OK, 2)


def test_a_repeated_request_is_answered_again_and_not_executed_again(link: Link) -> None:
    sent = [
        request(0, Opcode.WRITE, 1, 0, 5),
        request(1, Opcode.PUSH, 3, 0, 1, 2, 3),
        request(2, Opcode.POP, 60),
        request(3, Opcode.READ, 2, SIGNATURE),
    ]
    first = [outcome(response) for response in link.exchange(*sent)]
    assert first[2] == ([2, 2, 3], Status.OK, 3)
    assert first[3] == ([signature_after(0, 0, 5), 1], Status.OK, 2)
    assert [outcome(response) for response in link.exchange(*sent)] == first
    assert [outcome(response) for response in link.exchange(*reversed(sent))] == first[::-1]


def test_a_response_on_its_way_is_not_overwritten_by_the_one_that_takes_its_place(link: Link) -> None:
    link.ask(0, Opcode.WRITE, 60, 0, *range(60))
    for number in range(1, 1 + WINDOW):
        link.ask(number, Opcode.READ, 60, 0)
    answers = link.exchange(request(1, Opcode.READ, 60, 0), request(1 + WINDOW, Opcode.READ_FIXED, 60, 4))
    assert [outcome(answer) for answer in answers] == [(list(range(60)), Status.OK, 60), ([1] * 60, Status.OK, 60)]


def test_only_the_window_is_answered_again(link: Link) -> None:
    for number in range(10):
        link.ask(number, Opcode.WRITE, 1, 4 * number, number)
    for number in range(10 - WINDOW, 10):
        assert link.ask(number, Opcode.WRITE, 1, 4 * number, number).status == Status.OK
    for number in (9 - WINDOW, 0, 11, 12, 137):
        assert outcome(link.ask(number, Opcode.WRITE, 1, 0, 77)) == ([], Status.OUT_OF_SEQUENCE, 10)
    assert outcome(link.ask(10, Opcode.READ, 1, 0)) == ([0], Status.OK, 1)


def test_ids_wrap(link: Link) -> None:
    for turn in range(300):
        assert link.ask(turn % 256, Opcode.READ_FIXED, 1, PUSHES).status == Status.OK


def test_a_new_session_forgets_the_old_ones_responses(link: Link) -> None:
    link.ask(0, Opcode.WRITE, 1, 0, 5)
    link.ask(7, Opcode.SESSION)
    assert outcome(link.ask(7, Opcode.READ, 1)) == ([], Status.OUT_OF_SEQUENCE, 8)
    assert outcome(link.ask(8, Opcode.READ, 1)) == ([5], Status.OK, 1)


def test_behind_a_failure_chained_requests_are_skipped(link: Link) -> None:
    frames = [
        request(0, Opcode.WRITE, 1, 0, 1),
        request(1, Opcode.WRITE | CHAINED, 2, SIGNATURE - 4, 2, 3),
        request(2, Opcode.WRITE | CHAINED, 1, 0, 4),
        request(3, Opcode.READ | CHAINED, 1, 0),
    ]
    assert [(answer.status, answer.count) for answer in link.exchange(*frames)] == [
        (Status.OK, 1),
        (Status.BUS_ERROR, 1),
        (Status.SKIPPED, 0),
        (Status.SKIPPED, 0),
    ]
    assert outcome(link.ask(4, Opcode.READ, 1, 0)) == ([1], Status.OK, 1)
    assert outcome(link.ask(5, Opcode.READ | CHAINED, 1, 0)) == ([1], Status.OK, 1)


def test_a_full_stream_blocks_for_a_bounded_time_and_goes_on_where_it_stopped(link: Link) -> None:
    pushed = number = 0
    while True:
        answer = link.ask(number, Opcode.PUSH, 60, 0, *range(pushed, pushed + 60))
        pushed, number = pushed + answer.count, number + 1
        if answer.status != Status.OK:
            break
    assert (answer.status, pushed) == (Status.STREAM_BLOCKED, BACKED_UP)
    assert outcome(link.ask(number, Opcode.PUSH, 3, 0, 1, 2, 3)) == ([], Status.STREAM_BLOCKED, 0)
    found: list[int] = []
    while len(found) < pushed:
        number += 1
        words, status, count = outcome(link.ask(number, Opcode.POP, 60))
        assert status == Status.OK and count == len(words) > 0
        found += words
    payloads = [word + 1 if word % 3 == 0 else word for word in range(pushed)]
    payloads[2::3] = [word % 64 for word in payloads[2::3]]  # the stream is 70 bits wide
    assert found == payloads
    assert outcome(link.ask(number + 1, Opcode.POP, 60)) == ([], Status.OK, 0)


def test_reset_empties_the_streams_and_resets_the_core(link: Link) -> None:
    link.ask(0, Opcode.WRITE, 1, 0, 5)
    link.ask(1, Opcode.PUSH, 4, 0, 1, 2, 3, 4)  # a payload and a third
    assert outcome(link.ask(2, Opcode.RESET)) == ([], Status.OK, 0)
    assert outcome(link.ask(3, Opcode.READ, 2, SIGNATURE)) == ([0, 0], Status.OK, 2)
    assert outcome(link.ask(4, Opcode.READ, 1, 0)) == ([5], Status.OK, 1)
    link.ask(5, Opcode.PUSH, 3, 0, 10, 0, 0)
    assert outcome(link.ask(6, Opcode.POP, 60)) == ([11, 0, 0], Status.OK, 3)


@pytest.mark.parametrize("noise", [b"\x05hello\x00", b"\x01\x00", b"\xff" * 700 + b"\x00", b"\x02\x02\x02\x00"])
def test_garbage_is_answered_with_the_id_expected_next(link: Link, noise: bytes) -> None:
    link.ask(0, Opcode.INFO)
    (answer,) = link.exchange(noise)
    assert (answer.number, answer.opcode, *outcome(answer)) == (0, 0, [], Status.BAD_FRAME, 1)
    assert link.ask(1, Opcode.INFO).status == Status.OK


def test_a_host_that_stops_half_way_costs_the_frame_that_follows(link: Link) -> None:
    whole = request(0, Opcode.WRITE, 4, 0, 1, 2, 3, 4)
    for size in range(1, len(whole) - 1):
        assert link.exchange(whole[:size]) == []
        (answer,) = link.exchange(b"\x00")
        assert answer.status == Status.BAD_FRAME
    assert outcome(link.ask(0, Opcode.READ, 1, SIGNATURE)) == ([0], Status.OK, 1)


def test_frames_beyond_the_buffers_are_dropped_whole(link: Link) -> None:
    # Reads fill the line back to the host: their requests come in faster than responses go out.
    frames = [request(number, Opcode.READ, 60, 0) for number in range(12)]
    answers = link.exchange(*frames)
    executed = [answer.number for answer in answers if answer.status == Status.OK]
    assert executed == list(range(len(executed))) and WINDOW < len(executed) < 12
    assert {answer.status for answer in answers} <= {Status.OK, Status.BAD_FRAME, Status.OUT_OF_SEQUENCE}
    assert link.ask(len(executed), Opcode.INFO).status == Status.OK


@pytest.mark.parametrize("error", [-0.02, 0.02])
def test_the_hosts_baud_rate_may_be_off(error: float) -> None:
    with powered_up(CLOCKS_PER_BIT * (1 + error)) as board:
        link = Link(board)
        link.ask(0, Opcode.SESSION)
        assert outcome(link.ask(1, Opcode.WRITE, 60, 0, *range(60))) == ([], Status.OK, 60)
        assert outcome(link.ask(2, Opcode.READ, 60, 0)) == (list(range(60)), Status.OK, 60)


@pytest.mark.parametrize("bad", range(1, 16))
def test_a_request_behind_any_number_of_dropped_frames_is_read_from_its_first_byte(link: Link, bad: int) -> None:
    # It comes in while one of the responses to them waits for the one before it to have left.
    *dropped, response = link.exchange(*[b"\x05\x00"] * bad, request(0, Opcode.WRITE, 1, 8, 0x01020304))
    assert {answer.status for answer in dropped} == {Status.BAD_FRAME}
    assert (response.number, response.opcode, outcome(response)) == (0, Opcode.WRITE, ([], Status.OK, 1))
