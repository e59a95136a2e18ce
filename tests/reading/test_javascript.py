from __future__ import annotations

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.scripts import Script, Scripts


def texts(files: dict[str, str], expression: str) -> tuple[str, ...]:
    """What ``value`` in a.ts may be, where it is set to ``expression``."""
    scripts = Scripts(Tree.of({"a.ts": f"{files.pop('a.ts', '')}\nconst value = {expression}", **files}), "")
    script = scripts.script("a.ts")
    assert script is not None
    return scripts.texts(script, javascript.constant(script.text, "value"))


def test_comments_are_no_strings_and_no_calls() -> None:
    body = "// set('a')\n/* set('b') */\nset('c') // 'd'"
    assert [one for one, _, _ in javascript.strings(body)] == ["c"]
    assert [line for _, line in javascript.calls(body, "set")] == [3]


def test_imports_of_every_form_are_read_with_their_names() -> None:
    body = """import a, { b as c, type d } from "x";
import * as ns from 'y';
import "z";
export { e as f } from './e';
const { g, h: i } = require("w");
const j = await import("v");
"""
    read = {one.module: (one.line, dict(one.names)) for one in javascript.imports(body)}
    assert read == {
        "x": (1, {"a": "default", "c": "b", "d": "d"}),
        "y": (2, {"ns": "*"}),
        "z": (3, {}),
        "./e": (4, {"f": "e"}),
        "w": (5, {"g": "g", "i": "h"}),
        "v": (6, {"j": "default"}),
    }


def test_properties_are_those_of_the_object_itself() -> None:
    body = "const o = { 'a': 1, inner: { b: 2 }, c() {}, d }"
    found = javascript.constant(body, "o")
    assert found is not None
    assert [name for name, _ in javascript.properties(found)] == ["a", "inner", "c", "d"]
    assert javascript.property_value(found, "b") is None


@pytest.mark.parametrize("expression", ["other", "make('x')", "`a${missing}`", "1", "process.env.NAME"])
def test_what_is_not_known_has_no_texts(expression: str) -> None:
    assert texts({}, expression) == ()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'a'", ("a",)),
        ("(`a` as const)!", ("a",)),
        ("'a' + 'b'", ("ab",)),
        ("`${'a'}-b`", ("a-b",)),
        ("on ? 'a' : 'b'", ("a", "b")),
        ("(on ? '__Host-' : '') + 'sid'", ("__Host-sid", "sid")),
        ("process.env.NAME || 'a'", ("a",)),
        ("process.env.NAME ?? 'a'", ("a",)),
    ],
)
def test_every_string_that_an_expression_may_be_is_given(expression: str, expected: tuple[str, ...]) -> None:
    assert texts({}, expression) == expected


def test_names_are_followed_from_file_to_file() -> None:
    files = {
        "a.ts": "import { NAME as N, all } from './b.js'",
        "b.ts": "import { NAME } from './c'\nexport { NAME }\nexport const all = { deep: { NAME: 'x' } }",
        "c/index.ts": "export const NAME: string = 'there'",
    }
    assert texts(dict(files), "N") == ("there",)
    assert texts(dict(files), "all.deep.NAME") == ("x",)


def test_names_that_lead_in_a_circle_end() -> None:
    assert (
        texts({"a.ts": "import { x } from './b'", "b.ts": "import { x } from './c'", "c.ts": "import { x } from './b'"}, "x")
        == ()
    )
    assert texts({}, "value") == ()


def test_a_module_outside_the_repository_is_not_looked_for() -> None:
    scripts = Scripts(Tree.of({"a.ts": "", "web/b.ts": ""}), "web")
    assert [scripts.locate("web/b.ts", name) for name in ("react", "../../up", "@/b", "../a", "./b")] == [
        None,
        None,
        None,
        "a.ts",
        "web/b.ts",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "node_modules/a.js",
        "a.test.ts",
        "lib/a.spec.tsx",
        "a.d.ts",
        "docs/a.ts",
        "app/__tests__/a.ts",
        ".claude/skills/a.ts",
        "dist/a.js",
        "a.min.js",
    ],
)
def test_what_does_not_run_is_not_live(path: str) -> None:
    assert not javascript.is_live(f"web/{path}", "web")


@pytest.mark.parametrize("path", ["app/docs/page.tsx", "app/examples/page.tsx", "lib/test-utils.ts", "app/history/page.js"])
def test_routes_that_are_called_like_samples_are_live(path: str) -> None:
    assert javascript.is_live(f"examples/web/{path}", "examples/web")


def test_only_sources_with_a_mark_are_given_and_one_that_is_not_utf8_is_passed_over() -> None:
    tree = Tree.of({"a.ts": "mark", "b.ts": "", "c.ts": b"mark \xff", "d.md": "mark", "e.ts": "other"})
    assert list(Scripts(tree, "").containing(b"mark", b"other")) == [Script("a.ts", "mark"), Script("e.ts", "other")]
    assert list(javascript.containing(tree, "", b"mark")) == [("a.ts", "mark")]


def test_a_source_that_does_not_parse_is_read_as_far_as_it_does() -> None:
    assert [one.module for one in javascript.imports("import { a } from 'x'\nconst = {{{")] == ["x"]
