"""What a machine does with a layer: the sweeps by which a contrastive one sums its passes, and the terms of its steps.
Plain data: imports no HDL."""

from dataclasses import dataclass, replace

from hwgen.ff.config import FFConfig

POSITIVE, NEGATIVE = range(2)
"""The passes, and in a contrastive machine the banks in which they are kept."""

CURRENT, OTHER = range(2)
"""A layer's lists: of the first one, the present sample and in a contrastive machine the one before; of the others,
what the layer below gives in the positive and in the negative pass."""

FED_BACK = 2
"""Where a machine is recurrent: the lists ``FED_BACK + POSITIVE`` and ``FED_BACK + NEGATIVE`` are what its layer gave
in either pass of the step before."""

RIGHT, WRONG = range(2, 4)
"""In the place of a list, in the first layer of a supervised machine: the input that stands for a label."""

CLEAR, KEEP, RESTORE = range(3)
"""What a sum begins with: the values of :class:`~hwgen.ff.sweeps.Begin`."""

FIRST_VIEW, SECOND_VIEW = range(2)
"""How far a list's entries are moved, where views are."""


@dataclass(frozen=True)
class Sum:
    """A sweep that sums a list."""

    source: int
    view: int | None = None
    begin: int = CLEAR
    save: bool = False
    double: bool = False
    bank: int | None = None
    """The pass that is then complete; None: it is not."""


@dataclass(frozen=True)
class Term:
    """A list by whose entries weights are changed, and how often it is in each pass."""

    source: int
    positive: int
    negative: int
    view: int | None = None
    merges: bool = False
    """Whether the sweep goes over the union of this list and ``OTHER``, which is in the negative pass once."""


@dataclass(frozen=True)
class Program:
    """For a layer of a kind."""

    sums: tuple[Sum, ...]
    """Of a supervised machine none: see :class:`~hwgen.ff.label_sums.LabelSums`."""
    terms: tuple[Term, ...] = ()
    """Empty: it does not learn."""


UPPER_TERMS = (Term(CURRENT, 1, 0), Term(OTHER, 0, 1))
UPPER = Program((Sum(CURRENT, bank=POSITIVE), Sum(OTHER, bank=NEGATIVE)), UPPER_TERMS)
UPPER_ALONE = Program((Sum(CURRENT, bank=POSITIVE),))
FIRST = Program(
    (Sum(CURRENT, double=True, bank=POSITIVE), Sum(OTHER, begin=KEEP, bank=NEGATIVE)),
    (Term(CURRENT, 2, 1), Term(OTHER, 0, 1)),
)
FIRST_ALONE = Program((Sum(CURRENT, double=True, bank=POSITIVE),))
FIRST_VIEWS = Program(
    (
        Sum(CURRENT, FIRST_VIEW, save=True),
        Sum(CURRENT, SECOND_VIEW, begin=KEEP, bank=POSITIVE),
        Sum(OTHER, SECOND_VIEW, begin=RESTORE, bank=NEGATIVE),
    ),
    (Term(CURRENT, 1, 1, FIRST_VIEW), Term(CURRENT, 1, 0, SECOND_VIEW), Term(OTHER, 0, 1, SECOND_VIEW)),
)
# The present step counts twice in the positive pass, what is fed back once: it is summed once more.
FIRST_STEPS = Program(
    (
        Sum(CURRENT, save=True),
        Sum(CURRENT, begin=KEEP),
        Sum(FED_BACK + POSITIVE, begin=KEEP, bank=POSITIVE),
        Sum(OTHER, begin=RESTORE),
        Sum(FED_BACK + NEGATIVE, begin=KEEP, bank=NEGATIVE),
    ),
    (
        Term(CURRENT, 2, 1),
        Term(OTHER, 0, 1),
        Term(FED_BACK + POSITIVE, 1, 0),
        Term(FED_BACK + NEGATIVE, 0, 1),
    ),
)
FIRST_STEPS_ALONE = Program(
    (Sum(CURRENT), Sum(CURRENT, begin=KEEP), Sum(FED_BACK + POSITIVE, begin=KEEP, bank=POSITIVE))
)
FIRST_LABELS = Program((), (Term(CURRENT, 1, 1), Term(RIGHT, 1, 0), Term(WRONG, 0, 1)))
UPPER_LABELS = Program((), UPPER_TERMS)

# Of a supervised machine's first layer, what both passes have in common is one list already.
FIRST_UNION = replace(FIRST, terms=(Term(CURRENT, 2, 1, merges=True),))
UPPER_UNION_TERMS = (Term(CURRENT, 1, 0, merges=True),)

UPPER_KIND, PAIRS_KIND = 1, 2
"""A program's number: 0 for the first layer, ``UPPER_KIND`` for the others; in a contrastive machine ``PAIRS_KIND``
more with both passes."""


def programs(config: FFConfig) -> tuple[Program, ...]:
    """All that the machine knows, by number."""
    if config.supervised:
        return FIRST_LABELS, replace(UPPER_LABELS, terms=UPPER_UNION_TERMS) if config.merges else UPPER_LABELS
    alone = (FIRST_STEPS_ALONE if config.recurrent else FIRST_ALONE, UPPER_ALONE)
    if not config.learning:
        return alone
    if config.merges:
        return *alone, FIRST_UNION, replace(UPPER, terms=UPPER_UNION_TERMS)
    return *alone, FIRST_STEPS if config.recurrent else FIRST_VIEWS if config.view_shift else FIRST, UPPER


def sources(config: FFConfig) -> int:
    """Lists that a layer may work on."""
    return 4 if config.recurrent else 2
