"""How an index is built, as data: a tree of nodes over indicators and the choices made at each step.

Nothing here computes. A framework is immutable; a variant is a changed copy, so a score always names what it is of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

Direction = Literal["higher", "lower", "target", "none"]
Post = float | Literal["min", "max"]

DIRECTIONS = ("higher", "lower", "target", "none")
TRANSFORMS = ("none", "log", "log10", "log1p", "sqrt", "cube_root", "fourth_root", "square", "reciprocal")
#: Scales that need nothing but the value itself: they stay put when cities or periods are added.
FIXED_METHODS = ("goalposts", "target_ratio", "categorical", "piecewise", "segments", "none")
#: Scales that depend on the cities they are computed over.
RELATIVE_METHODS = (
    "minmax",
    "zscore",
    "rank",
    "place",
    "percentile",
    "borda",
    "distance_to_max",
    "distance_to_reference",
    "distance_to_target",
    "fraction_of_max",
    "minmax_reference",
)
METHODS = FIXED_METHODS + RELATIVE_METHODS
MEANS = (
    "arithmetic",
    "geometric",
    "harmonic",
    "generalised",
    "sum",
    "product",
    "min",
    "mazziotta_pareto",
    "copeland",
)
IMPUTATIONS = ("none", "mean", "median", "group_mean", "group_median", "constant", "last")
CLIPS = ("both", "top", "bottom", "none")


class FrameworkError(ValueError):
    """A framework that cannot be used; `errors` lists every fault, each opening with the path of its key."""

    def __init__(self, errors: tuple[str, ...]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class Goalposts:
    """The values that score the least and the most; `best` below `worst` says that lower is better.

    A post is in the indicator's own unit, before any transform. The words "min" and "max" stand for the
    extremes of the sample and make the scale relative to it.
    """

    worst: Post
    best: Post

    @property
    def is_fixed(self) -> bool:
        """Whether both posts are numbers, so that no other city can move a score."""
        return not isinstance(self.worst, str) and not isinstance(self.best, str)


@dataclass(frozen=True)
class Segment:
    """A piece of a declared curve up to `upto`: intercept + slope*x + rise*(1 - exp(-(x - start)/decay))."""

    upto: float = float("inf")
    intercept: float = 0.0
    slope: float = 0.0
    rise: float = 0.0
    start: float = 0.0
    decay: float = 1.0


@dataclass(frozen=True)
class Scale:
    """How a value becomes a score between `lower` and `upper` (for a z-score: `centre` and `spread`)."""

    method: str = "goalposts"
    lower: float = 0.0
    upper: float = 100.0
    clip: str = "both"
    goalposts: Goalposts | None = None
    target: float | None = None
    reference: str | None = None
    sd: Literal["sample", "population"] = "sample"
    centre: float = 0.0
    spread: float = 1.0
    points: tuple[tuple[float, float], ...] = ()
    segments: tuple[Segment, ...] = ()
    categories: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_fixed(self) -> bool:
        """Whether a score depends on the value alone and on no other city."""
        if self.method == "goalposts":
            return self.goalposts is not None and self.goalposts.is_fixed
        return self.method in FIXED_METHODS


@dataclass(frozen=True)
class Imputation:
    """How a gap is filled, if at all: `group` names a column, `maximum_gap` counts periods, `value` a constant."""

    method: str = "none"
    group: str | None = None
    maximum_gap: int = 0
    value: float = 0.0


@dataclass(frozen=True)
class Treatment:
    """Outlier treatment by skew and kurtosis: at most `winmax` points are moved, then the log is tried."""

    winmax: int = 5
    skew: float = 2.0
    kurtosis: float = 3.5


@dataclass(frozen=True)
class Screening:
    """Cities left out of the sample altogether: too few values, or too few that are not zero."""

    minimum_availability: float = 0.0
    minimum_nonzero: float = 0.0


@dataclass(frozen=True)
class Uncertainty:
    """The assumptions a Monte Carlo run varies; an empty list or a zero leaves an assumption as it is.

    `weight_spread` is the coefficient of variation of an average weight in its node. `concentration`, when
    given, is the Dirichlet concentration itself and overrules the spread.
    """

    weight_spread: float = 0.25
    concentration: float | None = None
    normalisations: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    leave_one_out: bool = False
    values: bool = False


@dataclass(frozen=True)
class Leaf:
    """One indicator of the tree and everything that is done to its values before they are averaged."""

    code: str
    weight: float = 1.0
    direction: Direction = "higher"
    transform: str = "none"
    scale: Scale = Scale()
    column: str = ""
    denominator: str | None = None
    per: float = 1.0
    treat: bool = False
    imputation: Imputation = Imputation()
    round: int | None = None
    value_sd: float = 0.0
    name: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_scored(self) -> bool:
        """Whether the indicator counts: context (direction none) and weight zero do not."""
        return self.weight > 0 and self.direction != "none"

    @property
    def is_fixed(self) -> bool:
        """Whether no other city can move the score: by the scale, by outlier treatment or by filling a gap."""
        return self.scale.is_fixed and not self.treat and self.imputation.method in ("none", "constant", "last")

    @property
    def source_column(self) -> str:
        """The column of the data the values are read from."""
        return self.column or self.code


@dataclass(frozen=True)
class Node:
    """A pillar or the index: its parts, how they are averaged and how many of them must be there."""

    code: str
    children: tuple[Node | Leaf, ...]
    weight: float = 1.0
    mean: str = "arithmetic"
    power: float = 1.0
    penalty: Literal["minus", "plus"] = "minus"
    minimum_coverage: float = 1.0
    zeros: Literal["refuse", "zero"] = "refuse"
    weighting: Literal["given", "pca"] = "given"
    multiply: float = 1.0
    round: int | None = None
    name: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_scored(self) -> bool:
        """Whether the node counts in the one above it."""
        return self.weight > 0


@dataclass(frozen=True)
class Framework:
    """A versioned index: the tree and the choices that hold for all of it.

    `carry_years` is for databases of quarters: an annual indicator counts with its last annual value, at most so
    many years old. Tables are scored as they stand.
    """

    code: str
    version: str
    root: Node
    name: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    decimals: int | None = None
    treatment: Treatment = Treatment()
    screening: Screening = Screening()
    over: Literal["panel", "period"] | None = None
    within: str | None = None
    best: Literal["highest", "lowest"] = "highest"
    carry_years: int = 0
    uncertainty: Uncertainty = Uncertainty()
    missing_marks: tuple[str, ...] = ()
    not_applicable_marks: tuple[str, ...] = ()

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The indicators in the order of the tree."""
        return tuple(item for item in walk(self.root) if isinstance(item, Leaf))

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, each after its parts; the index is the last."""
        return tuple(item for item in walk(self.root) if isinstance(item, Node))

    @property
    def is_fixed(self) -> bool:
        """Whether no score depends on another city: what makes periods comparable by itself."""
        return all(leaf.is_fixed for leaf in self.leaves if leaf.is_scored) and all(
            node.mean != "copeland" and node.weighting == "given" for node in self.nodes
        )


def walk(item: Node | Leaf) -> Iterator[Node | Leaf]:
    """Every part of the tree, parts before wholes."""
    if isinstance(item, Node):
        for child in item.children:
            yield from walk(child)
    yield item


def scored_children(node: Node) -> tuple[Node | Leaf, ...]:
    """The parts of a node that count in its score."""
    return tuple(child for child in node.children if child.is_scored)


def reweighted(framework: Framework, weights: Mapping[str, Mapping[str, float]]) -> Framework:
    """The same framework with other weights: node code -> child code -> weight; what is not named stays.

    Raises FrameworkError when a node or child is unknown, or when a node is left with no weight.
    """
    errors = tuple(_weight_faults(framework, weights))
    if errors:
        raise FrameworkError(errors)
    return replace(framework, root=_reweighted(framework.root, weights))


def with_value_errors(framework: Framework, errors: Mapping[str, float]) -> Framework:
    """The same framework with the standard error of a value by indicator code, in the indicator's unit.

    The usual size of a revision, for example. Indicators not named keep theirs; a code that is not in the tree is
    left aside, so one mapping can serve several frameworks.
    """
    return replace(framework, root=_with_errors(framework.root, errors))


def _with_errors(node: Node, errors: Mapping[str, float]) -> Node:
    children = [
        _with_errors(child, errors)
        if isinstance(child, Node)
        else replace(child, value_sd=errors.get(child.code, child.value_sd))
        for child in node.children
    ]
    return replace(node, children=tuple(children))


def _reweighted(node: Node, weights: Mapping[str, Mapping[str, float]]) -> Node:
    given = weights.get(node.code, {})
    children = []
    for child in node.children:
        below = _reweighted(child, weights) if isinstance(child, Node) else child
        children.append(replace(below, weight=given.get(child.code, child.weight)))
    weighting: Literal["given", "pca"] = "given" if given else node.weighting
    return replace(node, children=tuple(children), weighting=weighting)


def _weight_faults(framework: Framework, weights: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    nodes = {node.code: node for node in framework.nodes}
    for code, given in weights.items():
        if code not in nodes:
            yield f"weights.{code}: there is no such node; nodes are {', '.join(nodes)}"
            continue
        before = {child.code: child.weight for child in nodes[code].children}
        for child in given.keys() - before.keys():
            yield f"weights.{code}.{child}: not a part of this node; its parts are {', '.join(before)}"
        after = {**before, **given}
        for child, weight in after.items():
            if not 0 <= weight < float("inf"):
                yield f"weights.{code}.{child}: {weight} is not a weight; zero or more is"
        if not sum(after.values()) > 0:
            yield f"weights.{code}: the weights sum to nothing"
