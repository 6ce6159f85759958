"""Text from templates: a missing value is an error, and blocks leave no blank lines."""

from typing import Any

import jinja2


def render(package: str, template: str, **values: Any) -> str:
    """Fill in a template that lies in a package's folder.

    Raises :class:`jinja2.UndefinedError` naming a value that the template uses and ``values`` lacks.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package, "."),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)
