"""Every ``>>>`` example in README and documentation pages prints what the page says."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def python_only(markdown: str) -> str:
    """The page with every line outside its Python code blocks made empty, so that line numbers stay."""
    kept = []
    in_python = False
    for line in markdown.splitlines():
        if re.match(r"\s*```", line):
            in_python = not in_python and line.strip() in ("```python", "```pycon")
            kept.append("")
        else:
            kept.append(line if in_python else "")
    return "\n".join(kept) + "\n"


def run_examples(markdown: str, name: str) -> tuple[int, str]:
    """Run a page's examples, top to bottom in one namespace: how many there were, and a report of those that failed."""
    test = doctest.DocTestParser().get_doctest(python_only(markdown), {"__name__": "__main__"}, name, name, 0)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=report.append)
    return len(test.examples), "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_in_documents(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples name files as seen from the checkout; what they write goes into a scratch folder."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    _, report = run_examples(page.read_text(encoding="utf-8"), page.name)
    assert not report, report


def test_a_wrong_example_is_reported_with_its_line() -> None:
    page = "# Title\n\n```python\n>>> 1 + 1\n3\n```\n\n```text\n>>> not python\n```\n"
    count, report = run_examples(page, "page.md")
    assert count == 1
    assert "line 4" in report and "Got:\n    2" in report
