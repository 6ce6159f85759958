"""Files of samples that cannot be read, and what is told of them."""

from pathlib import Path

import pytest

from rtl_tests.command import Run, runner

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WINE = EXAMPLES / "bayes-wine-stochastic.toml"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, as the shell would."""
    return runner(capsys, monkeypatch)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", "", "none.csv is empty; it must hold samples"),
        ("few.csv", "1,2,3,4,5\n", "few.csv: samples must be rows of 6 columns, not of shape (1, 5)"),
        ("word.csv", "# bins\n1,2,3,4,5,6\n1,2,x,4,5,6\n", "line 3, column 3 must be an integer, not 'x'"),
        ("short.csv", "1,2,3,4,5,6\n1,2\n", "line 2 must have 6 columns as the lines before it, not 2"),
        ("junk.npy", "junk", "it is not an array as numpy.save writes it"),
    ],
)
def test_wrong_samples_name_the_file_and_the_place(
    run: Run, tmp_path: Path, name: str, content: str, message: str
) -> None:
    file = tmp_path / name
    file.write_text(content)
    outcome = run("infer", WINE, "--samples", file)
    assert outcome.code == 2
    assert message in " ".join(outcome.err.split()) and str(file) in outcome.err
    assert "Warning" not in outcome.err and "pickle" not in outcome.err
