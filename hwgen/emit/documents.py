"""The register map as documents: Markdown to read, JSON for tools, a C header for firmware."""

import json
from typing import Any

from hwgen.bus.map import WORD_BYTES, Access, Register, RegisterMap, Window

ACCESS_TEXT = {
    Access.READ: "read only",
    Access.READ_WRITE: "read and write",
    Access.STROBE: "write only; writing 1 acts for one clock",
    Access.STICKY: "read; write 1 to clear",
}

RESET = (Access.READ_WRITE, Access.STICKY)
"""Access to registers that hold what a reset makes of them; the others show what the hardware does, or are not read."""


def register_json(name: str, register_map: RegisterMap) -> str:
    """The map as JSON text."""
    document = {
        "name": name,
        "span": register_map.span,
        "registers": [_register_entry(register_map, register) for register in register_map.registers],
        "windows": [_window_entry(register_map, window) for window in register_map.windows],
    }
    return json.dumps(document, indent=2) + "\n"


def register_markdown(name: str, register_map: RegisterMap) -> str:
    """The map as Markdown text."""
    lines = [
        f"# Registers of {name}",
        "",
        "32-bit words at byte addresses. An access outside this map, off a word boundary, or not allowed by a register",
        "answers with an error and changes nothing.",
        "",
        "| address | register | access | meaning |",
        "|---|---|---|---|",
    ]
    for register in register_map.registers:
        base = register_map.base(register.name)
        lines.append(f"| 0x{base:02x} | `{register.name}` | {_access_text(register)} | {register.doc} |")
    for register in register_map.registers:
        lines += ["", f"## {register.name}", "", "| bits | field | reset | meaning |", "|---|---|---|---|"]
        for field in register.fields:
            lsb = register.lsb(field)
            bits = f"{lsb + field.width - 1}:{lsb}" if field.width > 1 else f"{lsb}"
            reset = field.reset if register.access in RESET else "-"
            lines.append(f"| {bits} | `{field.name}` | {reset} | {field.doc} |")
        if register.words > 1:
            latched = "" if register.constant else "; reading the lowest latches the others, until another's is read"
            lines += ["", f"{register.words} words{latched}."]
    for window in register_map.windows:
        base = register_map.base(window.name)
        terms = " + ".join(
            f"{index} * 0x{stride * WORD_BYTES:x}" for index, stride in zip(window.indices, window.strides, strict=True)
        )
        ranges = ", ".join(
            f"`{index}` 0 to {size - 1}" for index, size in zip(window.indices, window.shape, strict=True)
        )
        lines += [
            "",
            f"## {window.name} (memory window)",
            "",
            window.doc,
            "",
            f"Element ({', '.join(window.indices)}), {window.width} bits, is at 0x{base:x} + {terms}; {ranges}.",
        ]
    return "\n".join(lines) + "\n"


def register_header(name: str, register_map: RegisterMap) -> str:
    """The map as a C header: an address macro a register word, position and mask macros a field."""
    prefix = name.upper()
    lines = [f"/* Registers of {name}: byte addresses, field positions and masks. */", f"#ifndef {prefix}_REGISTERS_H"]
    lines += [f"#define {prefix}_REGISTERS_H", ""]
    for address, register, word in register_map.words():
        suffix = f"_{word}" if register.words > 1 else ""
        lines.append(f"#define {prefix}_{register.name.upper()}{suffix} 0x{address:08x}u")
    for register in register_map.registers:
        if register.words > 1:
            continue
        for field in register.fields:
            macro = f"{prefix}_{register.name.upper()}_{field.name.upper()}"
            lsb = register.lsb(field)
            lines.append(f"#define {macro}_LSB {lsb}")
            lines.append(f"#define {macro}_MASK 0x{((1 << field.width) - 1) << lsb:08x}u")
    for window in register_map.windows:
        macro = f"{prefix}_{window.name.upper()}"
        arguments = ", ".join(window.indices)
        terms = " + ".join(
            f"({index}) * 0x{stride * WORD_BYTES:x}u"
            for index, stride in zip(window.indices, window.strides, strict=True)
        )
        lines.append(f"#define {macro}({arguments}) (0x{register_map.base(window.name):08x}u + {terms})")
    return "\n".join([*lines, "", f"#endif /* {prefix}_REGISTERS_H */", ""])


def _access_text(register: Register) -> str:
    if register.access is Access.STROBE and any(field.width > 1 for field in register.fields):
        return "write only; the value written acts for one clock"
    return ACCESS_TEXT[register.access]


def _register_entry(register_map: RegisterMap, register: Register) -> dict[str, Any]:
    return {
        "name": register.name,
        "address": register_map.base(register.name),
        "words": register.words,
        "access": register.access.value,
        "doc": register.doc,
        "fields": [
            {
                "name": field.name,
                "lsb": register.lsb(field),
                "width": field.width,
                "reset": field.reset if register.access in RESET else None,
                "doc": field.doc,
            }
            for field in register.fields
        ],
    }


def _window_entry(register_map: RegisterMap, window: Window) -> dict[str, Any]:
    return {
        "name": window.name,
        "address": register_map.base(window.name),
        "words": window.words,
        "width": window.width,
        "doc": window.doc,
        "indices": [
            {"name": name, "size": size, "stride_bytes": stride * WORD_BYTES}
            for name, size, stride in zip(window.indices, window.shape, window.strides, strict=True)
        ],
    }
