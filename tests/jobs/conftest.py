"""The artist's side on real parts: a real store, a real sandbox; only the farm is a fake, where it must be."""

import pytest
from django.conf import settings
from django.test import override_settings

from jobs import farms, profiles, qarnot_access, software
from jobs.domain import scenes, submission
from jobs.domain.orders import Order
from jobs.domain.scene_facts import SceneFacts
from jobs.enums import SceneState, Where
from jobs.models import Scene
from tests.jobs.fake_farm import FakeFarm
from tests.profiles_on_offer import EVERYTHING
from tests.stores import ACCESS_KEY, BUCKET, SECRET_KEY


@pytest.fixture(autouse=True)
def without_redis_and_built_files(settings):
    """What Redis does here is a hint; the tests of rows do without one, and without hashed names of style sheets."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture(autouse=True)
def offered(monkeypatch):
    """What the farm offers, without a farm."""
    known = tuple(profiles.read(said) for said in EVERYTHING)
    monkeypatch.setattr(software, "on_offer", lambda account, where=Where.STUDIO: known)


@pytest.fixture
def store(s3_store):
    """The real store, for the accounts' buckets and for our own media."""
    options = {
        **settings.STORAGES["default"]["OPTIONS"],
        "endpoint_url": s3_store,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "bucket_name": BUCKET,
    }
    storages = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    with override_settings(STORAGES=storages):
        yield s3_store


@pytest.fixture
def scene(alice):
    """alice's, checked: frames 1 to 10, one camera."""
    facts = SceneFacts(
        software_version="4.5", frame_start=1, frame_end=10, width=1920, height=1080, engine="CYCLES", samples=64,
        cameras=["Camera"], camera="Camera",
    )  # fmt: skip
    return Scene.objects.create(
        account=alice, name="basalt", state=SceneState.READY, main_file="basalt.blend", facts=facts.to_json()
    )


@pytest.fixture
def farm(monkeypatch):
    fake = FakeFarm()
    monkeypatch.setattr(farms, "of", lambda account, where=Where.STUDIO: fake.of(account, where))
    return fake


@pytest.fixture
def at_qarnot(alice, store):
    """alice has a token for Qarnot, whose storage is the real store: its own buckets, not those of the accounts."""
    return qarnot_access.keep(alice, SECRET_KEY, email=ACCESS_KEY, storage_url=store)


@pytest.fixture
def ordered(scene):
    """Frames 1 to 3 of alice's scene, not yet with the farm."""
    return submission.order(scene, Order(profile="blender-4.5", frames="1-3", name="basalt"))


@pytest.fixture
def job(ordered, farm):
    """The same, with the farm."""
    submission.submit(ordered)
    ordered.refresh_from_db()
    return ordered


@pytest.fixture
def upload_room(alice, store):
    """A scene of alice's that waits for its files."""
    return scenes.create(alice, "basalt")
