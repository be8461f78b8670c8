"""What the tests of pages stand on: people who are signed in, a render with frames, a browser, plain static files."""

import functools
import threading
from http.server import ThreadingHTTPServer

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django.utils.text import slugify

from jobs import profiles, software
from jobs.domain import library_files
from jobs.domain.scene_facts import LinkedFile, SceneFacts
from jobs.enums import AddOnState, FrameState, JobState, SceneState
from jobs.models import AddOn, FarmInstance, Frame, Job, Library, LibraryFile, Scene
from tests.pages.harness import Handler, Surroundings
from tests.profiles_on_offer import EVERYTHING

SIZES = {360: 740, 768: 1024, 1280: 800, 1920: 1080}
"""Windows: width → height."""


WEIGHED = {
    "total_consumed_energy_Wh": 16,
    "qarnot_carbon_footprint": 0.9,
    "equivalent_datacenter_name": "average of the European Union",
    "equivalent_DC_carbon_footprint": 5.4,
    "sites": [{"place": "Lyon", "hours": 0.5, "watts": 32, "isMeasured": True, "gridIntensity": 56}],
}
"""Carbon facts, as a farm tells them."""


@pytest.fixture(autouse=True)
def embedded_surroundings(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    cache.clear()


@pytest.fixture(autouse=True)
def offers(monkeypatch):
    """What the farm offers, without a farm; called with profiles, it offers these instead."""

    def offering(*told):
        known = tuple(profiles.read(said) for said in told)
        monkeypatch.setattr(software, "on_offer", lambda account, where="studio": known)

    offering(*EVERYTHING)
    return offering


def signed_in(account):
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def alices_page(alice):
    return signed_in(alice)


@pytest.fixture
def scene(alice):
    facts = SceneFacts(
        software_version="4.5.3",
        frame_start=1,
        frame_end=24,
        fps=24,
        width=1920,
        height=1080,
        resolution_percent=50,
        engine="CYCLES",
        samples=64,
        cameras=["Close", "Wide"],
        camera="Wide",
        linked_files=[LinkedFile("textures/wood.png", "image", is_missing=True)],
    )
    return Scene.objects.create(account=alice, name="Corridor", state=SceneState.READY, facts=facts.to_json())


def make_render(account, scene=None, *, name="Corridor", state=JobState.RENDERING, frames=6, landed=3, **more):
    job = Job.objects.create(
        account=account,
        scene=scene,
        name=name,
        state=state,
        profile="blender-4.5",
        frames=f"1-{frames}",
        frame_count=frames,
        frames_done_count=landed,
        started_at=timezone.now(),
        **more,
    )
    Frame.objects.bulk_create(make_frame(job, number, landed >= number) for number in range(1, frames + 1))
    FarmInstance.objects.bulk_create(
        FarmInstance(
            job=job, instance_id=number, frame=number, phase="success" if landed >= number else "execution", progress=40
        )
        for number in range(1, frames + 1)
    )
    return job


def make_frame(job, number, has_landed):
    if not has_landed:
        return Frame(job=job, number=number)
    return Frame(
        job=job,
        number=number,
        state=FrameState.DONE,
        key=f"{number:04}.png",
        size_bytes=1000,
        width=960,
        height=540,
        thumbnail="thumbnails/one.webp",
        preview="previews/one.webp",
        landed_at=timezone.now(),
    )


@pytest.fixture
def render(alice, scene):
    return make_render(alice, scene)


def make_library(account, name, *paths, size_bytes=1_500_000):
    library = Library.objects.create(
        account=account, name=name, bucket=f"library-{slugify(name)}", listed_at=timezone.now()
    )
    LibraryFile.objects.bulk_create(
        LibraryFile(
            library=library, path=path, folded_name=library_files.folded_name(path), size_bytes=size_bytes, etag="e"
        )
        for path in paths
    )
    return library


def make_add_on(account, name="Paint red", state=AddOnState.READY, **more):
    facts = {"version": "1.2", "least_blender": "4.2", "key": "add-ons/x/paint.zip", "size_bytes": 12_000} | more
    return AddOn.objects.create(account=account, name=name, state=state, **facts)


@pytest.fixture
def open_page(chrome, live_server, client, alice):
    """A window of a size and theme in which alice is signed in; what it complains of is in `said`."""
    assert (settings.BASE_DIR / "static/dist/app.css").exists(), "npm run build has not run"
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    contexts = []

    def opened(width, theme="dark", *, is_signed_in=True):
        context = chrome.new_context(viewport={"width": width, "height": SIZES[width]})
        contexts.append(context)
        context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
        if is_signed_in:
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.said = []
        page.on("pageerror", lambda failure: page.said.append(str(failure)))
        page.on("console", lambda line: page.said.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def surroundings():
    """A server that plays our own and the store behind it; what it does wrong is set by the test."""
    return Surroundings()


@pytest.fixture
def harness(chrome, surroundings):
    """A page that has the modules of static/src at hand, and nothing of Django."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, surroundings))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chrome.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"http://127.0.0.1:{server.server_address[1]}/harness.html")
    yield page
    page.close()
    server.shutdown()
    server.server_close()
