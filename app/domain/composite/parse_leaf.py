"""An indicator of a framework file: direction, goalposts, transform, scale, denominator, gaps.

Goalposts may be `"catalogue"`: the one source of posts, transform and direction is then the indicator catalogue.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast, get_args

import numpy as np

from app.domain.composite.framework import (
    CLIPS,
    DIRECTIONS,
    IMPUTATIONS,
    METHODS,
    TRANSFORMS,
    Direction,
    Goalposts,
    Imputation,
    Leaf,
    Post,
    Scale,
    Segment,
)
from app.domain.composite.keys import Keys, number, numbers
from app.domain.composite.transform import transformed_post

Catalogue = Mapping[str, Mapping[str, str]]

SCALE_KEYS = (
    "normalise",
    "goalposts",
    "clip",
    "scale",
    "target",
    "reference",
    "sd",
    "centre",
    "spread",
    "points",
    "segments",
    "categories",
)
LEAF_KEYS = (
    "code",
    "name",
    "weight",
    "column",
    "direction",
    "transform",
    "denominator",
    "per",
    "treat",
    "impute",
    "round",
    "value_sd",
    *SCALE_KEYS,
)
DEFAULT_KEYS = tuple(key for key in LEAF_KEYS if key not in ("code", "name", "weight", "column"))


def leaf(keys: Keys, code: str, defaults: Mapping[str, object], catalogue: Catalogue | None) -> Leaf:
    """One indicator; faults go to the keys' list, and a stand-in is returned for them."""
    keys.known(LEAF_KEYS)
    own = Keys({**_unless_replaced(defaults, keys.table), **keys.table}, keys.path, keys.faults)
    own, entry = _with_catalogue(own, code, catalogue)
    posts = _goalposts(own)
    direction = _direction(own, posts)
    transform = own.choice("transform", TRANSFORMS, "none")
    scale = _scale(own, posts, direction)
    _check_posts(own, scale, transform)
    return Leaf(
        code=code,
        weight=own.number("weight", 1.0, low=0.0),
        direction=direction,
        transform=transform,
        scale=scale,
        column=own.text("column"),
        denominator=own.text("denominator", None) if "denominator" in own.table else None,
        per=own.number("per", 1.0, low=1e-300),
        treat=own.flag("treat", False),
        imputation=_imputation(own),
        round=own.whole("round"),
        value_sd=own.number("value_sd", 0.0, low=0.0),
        name=own.names() or _catalogue_names(entry),
    )


def _unless_replaced(defaults: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """Defaults that still make sense: an indicator that states its method does not inherit goalposts."""
    dropped = {"goalposts"} if "normalise" in own and own["normalise"] != "goalposts" else set()
    if "goalposts" in own:
        dropped |= {"direction", "normalise"}
    if {"categories", "points", "segments"} & set(own):
        dropped |= {"normalise", "goalposts", "transform"}
    return {key: value for key, value in defaults.items() if key not in dropped}


def _with_catalogue(keys: Keys, code: str, catalogue: Catalogue | None) -> tuple[Keys, Mapping[str, str]]:
    """The catalogue's posts, direction and transform put in the place of the word "catalogue"."""
    if keys.table.get("goalposts") != "catalogue":
        return keys, {}
    if catalogue is None or code not in catalogue:
        keys.fault(
            "goalposts", f"the catalogue of indicators has no {code}" if catalogue else "no catalogue is given"
        )
        return Keys({**keys.table, "goalposts": [0, 1]}, keys.path, keys.faults), {}
    entry = catalogue[code]
    try:
        posts = [float(entry["goalpost_min"]), float(entry["goalpost_max"])]
    except (KeyError, ValueError):
        keys.fault("goalposts", f"the catalogue gives no goalposts for {code}")
        posts = [0.0, 1.0]
    taken = {"direction": entry.get("direction", ""), "transform": entry.get("transform", "")}
    return Keys({**taken, **keys.table, "goalposts": posts}, keys.path, keys.faults), entry


def _catalogue_names(entry: Mapping[str, str]) -> dict[str, str]:
    return {lang: entry[f"name_{lang}"] for lang in ("en", "ru") if entry.get(f"name_{lang}")}


def _goalposts(keys: Keys) -> Goalposts | None:
    """Either {worst, best}, whose order is the direction, or [low, high], which the direction reads."""
    given = keys.table.get("goalposts")
    if given is None:
        return None
    if isinstance(given, Mapping) and set(given) == {"worst", "best"}:
        worst, best = _post(given["worst"]), _post(given["best"])
    elif isinstance(given, list) and len(given) == 2:
        worst, best = _post(given[0]), _post(given[1])
        if isinstance(worst, float) and isinstance(best, float) and worst > best:
            keys.fault("goalposts", f"[{worst:g}, {best:g}] is [low, high] the wrong way round; use worst and best")
        if keys.table.get("direction") in ("lower", "target"):
            worst, best = best, worst
    else:
        keys.fault("goalposts", 'write { worst = …, best = … }, [low, high] or "catalogue"')
        return None
    if worst is None or best is None:
        keys.fault("goalposts", 'a post is a number, "min" or "max"')
        return None
    if worst == best:
        keys.fault("goalposts", f"both posts are {worst}, so every score would be 0/0")
    return Goalposts(worst, best)


def _post(value: object) -> Post | None:
    if value in get_args(get_args(Post)[1]):
        return cast(Post, value)
    return number(value)


def _direction(keys: Keys, posts: Goalposts | None) -> Direction:
    """Said once: by the word or by the order of the posts; both must agree."""
    said = keys.choice("direction", DIRECTIONS, "higher")
    if posts is None or not isinstance(keys.table.get("goalposts"), Mapping):
        return cast(Direction, said)
    if said in ("target", "none") and "direction" in keys.table:
        return cast(Direction, said)
    order = _order(posts)
    if order is None:
        return cast(Direction, said)
    if "direction" in keys.table and said != order:
        keys.fault("direction", f"{said} contradicts the goalposts, whose order says {order}")
    return cast(Direction, order)


def _order(posts: Goalposts) -> str | None:
    """What the order of the posts says; None when only the data can tell."""
    if posts.worst == "min" or posts.best == "max":
        return "higher"
    if posts.worst == "max" or posts.best == "min":
        return "lower"
    if isinstance(posts.best, str) or isinstance(posts.worst, str):
        return None
    return "higher" if posts.best > posts.worst else "lower"


def _scale(keys: Keys, posts: Goalposts | None, direction: Direction) -> Scale:
    default = "target_ratio" if direction == "target" else "goalposts"
    default = "goalposts" if posts is not None else default
    method = keys.choice("normalise", METHODS, _implied(keys, default))
    lower, upper = _bounds(keys)
    scale = Scale(
        method=method,
        lower=lower,
        upper=upper,
        clip=_clip(keys),
        goalposts=posts,
        target=keys.optional("target"),
        reference=keys.text("reference", None) if "reference" in keys.table else None,
        sd="population" if keys.choice("sd", ("sample", "population"), "sample") == "population" else "sample",
        centre=keys.number("centre", 0.0),
        spread=keys.number("spread", 1.0, low=1e-12),
        points=_points(keys),
        segments=_segments(keys),
        categories=_categories(keys),
    )
    if direction != "none":
        _check_needs(keys, scale, direction)
    return scale


def _implied(keys: Keys, default: str) -> str:
    """Categories, points and segments say their own method."""
    for key, method in (("categories", "categorical"), ("points", "piecewise"), ("segments", "segments")):
        if key in keys.table:
            return method
    return default


def _bounds(keys: Keys) -> tuple[float, float]:
    given = keys.table.get("scale", 100)
    top = number(given)
    pair = (0.0, top) if top is not None else numbers(given, 2)
    if pair is None or not pair[0] < pair[1]:
        keys.fault("scale", f"{given!r} is not a highest score or a list [lowest, highest]")
        return 0.0, 100.0
    return pair[0], pair[1]


def _clip(keys: Keys) -> str:
    given = keys.table.get("clip", True)
    if isinstance(given, bool):
        return "both" if given else "none"
    return keys.choice("clip", CLIPS, "both")


def _points(keys: Keys) -> tuple[tuple[float, float], ...]:
    given = keys.table.get("points")
    if given is None:
        return ()
    pairs = [numbers(item, 2) for item in given] if isinstance(given, list) else []
    points = tuple((pair[0], pair[1]) for pair in pairs if pair is not None)
    rising = all(a[0] < b[0] for a, b in zip(points, points[1:], strict=False))
    if len(points) < 2 or len(points) != len(pairs) or not rising:
        keys.fault("points", "write at least two [value, score] pairs, values rising")
        return ((0.0, 0.0), (1.0, 1.0))
    return points


def _segments(keys: Keys) -> tuple[Segment, ...]:
    given = keys.table.get("segments")
    if given is None:
        return ()
    if not isinstance(given, list) or not given or not all(isinstance(item, Mapping) for item in given):
        keys.fault("segments", "write a list of tables { upto, intercept, slope, rise, start, decay }")
        return (Segment(),)
    found = []
    for at, item in enumerate(given):
        piece = Keys(item, f"{keys.at('segments')}[{at}]", keys.faults)
        piece.known(("upto", "intercept", "slope", "rise", "start", "decay"))
        terms = {name: piece.number(name, 0.0) for name in ("intercept", "slope", "rise", "start")}
        upto = piece.number("upto", math.inf)
        found.append(Segment(upto=upto, decay=piece.number("decay", 1.0, low=1e-12), **terms))
    if any(a.upto >= b.upto for a, b in zip(found, found[1:], strict=False)):
        keys.fault("segments", "each upto must be above the one before; only the last may be left out")
    return tuple(found)


def _categories(keys: Keys) -> dict[str, float]:
    given = keys.table.get("categories")
    if given is None:
        return {}
    scores = {str(key): number(value) for key, value in given.items()} if isinstance(given, Mapping) else {}
    if not scores or any(value is None for value in scores.values()):
        keys.fault("categories", "write a table category = score with at least one category")
        return {"?": 0.0}
    return {key: value for key, value in scores.items() if value is not None}


def _check_needs(keys: Keys, scale: Scale, direction: Direction) -> None:
    """What a method cannot do without."""
    needs = {
        "goalposts": ("goalposts", scale.goalposts),
        "piecewise": ("points", scale.points or None),
        "segments": ("segments", scale.segments or None),
        "categorical": ("categories", scale.categories or None),
        "distance_to_target": ("target", scale.target),
        "target_ratio": ("target", scale.target or None),
        "distance_to_reference": ("reference", scale.reference),
        "minmax_reference": ("reference", scale.reference),
    }
    key, value = needs.get(scale.method, ("", True))
    if value is None and key not in keys.table:
        keys.fault(key, f"is missing; normalise = {scale.method!r} needs it")
    elif value is None and scale.method == "target_ratio" and scale.target == 0:
        keys.fault("target", "the nearness 1-|x-t|/|t| needs a target other than 0; give goalposts of the distance")
    if direction == "target" and scale.target is None and scale.method != "target_ratio":
        keys.fault("target", "is missing; direction = 'target' needs the optimum")
    if direction == "target" and scale.method == "distance_to_target":
        keys.fault(
            "normalise", "distance_to_target goes with direction higher or lower; for an optimum use target_ratio"
        )
    if scale.method == "none" and direction == "lower":
        keys.fault("normalise", "'none' passes values on unchanged, so lower cannot be better; choose a scale")
    _check_unused(keys, scale)


def _check_unused(keys: Keys, scale: Scale) -> None:
    """A key another method would read is a slip, not a decoration."""
    belongs = {
        "goalposts": ("goalposts",),
        "points": ("piecewise",),
        "segments": ("segments",),
        "categories": ("categorical",),
        "reference": ("distance_to_reference", "minmax_reference"),
        "sd": ("zscore",),
    }
    for key, methods in belongs.items():
        if keys.table.get(key) is not None and scale.method not in methods:
            keys.fault(key, f"is not read by normalise = {scale.method!r}; it belongs to {', '.join(methods)}")
    if "transform" in keys.table and keys.table["transform"] != "none" and scale.method in _TRANSFORMLESS:
        keys.fault("transform", f"is not read by normalise = {scale.method!r}")


_TRANSFORMLESS = ("piecewise", "segments", "categorical", "target_ratio")


def _check_posts(keys: Keys, scale: Scale, transform: str) -> None:
    if scale.method != "goalposts" or scale.goalposts is None:
        return
    posts = [post for post in (scale.goalposts.worst, scale.goalposts.best) if not isinstance(post, str)]
    for post in posts:
        if math.isnan(transformed_post(post, transform)):
            keys.fault("goalposts", f"the post {post:g} has no {transform}; posts are transformed too")
            return
    shares = np.array([transformed_post(post, transform) for post in posts])
    if len(shares) == 2 and shares[0] == shares[1] and posts[0] != posts[1]:
        keys.fault("goalposts", f"both posts are the same under {transform}")


def _imputation(keys: Keys) -> Imputation:
    given = keys.table.get("impute", "none")
    if isinstance(given, str):
        given = {"method": given}
    if not isinstance(given, Mapping):
        keys.fault("impute", "write a method or a table { method, group, maximum_gap, value }")
        return Imputation()
    own = Keys(given, keys.at("impute"), keys.faults)
    own.known(("method", "group", "maximum_gap", "value"))
    method = own.choice("method", IMPUTATIONS, "none")
    needed = {"group_mean": "group", "group_median": "group", "last": "maximum_gap", "constant": "value"}
    if method in needed and needed[method] not in own.table:
        own.fault(needed[method], f"is missing; method = {method!r} needs it")
    group = own.text("group") if method.startswith("group") else None
    gap = own.whole("maximum_gap", 1, low=1) if method == "last" else 0
    return Imputation(method, group or None, gap or 0, own.number("value", 0.0))
