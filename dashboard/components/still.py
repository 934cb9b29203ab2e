"""Parts of a page that only show or post a choice: sent as markup in `data-html`, put in place by assets/page.js.

Dash keeps a store entry and a subscription for every component and asks them all at every change: two thousand table
cells took ten seconds, as markup they take none. Every text and attribute is escaped here and nowhere else.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.components.attributes import data

# Figures are drawn by a script; before there is one, only their room is kept.
_FIGURE = re.compile(' data-figure="[^"]*"')
_VOID = frozenset({"br", "hr", "img", "input", "wbr"})
_NAMES = {"className": "class", "htmlFor": "for"}


def still(component: Component) -> Component:
    """The component with its content, made of dash.html alone, as markup; it keeps its own attributes."""
    props = _props(component)
    content = props.pop("children", None)
    return type(component)(**props, **data(html=markup(content)))


def tag(name: str, content: Any = None, /, **attributes: Any) -> Markup:
    """An element written at once, a twentieth of the work of a component; for what stands inside of still()."""
    return Markup(_tag(name, attributes, markup(content)))  # noqa: S704 - markup() and _tag() escape


def markup(content: Any) -> str:
    """Components, texts, numbers and lists of them as HTML; TypeError for a component that needs a script."""
    if content is None:
        return ""
    if isinstance(content, Markup):
        return str(content)
    if isinstance(content, list | tuple):
        return "".join(map(markup, content))
    if isinstance(content, str | int | float):
        return escape(str(content))
    if not isinstance(content, Component) or content._namespace != "dash_html_components":
        raise TypeError(f"{type(content).__name__} cannot be sent as markup: leave it outside of still()")
    return _element(content)


def at_rest(content: Any) -> str:
    """A page as markup before its scripts have come: drawings leave their place empty, the search waits."""
    if isinstance(content, list | tuple):
        return "".join(map(at_rest, content))
    if not isinstance(content, Component):
        return markup(content)
    props = _props(content)
    if content._namespace != "dash_html_components":
        return _tag("input", {**{name: props.get(name) for name in ("type", "placeholder")}, "disabled": True}, "")
    filled = props.pop("data-html", None)
    inner = at_rest(props.pop("children", None)) if filled is None else _FIGURE.sub("", filled)
    return _tag(str(content._type).lower(), props, inner)


def _element(component: Component) -> str:
    props = _props(component)
    return _tag(str(component._type).lower(), props, markup(props.pop("children", None)))


def _tag(name: str, props: dict[str, Any], content: str) -> str:
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in props.items())}>"
    return opening if name in _VOID else f"{opening}{content}</{name}>"


def _attribute(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = _NAMES.get(name, name.lower())
    if value is True:
        return f" {name}"
    text = _style(value) if isinstance(value, dict) else str(value)
    return f' {name}="{escape(text)}"'


def _style(rules: dict[str, Any]) -> str:
    return ";".join(f"{re.sub('[A-Z]', _hyphened, name)}:{value}" for name, value in rules.items())


def _hyphened(letter: re.Match[str]) -> str:
    return f"-{letter.group().lower()}"


def _props(component: Component) -> dict[str, Any]:
    """The properties that are set, in one order: Dash sets them in another one in every process.

    Its own way looks for every one that there could be: ten times as long.
    """
    known = component._prop_names
    return {name: value for name, value in sorted(vars(component).items()) if name in known or "-" in name}
