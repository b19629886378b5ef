"""What schemathesis cannot guess: drafts that get past the first look, and which parameters go with which report.

Invariant: every event type's example, as the served vocabulary tells it, is sent as it is, under other ids, and with one of its values spoilt; what schemathesis makes
itself is sent as well. The variable SIJIL_URL says where the server is.
"""

import copy
import json
import os
import urllib.request

import schemathesis
from hypothesis import strategies as st


def fetched(path):
    headers = {"Authorization": "Bearer " + os.environ["SIJIL_SECRET"]}
    request = urllib.request.Request(os.environ["SIJIL_URL"] + path, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


ROWS = fetched("/v1/schemas")["types"]
EXAMPLES = [(row["home"], fetched(row["schema"])["example"]) for row in ROWS]
CLOCKS = {"as_of", "known_at", "at_least", "format", "row", "column", "since"}
REPORTS = {one["name"]: {**one, "takes": CLOCKS | {p["name"] for p in one["parameters"]}} for one in fetched("/v1/reports")["reports"]}
ODD = [None, True, 0, -1, 2**63, 1.5, "", " ", "0", "-1", "1e9", "0.0000001", "9" * 40, "2025-02-30", "x" * 300, "\u0000", "\U0001f4a5", [], {}, [[]], "C-1"]


def places(value, at=()):
    """The ways to every member and item of a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield at + (name,)
        yield from places(part, at + (name,))


@st.composite
def drafts(draw):
    home, example = draw(st.sampled_from(EXAMPLES))
    draft = copy.deepcopy(example)
    draft.pop("id", None)
    if draw(st.booleans()) and isinstance(draft["data"].get(home), str):
        draft["data"][home] = f"F-{draw(st.integers(1, 9999))}"
    if draw(st.integers(0, 2)) == 0:
        way = draw(st.sampled_from(list(places(draft))))
        inner = draft
        for name in way[:-1]:
            inner = inner[name]
        if draw(st.booleans()):
            del inner[way[-1]]
        else:
            inner[way[-1]] = draw(st.sampled_from(ODD))
    return draft


@schemathesis.hook
def flatmap_body(context, body):
    if context.operation.path != "/v1/events":
        return st.just(body)
    return st.one_of(st.just(body), drafts(), st.lists(drafts(), min_size=1, max_size=4).map(lambda all: {"events": all}))


@schemathesis.hook
def flatmap_case(context, case):
    report = REPORTS.get((case.path_parameters or {}).get("name"))
    if report is None or not case.path.startswith("/v1/reports/"):
        return st.just(case)

    def fit(fits):
        if fits:
            case.query = {name: value for name, value in (case.query or {}).items() if name in report["takes"]}
            if report["needs_as_of"]:
                case.query.setdefault("as_of", "2025-06-30")
        return case

    return st.booleans().map(fit)


LINES = st.one_of(drafts().map(json.dumps), drafts().map(json.dumps), st.text(max_size=40), st.sampled_from(["", "{}", "[]", "null", "{", '{"type":1}', "[" * 500]))
schemathesis.openapi.media_type("application/x-ndjson", st.lists(LINES, max_size=12).map(lambda lines: "\n".join(lines).encode("utf-8", "replace")))


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return {"data": value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")}
