"""What is used in a ``with`` statement and closed at its end."""

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """Base of what holds something that is to be given back: a ``with`` statement closes it, after an error, too."""

    @abstractmethod
    def close(self) -> None:
        """Give back what is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
