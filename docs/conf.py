"""Sphinx configuration; `make docs` builds with warnings as errors."""

from importlib.metadata import version as installed_version
from typing import Any

from sphinx.application import Sphinx

project = "hwgen"
author = "the hwgen authors"
copyright = author
release = version = installed_version("hwgen")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_numpy_docstring = False
nitpicky = True
# What other projects document, as type hints name it.
nitpick_ignore_regex = [
    ("py:.*", r"(numpy|amaranth|sklearn|pathlib|collections\.abc|types|typing)\..*"),
    ("py:.*", r"NoneType|Ge|Gt|Le|AllowInfNan|FieldInfo|.*pydantic\..*"),
    ("std:term", "meta-estimator"),
    ("std:ref", "metadata_routing"),
]

html_theme = "furo"
html_title = "hwgen"


def setup(app: Sphinx) -> None:
    """Keep docstrings of attributes as they are: Napoleon reads their first words, up to a colon, as a type."""
    attributes = ("attribute", "data", "property")
    written: dict[str, list[str]] = {}

    def remember(_app: Sphinx, what: str, name: str, _object: Any, _options: Any, lines: list[str]) -> None:
        if what in attributes:
            written[name] = list(lines)

    def restore(_app: Sphinx, what: str, name: str, _object: Any, _options: Any, lines: list[str]) -> None:
        if what in attributes:
            lines[:] = written[name]

    # Napoleon has priority 500.
    app.connect("autodoc-process-docstring", remember, priority=400)
    app.connect("autodoc-process-docstring", restore, priority=600)
