"""The farm behind a real HTTP server, driven by the real SDK; nodes are played by hand."""

import json

import pytest
import qarnot

from accounts.tokens import make_token
from farm.models import Node, Site
from tests.farm.by_hand import Machine


@pytest.fixture
def machine(db):
    """A machine of four slots that renders what the test says."""
    site = Site.objects.create(name="home")
    node = Node.objects.create(
        name="node-1", site=site, cpu_model="AMD Ryzen 7", core_count=8, memory_mb=16_000, slot_count=4
    )
    return Machine(node)


@pytest.fixture
def connect(live_server):
    """`connect(account)`: the real SDK, as that account."""

    def as_account(account, url=None, **options):
        _, token = make_token(account, "script")
        return qarnot.Connection(client_token=token, cluster_url=url or f"{live_server.url}/farm", **options)

    return as_account


@pytest.fixture
def as_alice(alice, connect):
    return connect(alice)


@pytest.fixture
def ask(client):
    """`ask(account, "GET", "tasks", json)`: a bare request as that account; None for no one."""
    tokens = {}

    def request(account, method, path, body=None, **headers):
        if account is not None and account.pk not in tokens:
            tokens[account.pk] = make_token(account, "bare")[1]
        shown = {} if account is None else {"Authorization": tokens[account.pk]}
        return client.generic(
            method,
            f"/farm/{path}",
            _text(body),
            content_type="application/json",
            headers={**shown, **headers},
        )

    return request


def _text(body):
    """A text goes as it is, anything else as JSON."""
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body)
