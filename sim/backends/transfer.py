"""What to push and pop next while samples go to a board and results come back."""

from collections import deque
from collections.abc import Iterator

import numpy as np

from hwgen.bus.link.protocol import CHAINED, MOST_WORDS, Opcode, Status
from hwgen.errors import HwgenError
from hwgen.transport import Words
from sim.backends.framing import NO_WORDS, Request, Response


class StreamTransfer:
    """Words on their way through the core's streams; all counts are in words.

    Args:
        x: words to push.
        wanted: words to take from ``y``; not one more is asked for.
        x_words, y_words: words that make a result, on ``x`` and on ``y``.
        room: words of results that the board buffers.
    """

    def __init__(self, x: Words, wanted: int, x_words: int, y_words: int, room: int) -> None:
        self.x = x
        self.wanted = wanted
        self.pushed = 0
        self.taken = 0
        self._x_words, self._y_words = x_words, y_words
        self._most_ahead = max(1, room // y_words)
        self._parts = [NO_WORDS]
        self._pending: deque[Request] = deque()
        self._blocked = False
        self._dry = False  # the last pop found nothing

    @property
    def done(self) -> bool:
        """Whether everything is pushed and everything taken."""
        return self.pushed == len(self.x) and self.taken == self.wanted

    @property
    def results(self) -> Words:
        """The words taken."""
        return np.concatenate(self._parts)

    def chain(self) -> Iterator[Request | None]:
        """Requests to have in flight, pushes and pops by turns, until all is done or ``x`` is blocked.

        Each is chained to the one before it: behind a push that was cut short the board executes nothing, and the
        next chain goes on where it stopped.
        """
        planned, chained, pop_next = self.pushed, 0, self._blocked
        self._blocked = False
        self._pending.clear()
        while not self._blocked and (planned < len(self.x) or self.taken < self.wanted):
            asked = sum(request.length for request in self._pending if request.opcode & ~CHAINED == Opcode.POP)
            to_take = self.wanted - self.taken - asked
            # Samples whose results the board has no room for would block x, and with it the pops behind them. A
            # core that gives fewer results than it takes samples is fed all the same once nothing more comes.
            ahead = planned // self._x_words - self.taken // self._y_words
            may_push = ahead < self._most_ahead or self._dry or self.taken == self.wanted
            if planned < len(self.x) and may_push and not (pop_next and to_take):
                words = self.x[planned : planned + MOST_WORDS]
                planned += len(words)
                request = Request(Opcode.PUSH | chained, len(words), payload=words)
                pop_next = True
            elif to_take:
                request = Request(Opcode.POP | chained, min(to_take, MOST_WORDS))
                pop_next = False
            else:
                yield None
                continue
            self._pending.append(request)
            yield request
            chained = CHAINED

    def answer(self, response: Response) -> None:
        """Take the response to the oldest request; HwgenError when it is none that the request can have."""
        request = self._pending.popleft()
        pops = request.opcode & ~CHAINED == Opcode.POP
        match response.status:
            case Status.OK if pops:
                self._parts.append(response.payload)
                self.taken += response.count
                self._dry = not response.count
            case Status.OK:
                self.pushed += response.count
            case Status.STREAM_BLOCKED:
                self.pushed += response.count
                self._blocked, self._dry = True, False
            case Status.SKIPPED if self._blocked:
                pass
            case _:
                raise HwgenError(f"the board answered a stream request with status 0x{response.status:02x}")
