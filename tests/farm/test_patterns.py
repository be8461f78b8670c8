"""Regular expressions of an order cost little, whatever they are."""

import pytest

from farm.patterns import BadPattern, compiled


@pytest.mark.parametrize(
    "pattern",
    [
        r"\.png$",
        r"^\d{4}-\d{2}-\d{2}/.*",
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        r"^(?!cache/)(frame_\d{1,6}|\{draft\})\.(png|exr)$",
        "é" * 2000,
    ],
)
def test_what_people_write_is_taken(pattern):
    assert compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:(?:a{1000}){1000}){1000}",
        "(?:(?:a{100,}){100,}){100,}",
        "(?x)(?:(?:a{1 000}){1 000}){1 000}",
        "(?x)(?:(?:a{1#\n000}){1#\n000}){1#\n000}",
        "a{99999999999999999999999999}",
        "a" * 10_001,
    ],
)
def test_what_would_take_gigabytes_is_refused_in_words(pattern):
    with pytest.raises(BadPattern, match="too long, or repeats too much"):
        compiled(pattern)


@pytest.mark.parametrize("pattern", ["(", "(" * 4000 + ")" * 4000, "a**", "[", "(?P<1>)"])
def test_what_is_none_is_refused_in_words(pattern):
    with pytest.raises(BadPattern, match="no regular expression"):
        compiled(pattern)


def test_an_order_and_a_snapshot_say_so(ask, alice):
    bomb = "(?:(?:a{1000}){1000}){1000}"
    order = {"name": "n", "profile": "blender-4.5", "instanceCount": 1, "resultBucket": "out"}

    refused = ask(alice, "POST", "tasks", order | {"resultsWhitelist": bomb})
    taken = ask(alice, "POST", "tasks", order)
    snapshot = ask(alice, "POST", f"tasks/{taken.json()['uuid']}/snapshot", {"whitelist": bomb})

    assert (refused.status_code, snapshot.status_code) == (400, 400)
    assert "repeats too much" in refused.json()["message"]
    assert "repeats too much" in snapshot.json()["message"]
