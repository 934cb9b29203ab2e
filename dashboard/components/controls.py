"""Native controls: selects, buttons that stay pressed; `data-choose` says what each chooses, assets/page.js posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from markupsafe import Markup

from dashboard.components.attributes import aria, data
from dashboard.components.still import tag


@dataclass(frozen=True)
class Option:
    """Something that can be chosen: its value and how it is called."""

    value: str
    label: str


@dataclass(frozen=True)
class OptionGroup:
    """Options under a heading of their own."""

    label: str
    options: Sequence[Option]


def select(name: str, label: str, options: Sequence[Option | OptionGroup], value: str) -> Markup:
    """A labelled native select; page.js keeps it at `data-value`, so Back moves it too."""
    field = f"compare-{name}"
    listed = [_option(option, value) for option in options]
    choice = tag("select", listed, id=field, **data(choose=name, value=value))
    return tag("div", [tag("label", label, htmlFor=field), choice], className="field")


def _option(option: Option | OptionGroup, chosen: str) -> Markup:
    if isinstance(option, OptionGroup):
        return tag("optgroup", [_option(each, chosen) for each in option.options], label=option.label)
    return tag("option", option.label, value=option.value, selected=option.value == chosen)


def pills(name: str, label: str, options: Sequence[Option], chosen: str) -> html.Div:
    """A row of buttons of which one is pressed."""
    buttons = [_toggle(name, option, is_pressed=option.value == chosen) for option in options]
    return html.Div(buttons, className="pills", role="group", **aria(label=label))


def toggles(name: str, groups: Sequence[OptionGroup], chosen: frozenset[str]) -> Markup:
    """Buttons under headings of which any may be pressed."""
    return tag(
        "div",
        [
            tag(
                "div",
                [
                    tag("h3", group.label),
                    *(_toggle(name, option, is_pressed=option.value in chosen) for option in group.options),
                ],
                role="group",
                **aria(label=group.label),
            )
            for group in groups
        ],
        className="toggles",
    )


def _toggle(name: str, option: Option, *, is_pressed: bool) -> Markup:
    return tag(
        "button",
        option.label,
        type="button",
        id=f"compare-{name}-{option.value.lower().replace('.', '_')}",
        **aria(pressed=is_pressed),
        **data(choose=name, value=option.value),
    )


def choice(name: str, value: str, label: str, *, kind: str = "quiet") -> html.Button:
    """A button that makes one choice."""
    return html.Button(label, type="button", id=f"choose-{name}", className=kind, **data(choose=name, value=value))
