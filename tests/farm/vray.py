"""A licence that Blender's profiles need, and a machine that may take what needs it."""

import pytest
from django.db.models.functions import Now

from farm import secrets
from farm.models import Licence, Node, Site

BODY = {"name": "film", "profile": "blender-4.5", "instanceCount": 4}


@pytest.fixture
def vray(db):
    return Licence.objects.create(
        name="vray", title="V-Ray", profiles=["blender"], seats=2, extra_rate=0.5,
        host_constant="LICENSE_SERVER_HOST", port_constant="LICENSE_SERVER_PORT", key_constant="LICENSE_KEY",
    )  # fmt: skip


@pytest.fixture
def node(db):
    return Node.objects.create(
        name="node-1",
        site=Site.objects.create(name="home"),
        profiles=["blender-4.5"],
        sandbox_tier="A",
        slot_count=8,
        has_opengl=True,
        heartbeat_at=Now(),
    )


def brings(account, kind="server", value="licences.studio.example:27000"):
    secrets.create(account, f"licences/vray/{kind}", value)
