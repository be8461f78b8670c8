"""Registries with images in them, and a node that fetches from there."""

import pytest

import sandbox
from farm.engines.docker_batch.image_cache import ImageCache
from farm.engines.docker_batch.image_name import ImageName
from farm.engines.docker_batch.pulling import Login, Pull
from tests import registry as images

NOBODY = Login("", "")


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory):
    with images.registry(tmp_path_factory.mktemp("open") / "registry") as running:
        yield running


@pytest.fixture(scope="session")
def private_registry(tmp_path_factory):
    with images.registry(tmp_path_factory.mktemp("private") / "registry", is_private=True) as running:
        yield running


@pytest.fixture
def cache(tmp_path):
    return ImageCache(tmp_path / "images", most_mb=100)


@pytest.fixture
def pull(cache):
    """Fetches an image as a node does; answers with it and what was said meanwhile."""
    if sandbox.self_test().tier != sandbox.Tier.A:
        pytest.skip("no tier A here")
    opened = []

    def pull(
        registry, repository, version="latest", *, login=NOBODY, inside=None, should_stop=lambda: False, **changed
    ):
        said = []
        options = {"cache": cache, "most_mb": 50, "unpacked": images.tools(), **changed}
        name = ImageName(getattr(registry, "address", registry), repository, version)
        allowed = frozenset([name.host] if inside is None else inside)
        order = Pull(name, login, inside=allowed, say=said.append, should_stop=should_stop, **options)
        opened.append(order.image())
        return opened[-1], said

    yield pull
    for image in opened:
        image.close()
