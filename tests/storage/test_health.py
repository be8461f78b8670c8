"""The door says whether the store behind it answers, to whoever asks."""

import pytest
import requests

from tests.storage.conftest import served_door
from tests.storage.people import sent
from tests.stores import free_ports


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


@pytest.fixture
def lonely_door(door):
    """A door whose store is not there."""
    with served_door(S3_ENDPOINT_URL=f"http://127.0.0.1:{free_ports(1)[0]}") as process:
        yield process.url


def test_a_store_that_does_not_answer_is_said_to_be_unavailable(lonely_door, alice):
    alice.s3.create_bucket(Bucket="IN")
    alice.door = lonely_door

    assert requests.get(f"{lonely_door}/-/health").status_code == 503
    for method, path in [("GET", "/IN"), ("GET", "/IN/x"), ("PUT", "/IN/x"), ("DELETE", "/IN/x")]:
        answer = alice.raw(method, path, b"bytes" if method == "PUT" else b"")
        assert (answer.status, answer.code) == (503, "ServiceUnavailable")
