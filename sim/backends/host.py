"""The host's end of the link: requests in flight, each executed exactly once whatever the line loses."""

import itertools
import secrets
from collections.abc import Iterable, Iterator
from typing import Protocol

from hwgen.bus.link.protocol import INFO_WORDS, VERSION, WINDOW, Info, Opcode, Status
from hwgen.errors import HardwareMismatch, HwgenError
from sim.backends.framing import FrameError, Request, Response, Splitter

_IDS = 256


class Line(Protocol):
    """A serial line."""

    name: str
    """For messages: port and baud rate."""

    def write(self, sent: bytes) -> None:
        """Send bytes; raises :class:`~hwgen.errors.HwgenError` when the line is gone."""

    def read(self) -> bytes:
        """What has come in, at least a byte; empty after a while of silence. Errors as for ``write``."""

    def now(self) -> float:
        """Seconds since some moment."""


class LinkHost:
    """Go-back-N with up to ``WINDOW`` requests in flight.

    Args:
        line: the way to the board; what was read from it before is lost.
        timeout: seconds without an answer after which something counts as lost.
        attempts: how often requests are sent before the board counts as gone, without any progress in between.

    Raises :class:`~hwgen.errors.HwgenError` when nothing answers, and :class:`~hwgen.errors.HardwareMismatch` when
    what answers speaks another version of the protocol.
    """

    def __init__(self, line: Line, timeout: float, attempts: int) -> None:
        self.line = line
        self.timeout = timeout
        self.attempts = attempts
        self._splitter = Splitter()
        self._flight: dict[int, Request] = {}  # by id, in the order of the ids
        self._answers: dict[int, Response] = {}
        self.info = self._begin()

    def run(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """The responses to ``requests``, in order; several requests are under way at once.

        Requests are taken from the iterable while there is room for another; None stands for "nothing before the next
        response". Errors as for the constructor.
        """
        if self._flight or not self._begun:  # an earlier run was interrupted, or failed
            self._begin()
        waiting = iter(requests)
        while True:
            for request in itertools.islice(waiting, WINDOW - len(self._flight)):
                if request is None:
                    break
                self._send(request)
            if not self._flight:
                return
            oldest = next(iter(self._flight))
            while oldest not in self._answers:
                self._receive()
            del self._flight[oldest]
            yield self._answers.pop(oldest)

    def _begin(self) -> Info:
        """Begin a session; what was in flight before is forgotten on both sides."""
        self._begun = False
        self._failures = 0
        self._flight.clear()
        self._answers.clear()
        number, token = secrets.randbelow(_IDS), secrets.randbits(32)
        for _ in range(self.attempts):
            # The first delimiter ends whatever the board has half received.
            self.line.write(b"\x00" + Request(Opcode.SESSION, 0, token).frame(number))
            deadline = self.line.now() + self.timeout
            while self.line.now() < deadline:
                for response in self._responses(self.line.read()):
                    answer = response.payload.tolist()
                    if response.number == number and len(answer) == INFO_WORDS and answer[0] == token:
                        self._begun, self._next = True, (number + 1) % _IDS
                        return self._checked(Info.from_words(answer[1:]))
        raise HwgenError(
            f"no board answers on {self.line.name}: asked {self.attempts} times, {self.timeout:g} s each; "
            "check the port, the baud rate and that the board is programmed"
        )

    def _checked(self, info: Info) -> Info:
        if info.version != VERSION:
            raise HardwareMismatch(
                f"the board on {self.line.name} speaks version {info.version} of the link protocol, this is version "
                f"{VERSION}; build the design again"
            )
        return info

    def _send(self, request: Request) -> None:
        self._flight[self._next] = request
        self.line.write(request.frame(self._next))
        self._next = (self._next + 1) % _IDS
        self._deadline = self.line.now() + self.timeout

    def _receive(self) -> None:
        """Deal with what comes in next."""
        for response in self._responses(self.line.read()):
            self._handle(response)
        if self._unanswered() and self.line.now() > self._deadline:
            self._go_back()

    def _handle(self, response: Response) -> None:
        last = (self._next - 1) % _IDS
        match response.status:
            case Status.NO_SESSION:
                raise HwgenError(f"the board on {self.line.name} has been restarted: open it again")
            case Status.BAD_FRAME:
                # Requests behind the one lost show up as out of sequence; behind the last one, nothing would.
                if response.count == last and last in self._flight:
                    self._go_back()
            case Status.OUT_OF_SEQUENCE:
                oldest = next(iter(self._flight))
                if (response.count - oldest) % _IDS > len(self._flight):
                    raise HwgenError(f"somebody else is using the board on {self.line.name}")
                # Once the last request was refused, nothing of this round is left on the line.
                if response.number == last:
                    self._go_back()
            case _ if response.number in self._flight and response.opcode == self._flight[response.number].opcode:
                self._failures = 0
                self._deadline = self.line.now() + self.timeout
                self._answers[response.number] = response
                if response.number == last and self._unanswered():  # a response was lost
                    self._go_back()

    def _unanswered(self) -> dict[int, Request]:
        return {number: request for number, request in self._flight.items() if number not in self._answers}

    def _go_back(self) -> None:
        """Send again what was not answered; the board answers what it has already executed from memory."""
        self._failures += 1
        unanswered = self._unanswered()
        if self._failures >= self.attempts:
            number, request = next(iter(unanswered.items()))
            raise HwgenError(
                f"the board on {self.line.name} stopped answering: request {number} (opcode 0x{request.opcode:02x}, "
                f"address 0x{request.address:08x}) was sent {self.attempts} times, with {self.timeout:g} s of patience"
            )
        for number, request in unanswered.items():
            self.line.write(request.frame(number))
        self._deadline = self.line.now() + self.timeout

    def _responses(self, received: bytes) -> Iterator[Response]:
        for encoded in self._splitter.feed(received):
            try:
                yield Response.parse(encoded)
            except FrameError:  # damaged on its way: as good as lost
                continue
