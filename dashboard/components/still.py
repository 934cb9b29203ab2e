"""Parts of a page that only show or post a choice: sent as markup in `data-html`, put in place by assets/page.js.

Dash keeps a store entry and a subscription for every component and asks them all at every change: two thousand table
cells took ten seconds, as markup they take none. Every text and attribute is escaped here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from dash.development.base_component import Component

from dashboard.components.attributes import data

_VOID = frozenset({"br", "hr", "img", "input", "wbr"})
_NAMES = {"className": "class", "htmlFor": "for"}


def still(component: Component) -> Component:
    """The component with its content, made of dash.html alone, as markup; it keeps its own attributes."""
    props = _props(component)
    content = props.pop("children", None)
    return type(component)(**props, **data(html=markup(content)))


def markup(content: Any) -> str:
    """Components, texts, numbers and lists of them as HTML; TypeError for a component that needs a script."""
    if content is None:
        return ""
    if isinstance(content, list | tuple):
        return "".join(map(markup, content))
    if isinstance(content, str | int | float):
        return escape(str(content))
    if not isinstance(content, Component) or content._namespace != "dash_html_components":
        raise TypeError(f"{type(content).__name__} cannot be sent as markup: leave it outside of still()")
    return _element(content)


def table_markup(caption: str, head: Sequence[Any], body: Iterable[Sequence[Any]]) -> str:
    """A table as markup, the first cell of a line its heading: of thousands of cells a component each is slow."""
    columns = "".join(f'<th scope="col">{markup(cell)}</th>' for cell in head)
    lines = (
        f'<tr><th scope="row">{markup(line[0])}</th>{"".join(f"<td>{markup(cell)}</td>" for cell in line[1:])}</tr>'
        for line in body
    )
    heading = f"<caption>{markup(caption)}</caption><thead><tr>{columns}</tr></thead>"
    return f"<table>{heading}<tbody>{''.join(lines)}</tbody></table>"


def at_rest(content: Any) -> str:
    """A page as markup before its scripts have come: drawings leave their place empty, fields wait."""
    if isinstance(content, list | tuple):
        return "".join(map(at_rest, content))
    if not isinstance(content, Component):
        return markup(content)
    props = _props(content)
    if content._namespace != "dash_html_components":
        return _place_of(str(content._type), props)
    filled = props.pop("data-html", None)
    inner = at_rest(props.pop("children", None)) if filled is None else filled
    return _tag(str(content._type).lower(), props, inner)


def _place_of(kind: str, props: dict[str, Any]) -> str:
    """What stands for a component that needs a script: a field that waits, or the room of a drawing."""
    if kind == "Input":
        shown = {name: props.get(name) for name in ("type", "placeholder")}
        return _tag("input", {**shown, "disabled": True}, "")
    return _tag("div", {"style": props.get("style")}, "")


def _element(component: Component) -> str:
    props = _props(component)
    inner = markup(props.pop("children", None))
    if component._type == "Select":
        inner = _with_choice(inner, str(props.get("data-value", "")))
    return _tag(str(component._type).lower(), props, inner)


def _with_choice(options: str, value: str) -> str:
    """The options of a select with this one chosen, for readers without a script."""
    option = f'<option value="{escape(value)}">'
    return options.replace(option, f"{option[:-1]} selected>", 1)


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
    """The properties that are set. Dash's own way looks for every one that there could be: ten times as long."""
    return {name: value for name, value in vars(component).items() if name in component._prop_names or "-" in name}
