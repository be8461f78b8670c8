"""The door says whether the store behind it answers, to whoever asks."""

import requests

from tests.storage.people import sent


def test_the_door_is_well_while_the_store_answers(door):
    assert requests.get(f"{door}/-/health").status_code == 200


def test_strange_requests_are_answered_and_the_door_goes_on(door):
    for method, path in [
        ("PATCH", "/"),
        ("GET", "*"),
        ("GET", "//x//y"),
        ("OPTIONS", "/IN"),
        ("GET", "/?" + "a=&" * 3000),
    ]:
        assert 400 <= sent(door, method, path).status < 500

    assert requests.get(f"{door}/-/health").status_code == 200
