"""Whatever a client sends, the answer is a sentence and never a server error."""

import base64
import json

import pytest

from farm.models import Bucket
from farm.submission import create_task

DEEP = json.loads('{"labels": ' * 600 + "1" + "}" * 600)
NUL = "a\0b\ud800"
ORDER = {"name": "film", "profile": "blender-4.5", "instanceCount": 1}
ODD = [None, True, -1, 10**400, 1.5, NUL, "", [], [None], {}, {NUL: NUL}, [[]], DEEP, ["x"] * 2000]
FIELDS = [
    "name", "shortname", "profile", "instanceCount", "advancedRanges", "constants", "tags", "labels",
    "resourceBuckets", "advancedResourceBuckets", "resultBucket", "resultsWhitelist", "retrySettings",
    "dependencies", "privileges", "uploadResultsOnCancellation", "projectUuid", "completionTimeToLive",
]  # fmt: skip
ASKED = ["filter", "token", "maximumResults", "orderBy", "orderType", "select"]
FILTERED = ["tags", "name", "state", "uuid", "instanceCount", "creationDate", None, 5]


def token(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def assert_answered(answer):
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.json()["message"]


@pytest.mark.parametrize("field", FIELDS)
def test_an_odd_value_in_an_order(ask, alice, field):
    for odd in ODD:
        assert_answered(ask(alice, "POST", "tasks", ORDER | {field: odd}))


@pytest.mark.parametrize("field", ["constants", "tags", "name"])
def test_an_odd_value_in_a_change(ask, alice, field):
    task = create_task(alice, ORDER)
    for odd in ODD:
        assert_answered(ask(alice, "PUT", f"tasks/{task.pk}", {field: odd}))
        assert_answered(ask(alice, "POST", f"tasks/{task.pk}/clone", {field: odd}))


def test_odd_parts_of_a_constant_or_a_bucket(ask, alice):
    for odd in ODD:
        bucket = {"bucketName": odd, "filtering": odd, "resourcesTransformation": odd, "cacheTTLSec": odd}
        assert_answered(ask(alice, "POST", "tasks", ORDER | {"constants": [{"key": odd, "value": odd}]}))
        assert_answered(ask(alice, "POST", "tasks", ORDER | {"constants": [{"key": "K", "value": odd}]}))
        assert_answered(ask(alice, "POST", "tasks", ORDER | {"advancedResourceBuckets": [bucket]}))
        assert_answered(ask(alice, "POST", "tasks", ORDER | {"advancedResourceBuckets": odd}))


def test_a_prefix_that_climbs_is_refused_in_words(ask, alice):
    Bucket.objects.create(account=alice, name="in")
    bucket = {"bucketName": "in", "filtering": {"prefixFiltering": {"prefix": "../../2/in/"}}}

    answer = ask(alice, "POST", "tasks", ORDER | {"advancedResourceBuckets": [bucket]})

    assert (answer.status_code, "between its slashes" in answer.json()["message"]) == (400, True)


@pytest.mark.parametrize("field", ASKED)
def test_an_odd_value_in_what_is_asked_of_a_list(ask, alice, field):
    for odd in ODD:
        for path in ("tasks/paginate", "tasks/search"):
            assert_answered(ask(alice, "POST", path, {field: odd}))


@pytest.mark.parametrize("field", FILTERED)
def test_an_odd_value_in_a_filter(ask, alice, field):
    for odd in [*ODD, "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]:
        for operator in ("Equal", "In", "LessThan", "Like", odd):
            assert_answered(ask(alice, "POST", "tasks/paginate", {"filter": _leaf(operator, field, odd)}))


def _leaf(operator, field, value):
    return {"operator": operator, "field": field, "value": value}


@pytest.mark.parametrize(
    ("column", "value", "last"),
    [
        ("created_at", "9999-12-31T23:59:59-14:00", "5a0e4f4c-0000-4000-8000-000000000001"),
        ("created_at", "2020-01-01T00:00:00", "no uuid"),
        ("created_at", 5, 5),
        ("created_at", None, None),
        ("name", NUL, "5a0e4f4c-0000-4000-8000-000000000001"),
        ("name", ["a"], "5a0e4f4c-0000-4000-8000-000000000001"),
    ],
)
def test_a_made_up_token_of_a_page(ask, alice, column, value, last):
    order = {"created_at": "creationDate", "name": "name"}[column]

    asked = {"orderBy": order, "token": token(column, value, last)}

    assert_answered(ask(alice, "POST", "tasks/paginate", asked))


def test_odd_questions_in_the_address(ask, alice):
    task = create_task(alice, ORDER)
    for query in ("tasks?tag=%00", f"tasks/{task.pk}/stdout?offset={10**17}", "hardware-constraints?limit=x"):
        assert_answered(ask(alice, "GET", query))
    assert_answered(ask(alice, "GET", "profiles/%00"))
    assert_answered(ask(alice, "GET", "tasks/%00"))


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_key_that_no_secret_can_have(ask, alice, method):
    for key in ("a%00b", "a%1fb", "x" * 3000):
        assert ask(alice, method, f"secrets-manager/data/{key}", {"Value": "v"}).status_code in (400, 404)
