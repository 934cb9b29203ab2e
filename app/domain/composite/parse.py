"""A framework file, already read from TOML, becomes a Framework, or every fault in it at once.

Each fault opens with the path of its key, for example `nodes.human_capital.children[3].goalposts`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast

from app.domain.composite.framework import (
    MEANS,
    METHODS,
    Framework,
    FrameworkError,
    Leaf,
    Node,
    Screening,
    Treatment,
    Uncertainty,
    scored_children,
    walk,
)
from app.domain.composite.keys import Faults, Keys, numbers
from app.domain.composite.parse_leaf import DEFAULT_KEYS, Catalogue, leaf
from app.domain.composite.weights import CONSISTENT_BELOW, ahp, comparison_matrix

FRAMEWORK_KEYS = (
    "code",
    "version",
    "name",
    "source",
    "index",
    "decimals",
    "minimum_coverage",
    "over",
    "within",
    "best",
    "carry_years",
    "defaults",
    "nodes",
    "indicators",
    "treatment",
    "screening",
    "uncertainty",
    "cells",
)
NODE_KEYS = (
    "name",
    "children",
    "weights",
    "mean",
    "power",
    "penalty",
    "minimum_coverage",
    "zeros",
    "multiply",
    "round",
)
#: Names of columns that the scores' table gives itself.
RESERVED: tuple[str, ...] = (
    "city",
    "period",
    "score",
    "rank",
    "coverage",
    "reason",
    "rank_low",
    "rank_high",
    "rank_median",
)
RESERVED += ("p_top10", "tier", "imputed", "group")


def parse(table: Mapping[str, object], catalogue: Catalogue | None = None) -> Framework:
    """The framework a TOML table describes; `catalogue` maps indicator codes to the catalogue's rows.

    Raises FrameworkError with every fault, each naming its key.
    """
    faults = Faults()
    top = Keys(table, "", faults)
    top.known(FRAMEWORK_KEYS)
    root = _tree(top, catalogue)
    framework = Framework(
        code=top.text("code", None),
        version=top.text("version", None),
        root=root,
        name=top.names(),
        source=top.text("source"),
        decimals=top.whole("decimals"),
        treatment=_treatment(top.below("treatment")),
        screening=_screening(top.below("screening")),
        over=_over(top),
        within=top.text("within", None) if "within" in table else None,
        best="lowest" if top.choice("best", ("highest", "lowest"), "highest") == "lowest" else "highest",
        carry_years=top.whole("carry_years", 0) or 0,
        uncertainty=_uncertainty(top.below("uncertainty")),
        missing_marks=_cells(top).texts("missing"),
        not_applicable_marks=_cells(top).texts("not_applicable"),
    )
    _check_tree(framework, faults)
    if faults.found:
        raise FrameworkError(tuple(faults.found))
    return framework


def _over(top: Keys) -> Literal["panel", "period"] | None:
    if "over" not in top.table:
        return None
    return "period" if top.choice("over", ("panel", "period"), "panel") == "period" else "panel"


def _cells(top: Keys) -> Keys:
    cells = top.below("cells")
    cells.known(("missing", "not_applicable"))
    return cells


def _treatment(keys: Keys) -> Treatment:
    keys.known(("winmax", "skew", "kurtosis"))
    plain = Treatment()
    winmax = keys.whole("winmax", plain.winmax)
    return Treatment(
        plain.winmax if winmax is None else winmax,
        keys.number("skew", plain.skew, low=0),
        keys.number("kurtosis", plain.kurtosis),
    )


def _screening(keys: Keys) -> Screening:
    keys.known(("minimum_availability", "minimum_nonzero"))
    return Screening(
        keys.number("minimum_availability", 0.0, 0.0, 1.0), keys.number("minimum_nonzero", 0.0, 0.0, 1.0)
    )


def _uncertainty(keys: Keys) -> Uncertainty:
    names = ("weight_spread", "concentration", "normalisations", "means", "leave_one_out", "values")
    keys.known(names)
    result = Uncertainty(
        keys.number("weight_spread", 0.25, 0.0, 10.0),
        keys.number("concentration", 1.0, low=1e-6) if "concentration" in keys.table else None,
        keys.texts("normalisations"),
        keys.texts("means"),
        keys.flag("leave_one_out", False),
        keys.flag("values", False),
    )
    _check_words(keys, "normalisations", result.normalisations, ("as_given", *METHODS))
    _check_words(keys, "means", result.means, ("as_given", "arithmetic", "geometric", "harmonic", "min"))
    if "zscore" in result.normalisations and {"geometric", "harmonic"} & set(result.means):
        keys.fault("normalisations", "z-scores are below zero for half the cities: no geometric or harmonic mean")
    return result


def _check_words(keys: Keys, key: str, words: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    needy: tuple[str, ...] = (
        "goalposts",
        "categorical",
        "piecewise",
        "segments",
        "target_ratio",
        "distance_to_target",
        "none",
    )
    needy += ("distance_to_reference", "minmax_reference")
    for word in words:
        if word not in allowed or word in needy:
            usable = ", ".join(name for name in allowed if name not in needy)
            keys.fault(key, f"{word!r} is not one of {usable}")


def _tree(top: Keys, catalogue: Catalogue | None) -> Node:
    nodes, indicators = top.below("nodes"), top.below("indicators")
    defaults = top.below("defaults")
    defaults.known(DEFAULT_KEYS)
    builder = _Builder(top, nodes, indicators, defaults.table, catalogue)
    for code in nodes.table:
        if code in indicators.table:
            indicators.fault(code, "is also the code of a node; codes are unique")
    root = _root(top, nodes)
    if root is None:
        return Node("?", (Leaf("?"),))
    built = builder.node(root, ())
    builder.check_unused(root)
    return built


def _root(top: Keys, nodes: Keys) -> str | None:
    if not nodes.table:
        top.fault("nodes", "is missing; an index is at least one node with children")
        return None
    if "index" in top.table:
        code = top.text("index", None)
        if code not in nodes.table:
            top.fault("index", f"{code!r} is not a node; nodes are {', '.join(nodes.table)}")
            return None
        return code
    inner = {_child_code(child) for code in nodes.table for child in _listed(nodes.below(code))}
    tops = [code for code in nodes.table if code not in inner]
    if len(tops) > 1:
        top.fault("index", f"name the top node; nodes that are in no other: {', '.join(tops)}")
        return None
    # Without a top the nodes form a loop, and following any of them names it.
    return tops[0] if tops else next(iter(nodes.table))


def _listed(keys: Keys) -> list[object]:
    children = keys.table.get("children", [])
    return children if isinstance(children, list) else []


def _child_code(child: object) -> str | None:
    code = child.get("code") if isinstance(child, Mapping) else child
    return code if isinstance(code, str) else None


class _Builder:
    """Builds nodes from the tables of one file, following children down and refusing loops."""

    def __init__(
        self,
        top: Keys,
        nodes: Keys,
        indicators: Keys,
        defaults: Mapping[str, object],
        catalogue: Catalogue | None,
    ) -> None:
        self.top, self.nodes, self.indicators = top, nodes, indicators
        self.defaults, self.catalogue = defaults, catalogue
        self.used: set[str] = set()

    def node(self, code: str, trail: tuple[str, ...]) -> Node:
        """One node with everything under it; `trail` is the way down to it."""
        keys = self.nodes.below(code)
        keys.known(NODE_KEYS)
        self.used.add(code)
        children = tuple(
            self.child(child, Keys({}, f"{keys.at('children')}[{at}]", keys.faults), (*trail, code))
            for at, child in enumerate(_listed(keys))
        )
        if not children:
            keys.fault("children", "is missing or empty; list at least one part")
            children = (Leaf("?"),)
        children, weighting = _weighted(keys, children)
        mean = keys.choice("mean", MEANS, "arithmetic")
        return Node(
            code=code,
            children=children,
            mean=mean,
            power=_power(keys, mean),
            penalty="plus" if keys.choice("penalty", ("minus", "plus"), "minus") == "plus" else "minus",
            minimum_coverage=self._coverage(keys, mean),
            zeros="zero" if keys.choice("zeros", ("refuse", "zero"), "refuse") == "zero" else "refuse",
            weighting=weighting,
            multiply=keys.number("multiply", 1.0, low=1e-300),
            round=keys.whole("round"),
            name=keys.names(),
        )

    def _coverage(self, keys: Keys, mean: str) -> float:
        everywhere = self.top.number("minimum_coverage", 1.0, 0.0, 1.0)
        least = keys.number("minimum_coverage", 1.0 if mean in ("sum", "product") else everywhere, 0.0, 1.0)
        if mean in ("sum", "product") and least < 1:
            keys.fault("minimum_coverage", f"a {mean} of what is there is not comparable with a {mean} of all")
        return least

    def child(self, child: object, keys: Keys, trail: tuple[str, ...]) -> Node | Leaf:
        """A part of a node: a code, or a table with a code, a weight and an indicator's own keys."""
        code = _child_code(child)
        if code is None or not code.strip():
            keys.faults.add(keys.path, "write a code or a table with a code")
            return Leaf("?")
        table = dict(child) if isinstance(child, Mapping) else {}
        keys = Keys(table, keys.path, keys.faults)
        if code in trail:
            keys.faults.add(keys.path, f"a loop: {' > '.join((*trail[trail.index(code) :], code))}")
            return Leaf(code)
        if code in self.nodes.table:
            keys.known(("code", "weight"))
            built = self.node(code, trail)
            return _with_weight(built, keys.number("weight", 1.0, low=0.0))
        return self._leaf(code, keys, is_table=isinstance(child, Mapping))

    def _leaf(self, code: str, keys: Keys, *, is_table: bool) -> Leaf:
        self.used.add(code)
        if code in self.indicators.table:
            keys.known(("code", "weight"))
            declared = self.indicators.below(code)
            built = leaf(declared, code, self.defaults, self.catalogue)
            return cast(Leaf, _with_weight(built, keys.number("weight", built.weight, low=0.0)))
        listed = self.catalogue is not None and code in self.catalogue
        if not is_table and not (listed and self.defaults.get("goalposts") == "catalogue"):
            words = f"unknown child {code!r}: no node and no indicator of that code; "
            keys.faults.add(keys.path, words + f"write {{ code = {code!r}, … }} to declare an indicator here")
            return Leaf(code)
        return leaf(keys, code, self.defaults, self.catalogue)

    def check_unused(self, root: str) -> None:
        """A node or indicator that hangs nowhere is a slip of the author's."""
        for keys in (self.nodes, self.indicators):
            for code in keys.table:
                if code not in self.used:
                    keys.fault(code, f"is not under the index {root}; add it to a node's children or remove it")


def _power(keys: Keys, mean: str) -> float:
    if mean == "generalised" and "power" not in keys.table:
        keys.fault("power", "is missing; mean = 'generalised' needs it")
    if mean != "generalised" and "power" in keys.table:
        keys.fault("power", f"is not read by mean = {mean!r}; it belongs to generalised")
    return keys.number("power", 1.0)


def _with_weight(item: Node | Leaf, weight: float) -> Node | Leaf:
    return replace(item, weight=weight)


def _weighted(
    keys: Keys, children: tuple[Node | Leaf, ...]
) -> tuple[tuple[Node | Leaf, ...], Literal["given", "pca"]]:
    """Weights said once for the whole node: a list, "equal", "pca", or { method = "ahp", upper = [[…], …] }."""
    said = keys.table.get("weights")
    if said is None:
        return children, "given"
    if any(isinstance(child, Mapping) and "weight" in child for child in _listed(keys)):
        keys.fault("weights", "are given here and at the children; say them once")
    if said == "pca":
        return children, "pca"
    weights = (1.0,) * len(children) if said == "equal" else numbers(said, len(children))
    if isinstance(said, Mapping):
        weights = _judged(Keys(said, keys.at("weights"), keys.faults), len(children))
    if weights is None or any(weight < 0 for weight in weights):
        keys.fault("weights", f'write {len(children)} numbers of zero or more, "equal", "pca" or an ahp table')
        return children, "given"
    return tuple(_with_weight(child, w) for child, w in zip(children, weights, strict=True)), "given"


def _judged(keys: Keys, count: int) -> tuple[float, ...]:
    """AHP weights; judgements that contradict each other are refused unless the file accepts them by name."""
    keys.known(("method", "upper", "accept_inconsistent"))
    keys.choice("method", ("ahp",), "ahp")
    rows = keys.table.get("upper")
    upper = [_judgements(row) for row in rows] if isinstance(rows, list) else []
    triangle = [row for row in upper if row is not None]
    try:
        if len(triangle) != len(upper) or len(triangle) != count - 1:
            raise ValueError(f"{count} children need {count - 1} rows of numbers")
        weights, ratio = ahp(comparison_matrix(triangle))
    except ValueError as fault:
        keys.fault("upper", str(fault))
        return (1.0,) * count
    if ratio >= CONSISTENT_BELOW and not keys.flag("accept_inconsistent", False):
        keys.fault("upper", f"consistency ratio {ratio:.3f} is not below {CONSISTENT_BELOW}")
    return tuple(float(weight) for weight in weights)


def _judgements(row: object) -> tuple[float, ...] | None:
    """Numbers or fractions written as text, "1/3": a judgement is usually said as one."""
    if not isinstance(row, list):
        return None
    found: list[object] = []
    for item in row:
        over, _, under = item.partition("/") if isinstance(item, str) else ("", "", "")
        is_fraction = over.strip().isdecimal() and under.strip().isdecimal() and int(under) > 0
        found.append(int(over) / int(under) if is_fraction else item)
    return numbers(found)


def _check_tree(framework: Framework, faults: Faults) -> None:
    counts = Counter(item.code for item in walk(framework.root) if item.code != "?")
    for code, count in counts.items():
        if count > 1:
            faults.add("nodes", f"{code} stands in the tree {count} times; a code has one place")
        if code in RESERVED:
            faults.add("nodes", f"{code} is the name of a column of the result; choose another code")
    for node in framework.nodes:
        path = f"nodes.{node.code}"
        if not scored_children(node):
            faults.add(f"{path}.weights", "the weights sum to nothing: no part counts")
        if node.mean == "copeland" and node.weighting == "pca":
            faults.add(f"{path}.weights", "pca goes with a mean of scores, not with copeland")
