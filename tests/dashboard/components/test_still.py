from __future__ import annotations

from typing import Any

import pytest
from dash import dcc, html

from dashboard.components.attributes import aria, data
from dashboard.components.controls import Option, OptionGroup, select
from dashboard.components.still import at_rest, markup, still, tag


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, ""),
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"),
        (["a", 1, 2.5], "a12.5"),
        (html.P("Орёл"), "<p>Орёл</p>"),
        (html.Br(), "<br>"),
        (
            html.Td([html.Span("1"), None], className="cell", colSpan=2),
            '<td colspan="2" class="cell"><span>1</span></td>',
        ),
        (html.Button("x", disabled=True), "<button disabled>x</button>"),
        (html.Button("x", disabled=False), "<button>x</button>"),
        (
            html.I(style={"backgroundColor": "#fff", "width": "2px"}),
            '<i style="background-color:#fff;width:2px"></i>',
        ),
        (html.Th(title='" onclick="alert(1)'), '<th title="&quot; onclick=&quot;alert(1)"></th>'),
        (html.Label("x", htmlFor="y"), '<label for="y">x</label>'),
        (html.B("x", **aria(hidden=True), **data(value="a&b")), '<b aria-hidden="true" data-value="a&amp;b">x</b>'),
    ],
)
def test_components_become_markup_with_every_text_escaped(content: Any, expected: str) -> None:
    assert sorted(markup(content)) == sorted(expected)
    assert markup(content).startswith(expected[:3])


def test_a_component_that_needs_a_script_is_refused() -> None:
    with pytest.raises(TypeError, match="Input cannot be sent as markup"):
        markup(html.Div(dcc.Input(id="x")))


def test_an_element_written_at_once_is_what_the_component_would_be_and_is_not_escaped_again() -> None:
    made = tag("td", ["<b>", tag("span", 1, className="x")], colSpan=2, title='"', hidden=None)
    assert made == markup(html.Td(["<b>", html.Span(1, className="x")], colSpan=2, title='"'))
    assert markup(html.Tr([made])) == f"<tr>{made}</tr>"
    assert "&lt;b&gt;" in made


def test_still_keeps_the_attributes_and_sends_the_content_as_markup() -> None:
    made = still(html.Div(html.P("x"), className="scroll", role="region", **aria(label="Table")))
    props = made.to_plotly_json()["props"]  # type: ignore[no-untyped-call]
    assert props == {
        "className": "scroll",
        "role": "region",
        "aria-label": "Table",
        "data-html": "<p>x</p>",
    } | ({"children": None} if "children" in props else {})


def test_a_page_at_rest_has_what_is_still_and_keeps_room_for_what_is_not() -> None:
    hostile = '<img src=x onerror="alert(1)">'
    field = dcc.Input(id="q", type="search", placeholder=hostile)
    picture = tag("div", None, style={"height": "200px"}, **data(figure='{"x": "' + hostile + '"}'))
    page = html.Div([still(html.P(hostile)), still(html.Div(picture)), field], className="frame")
    said = at_rest(page)
    assert "<img" not in said
    assert said.count("&lt;img") == 2
    assert '<div style="height:200px"></div>' in said
    assert " disabled>" in said


def test_a_select_says_what_is_chosen() -> None:
    made = select("period", "Период", [Option("1", "a"), OptionGroup("<g>", [Option("2", "b")])], "2")
    assert '<option value="1">a</option><optgroup label="&lt;g&gt;"><option value="2" selected>b</option>' in made
