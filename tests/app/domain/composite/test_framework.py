"""Framework files: every fault at once, each named by the path of its key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.composite.framework import FrameworkError, Goalposts, reweighted
from tests.app.domain.composite.frames import bundled, catalogue, small


def faults(body: str, head: str = "") -> tuple[str, ...]:
    with pytest.raises(FrameworkError) as refused:
        small(body, head)
    return refused.value.errors


@pytest.mark.parametrize("code", ["citymark-5p", "hdi", "asem", "kz-equal", "kz-ahp", "minstroy"])
def test_every_bundled_framework_is_named_in_two_languages_with_a_version_and_a_source(code: str) -> None:
    framework = bundled(code)
    assert framework.code == code
    assert framework.version
    assert framework.source
    assert set(framework.name) == {"en", "ru"}


def test_the_five_principles_hold_the_whole_catalogue_and_cameras_weigh_nothing() -> None:
    framework = bundled("citymark-5p")
    assert {leaf.code for leaf in framework.leaves} == set(catalogue())
    weights = {leaf.code: leaf.weight for leaf in framework.leaves}
    assert weights.pop("IS_SMART_CCTV") == 0
    assert set(weights.values()) == {1.0}
    posts = {leaf.code: leaf.scale.goalposts for leaf in framework.leaves}
    assert posts["HC_LIFE_EXP"] == Goalposts(20.0, 85.0)
    assert posts["QM_PM25"] == Goalposts(35.0, 5.0)


def test_a_fault_names_the_path_of_its_key() -> None:
    found = faults('[nodes.I]\nchildren = [{ code = "a", goalposts = [0, 1] }, { code = "b", goalposts = [3, 3] }]')
    assert found == ("nodes.I.children[1].goalposts: both posts are 3.0, so every score would be 0/0",)


def test_all_faults_come_at_once() -> None:
    found = faults('[nodes.I]\nmean = "median"\nwieght = 1\nchildren = [{ code = "a", direction = "up" }]\n')
    assert [fault.split(":")[0] for fault in found] == [
        "nodes.I.wieght",
        "nodes.I.children[0].direction",
        "nodes.I.children[0].goalposts",
        "nodes.I.mean",
    ]


LEAF = '{ code = "a", normalise = "minmax" }'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('[nodes.I]\nchildren = ["J"]\n[nodes.J]\nchildren = ["I"]', "nodes.J.children[0]: a loop: I > J > I"),
        ('[nodes.I]\nchildren = ["I"]', "loop"),
        ('[nodes.I]\nchildren = ["b"]', "nodes.I.children[0]: unknown child 'b'"),
        (f"[nodes.I]\nweights = [0]\nchildren = [{LEAF}]", "weights sum to nothing"),
        (f"[nodes.I]\nchildren = [{LEAF}, {LEAF}]", "a stands in the tree 2 times"),
        (f'[nodes.I]\nchildren = [{LEAF}, "J"]\n[nodes.J]\nchildren = [{LEAF}]', "a stands in the tree 2 times"),
        ("[nodes.I]\nchildren = []", "nodes.I.children: is missing or empty"),
        (f"[nodes.I]\nchildren = [{LEAF}]\n[nodes.J]\nchildren = [{LEAF}]", "index: name the top node"),
        ('[nodes.I]\nchildren = [{ code = "a", weight = -1, normalise = "minmax" }]', "children[0].weight"),
        ('[nodes.I]\nchildren = [{ code = "a", transform = "log", goalposts = [0, 1] }]', "the post 0 has no log"),
        (
            '[nodes.I]\nchildren = [{ code = "a", direction = "higher", goalposts = { worst = 9, best = 1 } }]',
            "higher contradicts the goalposts",
        ),
        ('[nodes.I]\nchildren = [{ code = "a", goalposts = "catalogue" }]', "the catalogue of indicators has no a"),
        (f"[nodes.I]\nmean = 'sum'\nminimum_coverage = 0.5\nchildren = [{LEAF}]", "not comparable"),
        (
            '[nodes.I]\nweights = { method = "ahp", upper = [[9, 0.1], [9]] }\nchildren = ['
            + ", ".join(LEAF.replace('"a"', f'"{code}"') for code in "abc")
            + "]",
            "consistency ratio",
        ),
        (f"[nodes.I]\nchildren = [{LEAF.replace('minmax', 'target_ratio')}]", "target"),
        (f"[nodes.I]\nchildren = [{LEAF}]\n[indicators.z]\ndirection = 'lower'", "indicators.z: is not under"),
    ],
)
def test_a_framework_that_cannot_be_used_is_refused_in_clear_words(body: str, words: str) -> None:
    assert any(words in fault for fault in faults(body)), faults(body)


def test_direction_is_the_order_of_the_goalposts() -> None:
    framework = small('[nodes.I]\nchildren = [{ code = "a", goalposts = { worst = 9, best = 1 } }]')
    assert framework.leaves[0].direction == "lower"


def test_custom_weights_are_checked_and_leave_the_rest_alone() -> None:
    framework = bundled("citymark-5p")
    custom = reweighted(framework, {"index": {"safety": 3.0}})
    assert {child.code: child.weight for child in custom.root.children}["safety"] == 3.0
    assert custom.leaves == framework.leaves
    with pytest.raises(FrameworkError, match="there is no such node"):
        reweighted(framework, {"x": {"a": 1.0}})
    with pytest.raises(FrameworkError, match="sum to nothing"):
        reweighted(framework, {"index": {child.code: 0.0 for child in framework.root.children}})


def test_a_framework_is_compared_by_what_it_says() -> None:
    framework = bundled("hdi")
    assert replace(framework) == framework
    assert replace(framework, version="2") != framework
