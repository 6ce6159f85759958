"""The page of recorded results."""

from collections.abc import Sequence
from typing import Any

from boards.current import remarks
from boards.definitions import BOARDS
from boards.errors import REFUSED
from boards.families.base import RESOURCES
from boards.report import TITLES
from hwgen.design import TYPICAL_SAMPLES

MEANS = {"typical_cycles_infer": "inference", "typical_cycles_train": "training"}
"""Mean cycles that a result may have: see :attr:`boards.report.Report.typical_cycles`."""
HASH_DIGITS = 12
"""Of the Verilog's SHA-256, on the page; the JSON file has all."""


def as_markdown(core: str, results: Sequence[dict[str, Any]]) -> str:
    """The page of a core's results, as :func:`boards.bench.measure` gives them, each with ``command`` and ``date``."""
    alone = [result for result in results if result["out_of_context"]]
    whole = [result for result in results if not result["out_of_context"]]
    lines = [f"# Boards: {core}", "", *_tools(results), *_columns(results)]
    if alone:
        lines += ["## The core alone", ""]
        lines += ["Out of context, on the device of the board. Fmax is the median over the seeds.", ""]
        lines += [*_table(alone, with_clock=False), "", *_remarks(_placed(alone)), "Critical paths:", ""]
        lines += [f"- {result['machine']}, {_place(result)}: {_path(result)}" for result in _placed(alone)] + [""]
    if whole:
        lines += ["## Whole top levels", ""]
        lines += [
            "With PLL, host link and LEDs, at the fastest clock that was found to close timing with 5 % of margin: "
            "of those that the board's PLL makes exactly, each tried with one seed.",
            "",
        ]
        lines += [*_table(whole, with_clock=True), "", *_remarks(_placed(whole))]
    refused = [result for result in results if result["refused"] is not None]
    if refused:
        lines += ["## Without a result", ""]
        lines += [
            f"- {result['machine']} on {BOARDS[result['board']].title}: {result['kind']}. {_sentence(result)}"
            for result in refused
        ]
        lines += ["", *_remarks([result for result in refused if result["kind"] != REFUSED])]
    return "\n".join(lines + _made(results)) + "\n"


def _placed(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for result in results if result["refused"] is None]


def _tools(results: Sequence[dict[str, Any]]) -> list[str]:
    versions = {version for result in _placed(results) for version in result["tools"].values()}
    return [f"Tools: {', '.join(sorted(versions))}.", ""] if versions else []


def _columns(results: Sequence[dict[str, Any]]) -> list[str]:
    """What the columns of cycles and rates are."""
    if not _placed(results):
        return []
    text = (
        "*Most cycles* are those from one sample to the next at full rate, where they depend on the sample the most "
        "there can be: with every input active. Over them, the clock, of a core alone Fmax, gives *samples/s at least*."
    )
    if _means(results):
        text += (
            " *Mean cycles* are those of the first held-out samples of the design's data set, "
            f"{TYPICAL_SAMPLES} at most, as the golden model counts them at full rate: inference with the weights that "
            "the machine starts with, then training from there."
        )
    return [text, ""]


def _means(results: Sequence[dict[str, Any]]) -> list[str]:
    """Those of ``MEANS`` that any result has."""
    return [key for key in MEANS if any(key in result for result in _placed(results))]


def _remarks(results: Sequence[dict[str, Any]]) -> list[str]:
    """Which results are not, or may not be, of the Verilog that is emitted now."""
    named = [(f"{result['machine']} on {_place(result)}", result.get("current")) for result in results]
    return [line for sentence in remarks(named) for line in (sentence, "")]


def _made(results: Sequence[dict[str, Any]]) -> list[str]:
    """Which command made which results, when, and of which Verilog."""
    made: dict[tuple[str, str], list[str]] = {}
    for result in results:
        where = "core alone" if result["out_of_context"] else BOARDS[result["board"]].title
        when = result["date"] or "a day that was not recorded"
        verilog = result.get("verilog_sha256")
        of = "" if verilog is None else f", Verilog `{verilog[:HASH_DIGITS]}`"
        made.setdefault((result["command"], when), []).append(f"{result['machine']} ({where}{of})")
    lines = [f"- `{command}` on {when}: {', '.join(runs)}" for (command, when), runs in made.items()]
    return ["## Made by", "", *lines]


def _place(result: dict[str, Any]) -> str:
    """The board; of a core alone, also the speed grade of its device."""
    board = BOARDS[result["board"]]
    return f"{board.title}, speed grade {board.speed}" if result["out_of_context"] else board.title


def _sentence(result: dict[str, Any]) -> str:
    return "; ".join(str(result["refused"]).splitlines())


def _table(results: Sequence[dict[str, Any]], *, with_clock: bool) -> list[str]:
    head = ["machine", "board", *(TITLES[key] for key in RESOURCES), "LUT estimated"]
    head += ["Fmax (MHz)", *(["clock (MHz)"] if with_clock else ["seeds"])]
    head += ["most cycles a sample", "samples/s at least"]
    means = _means(results)
    for key in means:
        head += [f"mean cycles a sample, {MEANS[key]}", "samples/s"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for result in _placed(results):
        cells = [result["machine"], _place(result)]
        cells += [f"{result['used'][key]:,}" for key in RESOURCES]
        cells += [f"{result['estimate']['luts']:,}", f"{result['fmax_mhz']:.1f}"]
        cells.append(f"{result['clock_mhz']:g}" if with_clock else str(len(result["clocks"][0]["fmax_mhz_by_seed"])))
        most, slowest = result["cycles_per_sample"], result["samples_per_second"]
        cells += [f"{most:,}", f"{slowest:,.0f}"]
        for key in means:
            mean = result.get(key)
            cells += ["-", "-"] if mean is None else [f"{mean:,.0f}", f"{slowest * most / mean:,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _path(result: dict[str, Any]) -> str:
    path = result["clocks"][0]["critical_path"]
    if path is None:
        return "none"
    way = " → ".join(f"`{name}`" for name in (path["start"], *path["through"], path["end"]))
    return f"{way}, {path['logic_ns']:.2f} ns logic and {path['routing_ns']:.2f} ns routing"
