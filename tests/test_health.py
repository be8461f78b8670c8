"""/health/ for an operator's monitor: which part is silent, in words that give nothing away."""

from datetime import timedelta

import pytest
from django.utils import timezone

from farm.models import Node, Site
from render_web import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_runs(settings):
    """No store, farm or broker behind these addresses: port 1 refuses at once."""
    settings.S3_ENDPOINT_URL = settings.S3_DOOR_URL = settings.FARM_URL = "http://127.0.0.1:1"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://:hidden-password@127.0.0.1:1/0",
        }
    }


def test_what_is_silent_is_named_and_the_rest_is_ok(client):
    answer = client.get("/health/")

    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["database"] == "ok"
    assert parts["s3"] == "does not answer (EndpointConnectionError)"
    assert parts["node"] == "no node has reported in the last minute"
    assert {name for name, state in parts.items() if state == "ok"} == {"database"}


def test_no_address_and_no_secret_is_told(client):
    assert b"hidden-password" not in client.get("/health/").content


@pytest.mark.parametrize(("silent_seconds", "said"), [(5, "ok"), (120, "no node has reported in the last minute")])
def test_a_node_counts_while_it_reports(silent_seconds, said):
    site = Site.objects.create(name="home")
    Node.objects.create(name="node-1", site=site, heartbeat_at=timezone.now() - timedelta(seconds=silent_seconds))

    assert health.state_of(health.CHECKS["node"]) == said
