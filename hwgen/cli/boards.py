"""``hwgen boards``: the boards that there are."""

from hwgen.cli.output import JsonOption, print_json, print_table


def list_boards(as_json: JsonOption = False) -> None:
    """List the boards: device, capacity, clock and link."""
    from boards.definitions import BOARDS

    entries = [
        {
            "name": board.name,
            "board": board.title,
            "family": board.family,
            "device": board.device,
            "luts": board.capacity.luts,
            "ffs": board.capacity.ffs,
            "block_rams": board.capacity.block_rams,
            "block_ram_kbit": board.capacity.block_ram_kbit,
            "sprams": board.capacity.sprams,
            "dsps": board.capacity.dsps,
            "clock_mhz": board.clock_hz / 1e6,
            "link": board.link,
        }
        for board in BOARDS.values()
    ]
    if as_json:
        print_json({"boards": entries})
        return
    shown = ("name", "device", "luts", "ffs", "memory", "dsps", "clock_mhz", "link")
    for entry in entries:
        spram = f" + {entry['sprams']} x 256" if entry["sprams"] else ""
        entry["memory"] = f"{entry['block_rams']} x {entry['block_ram_kbit']}{spram} kbit"
    print_table("boards", [{key: entry[key] for key in shown} for entry in entries])
