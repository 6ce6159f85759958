"""hwgen: generators of verified hardware for physics-inspired learning machines.

The functions that most people need are here; :mod:`hwgen.api` holds them.
"""

from importlib import metadata
from typing import Any

__version__ = metadata.version("hwgen")

__all__ = [
    "Design",
    "__version__",
    "design_from_classifier",
    "generate",
    "load_design",
    "open_design",
    "train",
    "verify",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `import hwgen.errors` need not load Amaranth and scikit-learn.
    if name in __all__:
        from hwgen import api

        return getattr(api, name)
    raise AttributeError(f"module 'hwgen' has no attribute {name!r}")
