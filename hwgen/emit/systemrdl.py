"""The register map as SystemRDL 2.0, which register tools of many vendors read."""

from collections.abc import Iterator

from hwgen.bus.map import Access, Field, Register, RegisterMap, Window

ACCESS_PROPERTIES = {
    Access.READ: ("sw = r", "hw = w"),
    Access.READ_WRITE: ("sw = rw", "hw = r"),
    Access.STROBE: ("sw = w", "hw = r", "singlepulse"),
    Access.STICKY: ("sw = rw", "hw = rw", "onwrite = woclr", "hwset"),
}

WORD_BITS = 32

_WORDS = """
abstract accesstype addressingtype addrmap alias all bit boolean bothedge bridge clr compact component componentwidth
constraint default encode enum external false field fullalign hw inside internal level longint mem na negedge none
nonsticky number onreadtype onwritetype posedge property rclr ref reg regalign regfile rset ruser rw rw1 signal string
struct sw this true type unsigned w w1 wclr woclr woset wot wr wset wuser wzc wzs wzt
"""

KEYWORDS = frozenset(_WORDS.split())
"""Reserved words; as names they are escaped."""


def register_rdl(name: str, register_map: RegisterMap) -> str:
    """The map as SystemRDL text: an address map, with a register for each 32-bit word and a memory for each window."""
    lines = [
        f"addrmap {_identifier(name)} {{",
        f"    name = {_string(f'Registers of {name}')};",
        "    default regwidth = 32;",
        "    default accesswidth = 32;",
    ]
    for address, register, word in register_map.words():
        lines += ["", *_register(address, register, word)]
    for window in register_map.windows:
        lines += ["", *_memory(register_map.base(window.name), window)]
    return "\n".join([*lines, "};", ""])


def _register(address: int, register: Register, word: int) -> Iterator[str]:
    name = f"{register.name}_{word}" if register.words > 1 else register.name
    yield "    reg {"
    yield f"        name = {_string(name)};"
    yield f"        desc = {_string(register.doc)};"
    for field in register.fields:
        lsb = max(register.lsb(field), word * WORD_BITS)
        end = min(register.lsb(field) + field.width, (word + 1) * WORD_BITS)
        if lsb < end:
            yield from _field(register, field, lsb, end, word)
    yield f"    }} {_identifier(name)} @ 0x{address:x};"


def _field(register: Register, field: Field, lsb: int, end: int, word: int) -> Iterator[str]:
    """The bits ``lsb`` to ``end - 1`` of the register, which are those of ``field`` in ``word``."""
    properties = list(ACCESS_PROPERTIES[register.access])
    if register.access is Access.STROBE and field.width > 1:
        properties[-1] = "swmod"  # SystemRDL has single pulses of one bit only
    if register.access is not Access.READ:
        properties.append(f"reset = {field.reset}")
    yield f"        field {{ {'; '.join(properties)}; desc = {_string(field.doc)}; }}"
    yield f"            {_identifier(field.name)}[{end - 1 - word * WORD_BITS}:{lsb - word * WORD_BITS}];"


def _memory(base: int, window: Window) -> Iterator[str]:
    shape = " by ".join(f"{size} {index}" for index, size in zip(window.indices, window.shape, strict=True))
    yield "    external mem {"
    yield f"        name = {_string(window.name)};"
    yield f"        desc = {_string(f'{window.doc} {window.width} bits in each word; {shape}.')};"
    yield f"        mementries = {window.words};"
    yield f"        memwidth = {WORD_BITS};"
    yield "        sw = rw;"
    yield f"    }} {_identifier(window.name)} @ 0x{base:x};"


def _identifier(name: str) -> str:
    return f"\\{name}" if name in KEYWORDS else name


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
