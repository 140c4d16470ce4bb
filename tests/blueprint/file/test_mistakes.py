"""What is wrong with a backend.yaml is told where it is, all at once, with the nearest name (issue 16, "Bad input")."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from devkit.blueprint.file.loading import load
from devkit.contract.shipped import CONTRACT
from devkit.errors import FileError
from tests.blueprint.file.reading import complaint, complaints, read


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    found = complaints("""\
        contract: shop
        eror: problem
        pages: {style: pages}
        resources:
          orders:
            ownr: user
            fields:
              customer: -> custmers
              total: nmber!
              name: {type: strng}
            list: {filter: [totl], sort: [-placed]}
          customers:
            fields: {id: string}
        operations:
          ship: {POST: "/ship", on: orders, set: {status: 1}}
          rates: {GET: /rates}
    """)
    assert found == [
        "2:1: unknown key 'eror'. Did you mean 'errors'?",
        "3:9: pages.style: input should be 'page', 'offset', 'cursor', 'link' or 'none'",
        "6:5: unknown key 'ownr'. Did you mean 'owner'?",
        "9:7: total: there is no type 'nmber'. Did you mean 'number'?",
        "10:14: there is no type 'strng'. Did you mean 'string'?",
        "13:14: 'id' is what ids are called here",
        "16:3: nothing keeps rates",
    ]


def test_a_reference_to_nothing_is_told_with_the_nearest_resource() -> None:
    found = complaint("resources: {customers: {}, orders: {fields: {customer: -> custmers}}}")
    assert found == "2:46: there is no resource 'custmers'. Did you mean 'customers'?"


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ("a: {fields: {b: -> b!}}, b: {fields: {a: -> a!}}", "a -> b -> a"),
        ("a: {fields: {a: -> a!}}", "a -> a"),
        ("a: {fields: {b: -> b!}}, b: {fields: {c: -> c!}}, c: {fields: {a: -> a!}}", "a -> b -> c -> a"),
    ],
)
def test_a_circle_of_references_that_must_be_given_is_a_mistake(fields: str, way: str) -> None:
    assert complaint(f"resources: {{{fields}}}").endswith(
        f"no row could ever be the first: {way} must all be there before"
    )


def test_a_circle_that_may_stay_open_is_none() -> None:
    read("resources: {a: {fields: {b: -> b!}}, b: {fields: {a: -> a, all: list of -> a!}}}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("resources: {orders: {}, orders: {}}", "the key 'orders' stands here twice"),
        ("resources: {orders: {}, order: {singular: order}}",
         "one of them is called 'order', as one of 'orders' is"),
        ("accounts: true\nresources: {auth: {}}", "'auth' is what devkit calls a part of its accounts"),
        ("accounts: true\noperations: {auth.login: {POST: /in, answer: 1}}",
         "auth.login is what devkit calls an operation of its own"),
        ("resources: {health: {}}", "health.get is what devkit calls an operation of its own"),
        ("operations: {a: {GET: '/a/{key}', answer: {b: ['is {path.kee}']}}}",
         "there is no parameter of the path 'kee'. Did you mean 'key'?"),
        ("operations: {a: {GET: /a, query: {from: date}, answer: '{query.form}'}}",
         "there is no parameter of the query 'form'. Did you mean 'from'?"),
        ("resources: {a b: {}}", "'a b' is no name for a resource"),
        ("resources: {a: {owner: user}}", "owner: nobody signs in here"),
        ("resources: {a: {requires: admin}}", "requires: nobody signs in here"),
        ("accounts: true\nresources: {a: {owner: user, access: {list: public}}}",
         "access: list must be for those who are signed in, since there is `owner`"),
        ('resources: {a: {path: "/b/{b}/a"}}', "there is no reference 'b'."),
        ("events: {names: row.changed}\nresources: {a: {}, b: {}}", "the event 'row.changed' tells of a already"),
        ("accounts: true\nresources: {a: {events: {created: notification}}}",
         "the event 'notification' tells of devkit's own already"),
        ("pages: {items: data, total: data.total}", "pages: total would stand at 'data.total', where items is"),
        ("resources: {a: {pages: {total: meta, more: meta}}}", "pages: more would stand at 'meta', where total is"),
        ("events: {envelope: {a: '{evnt}'}}", "there is no word 'evnt'. Did you mean 'event'?"),
        ("events: {names: '{singlar}.{verb}'}", "there is no word 'singlar'. Did you mean 'singular'?"),
        ("errors: {template: {a: ['{mesage}']}}", "there is no word 'mesage'. Did you mean 'message'?"),
        ("tenant: {known: [a]}", "tenant: either `header` or `path` says which one"),
        ("resources: {a: {id: prefix}}", "id: it is not said which prefix"),
        ("resources: {a: {fields: {created_at: string}}}", "'created_at' is a field that is kept for you"),
        ("names: camelCase\nresources: {a: {fields: {a_b: string, aB: string}}}",
         "'aB' is here twice: both look so on the wire"),
        ("resources: {a: {fields: {b: 3}}}", "b: 3 is no field"),
        ("resources: {a: {fields: {b: {street: string}}}}", "unknown key 'street'."),
        ("resources: {a: {list: {sort: [nme]}, fields: {name: string}}}",
         "there is no field 'nme'. Did you mean 'name'?"),
        ("resources: {a: {list: {search: [n]}, fields: {n: integer}}}", "'n' is no text: it cannot be searched in"),
        ("operations: {a: {GET: /a, POST: /a, answer: 1}}", "a has two addresses, by GET and POST"),
        ("operations: {a: {answer: 1}}", "a has no address"),
        ("operations: {a: {GET: /a, answer: 1, function: a.py}}", "a is kept in two ways: `answer` and `function`"),
        ("operations: {a: {GET: /a, service: auth.lgin}}",
         "there is no operation of devkit's 'auth.lgin'. Did you mean 'auth.login'?"),
        ("operations: {a: {POST: /a, service: auth.login, names: {mail: x}}}",
         "there is no field of auth.login 'mail'. Did you mean 'email'?"),
        ("operations: {a: {GET: /a, answer: no.json}}", "there is no file 'no.json'"),
        ("operations: {a: {GET: /a, function: no.js}}", "'no.js' is no function in a Python file"),
        ("resources: {o: {}}\noperations: {a: {POST: /a, on: o, set: {x: 1}}}",
         "the path says not which row is changed"),
        ("resources: {os: {}}\noperations: {a: {POST: '/a/{id}', on: o, set: {x: 1}}}",
         "there is no resource 'o'. Did you mean 'os'?"),
        ("resources: {o: {fields: {status: string}}}\noperations: {a: {POST: '/a/{id}', on: o, set: {stats: 1}}}",
         "there is no field 'stats'. Did you mean 'status'?"),
        ("resources: {o: {}}\noperations: {a: {POST: '/a/{id}', on: o, set: {}, else: conflct}}",
         "else: there is no error 'conflct'. Did you mean 'conflict'?"),
        ("resources: {o: {}}\noperations: {a: {POST: '/o', answer: 1}}", "POST /o is the address of o.create already"),
        ("resources: {o: {}}\noperations: {a: {GET: '/o/{key}', answer: 1}}",
         "GET /o/{key} is the address of o.get already"),
        ("resources: {o: {}}\noperations: {o.list: {GET: /p, answer: 1}}",
         "o.list is what GET /o is called already"),
        ("resources: {o: {seed: no.yaml}}", "there is no file 'no.yaml'"),
        ("resources: {o: {seed: true}}", "seed: must be a number of rows, a list of them, or a file"),
        ("resources: {o: {seed: -1}}", "seed: -1 is no number of rows from 0 to 100000"),
        ("resources: {o: {fields: {name: string}, seed: [{nme: x}]}}",
         "o have no field 'nme'. Did you mean 'name'?"),
        ("resources: {o: {fields: {name: string!}, seed: [{}]}}",
         "a row of o without 'name', which must be given"),
        ("resources: {o: {fields: {a: email = me}}}", "the default of a must be a valid email address"),
        ("resources: {o: {fields: {a: {type: integer, minimum: 3, default: 1}}}}",
         "the default of a must be at least 3"),
        ("resources: {o: {fields: {a: {type: string, pattern: '(a'}}}}",
         "pattern: the pattern '(a' is none that can be checked"),
        ("resources: {o: {fields: {a: {type: number, minimum: low}}}}", "minimum: must be a number"),
        ("resources: {o: {fields: {a: {$ref: '#/components/schemas/Oh'}}}}",
         "there is no schema '#/components/schemas/Oh'. Did you mean '#/components/schemas/O'?"),
        ("resources: {o: {fields: {a: integer}, seed: [{a: x}]}}", "a: must be a whole number or null"),
        ("resources: {o: {fields: {a: {type: array, items: {type: integer}}}, seed: [{a: [1, x]}]}}",
         "a[1]: must be a whole number"),
        ("resources: {o: {fields: {a: string unique}, seed: [{a: x}, {a: y}, {a: x}]}}",
         "a: 'x' stands here a second time, and is unique"),
        ("resources: {o: {id: given, seed: [{id: x}, {id: x}]}}", "id: 'x' stands here a second time, and is unique"),
        ("resources: {p: {id: given, seed: [{id: x}]}, o: {fields: {p: -> p}, seed: [{p: x}, {p: y}]}}",
         "p: there is no 'y' among the rows of p"),
        ("resources: {p: {}, o: {id: integer, fields: {p: -> o}, seed: [{p: 1}, {}]}, q: {fields: {p: -> p}, seed: "
         "[{p: 00000000-0000-4000-8000-000000000000}]}}",
         "p: there is no '00000000-0000-4000-8000-000000000000' among the rows of p"),
        ("resources: {o: {fields: {s: a | b}}}\noperations: {x: {POST: '/x/{id}', on: o, set: {s: c}}}",
         "s: 'c' must be one of: a, b, null"),
        ("resources: {o: {fields: {s: a | b}}}\n"
         "operations: {x: {POST: '/x/{id}', on: o, set: {s: a}, when: {s: [b, c]}}}",
         "s: 'c' must be one of: a, b, null"),
        ("accounts: true\nresources: {o: {}}\noperations: {x: {GET: /x, service: auth.me, emits: [o_created]}}",
         "emits: auth.me is devkit's own, which tells nothing"),
        ("events: {path: '/{all}'}\nresources: {o: {}}",
         "path: /{all} has a parameter in it, and events are to be heard there"),
        ("events: {path: /live, sse: /live}\nresources: {o: {}}", "GET /live is where the WebSocket is"),
        ("events: {sse: /o}\nresources: {o: {only: [list]}}", "GET /o is the address of o.list already"),
        ("events: {path: /o}\nresources: {o: {only: [list]}}", "GET /o is where the WebSocket is"),
        ("resources: {o: {}}\noperations: {x: {GET: /ws, answer: 1}}", "GET /ws is where the WebSocket is"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_as_what_it_is(text: str, problem: str) -> None:
    assert complaint(text).partition(": ")[2].endswith(problem)


def test_an_answer_that_breaks_its_schema_is_odd_and_no_mistake() -> None:
    found = read("operations: {a: {GET: /a, answer: {n: x}, schema: {properties: {n: {type: integer}}}}}").warnings
    assert found == ("backend.yaml:2: the answer 'answer' of a breaks its schema: n: must be a whole number",)


def test_a_pattern_that_javascript_allows_is_none() -> None:
    """A hyphen behind a class is a letter without the flag `u` (ECMA-262, annex B.1.2)."""
    read(r"resources: {o: {fields: {a: {type: string, pattern: '^[\w-.]+$'}}}}")


def test_what_yaml_makes_of_values_in_brackets_is_told_in_words_that_help(tmp_path: Path) -> None:
    """`[free, pro] = free` is no YAML: behind a list nothing may follow."""
    (tmp_path / "backend.yaml").write_text("contract: shop\nresources: {a: {fields: {tier: [free, pro] = free}}}\n")
    with pytest.raises(FileError, match="behind a list YAML lets nothing follow") as raised:
        load(tmp_path / "backend.yaml", CONTRACT)
    assert "free | pro = free" in str(raised.value.remedy)


def test_rows_in_files_are_told_by_their_own_lines(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('name,ag\n"Ada\nLovelace",3\nBob\n')
    (tmp_path / "rows.json").write_text('[\n  {"name": "Ada"},\n  {"nme": "Bob"}\n]\n')
    with pytest.raises(FileError) as raised:
        read(
            dedent("""
                resources:
                  a: {seed: rows.csv, fields: {name: string!, age: integer}}
                  b: {seed: rows.json, fields: {name: string!}}
            """),
            tmp_path,
        )
    assert [f"{one.path.name}:{one.line}: {one.problem}" for one in raised.value.mistakes] == [
        "rows.csv:1: a have no field 'ag'. Did you mean 'age'?",
        "rows.csv:4: has 1 cells where the first line names 2 fields",
        "rows.json:3: b have no field 'nme'. Did you mean 'name'?",
    ]


def test_a_function_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def quote(call): ...\n")
    (tmp_path / "b.py").write_text("def quote(:\n")
    found = complaints(
        "operations: {x: {GET: /x, function: 'a.py:qote'}, y: {GET: /y, function: b.py}}", tmp_path
    )  # fmt: skip
    assert found[0] == "2:27: there is no function in a.py 'qote'. Did you mean 'quote'?"
    assert found[1].startswith("1:11: is not Python: ")


def test_a_file_that_would_grow_when_it_is_read_is_refused(tmp_path: Path) -> None:
    bomb = "contract: x\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert "an alias (*a)" in complaints(bomb)[0]
    (tmp_path / "backend.yaml").write_bytes(b"contract: shop\n" + b"# " + b"x" * (5 << 20))
    with pytest.raises(FileError, match="is larger than 4 MiB"):
        load(tmp_path / "backend.yaml", CONTRACT)
