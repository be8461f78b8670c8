"""Programs of Debian, unpacked whole or not at all, without root and beside the system."""

import os
import subprocess
import threading
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from farm.engines import debian_packages, profiles
from farm.engines.debian_packages import Unpacked, UnpackingFailed, unpack
from farm.engines.installation import InstallationFailed

pytestmark = pytest.mark.engine

SMALL = ["busybox-static"]


@pytest.fixture
def said():
    return []


@pytest.fixture(scope="module", autouse=True)
def busybox(tmp_path_factory):
    """Unpacked once: fetching takes seconds."""
    try:
        return unpack(SMALL, tmp_path_factory.mktemp("packages") / "busybox")
    except UnpackingFailed as failure:
        pytest.skip(str(failure))


def run(unpacked, name, *arguments):
    environment = {**os.environ, **unpacked.environment()}
    return subprocess.run(
        [unpacked.program(name), *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_a_program_runs_with_the_libraries_it_brought(povray):
    unpacked = povray.installation.unpacked(povray)

    assert povray.version in run(unpacked, "povray", "--version").stderr
    assert any(folder.glob("libboost_thread*") for folder in unpacked.library_folders())


def test_nothing_is_asked_of_the_systems_own_lists(tmp_path, monkeypatch):
    empty = tmp_path / "apt.conf"
    empty.write_text(f'Dir::State::lists "{tmp_path}/none/";\nDir::Cache "{tmp_path}/none/";\n')
    monkeypatch.setenv("APT_CONFIG", str(empty))

    unpacked = unpack(SMALL, tmp_path / "busybox")

    assert run(unpacked, "busybox", "echo", "here").stdout == "here\n"
    assert not (tmp_path / "none").exists()


def test_a_second_one_finds_the_first_and_fetches_nothing(busybox, said):
    before = busybox.folder.stat().st_ino

    unpack(SMALL, busybox.folder, said.append)

    assert busybox.folder.stat().st_ino == before
    assert said == []


def test_two_at_once_make_one_of_a_half_made_folder(tmp_path, said):
    (tmp_path / "busybox" / "bin").mkdir(parents=True)
    (tmp_path / "busybox" / "bin" / "busybox").write_text("half of it")
    both = [threading.Thread(target=unpack, args=(SMALL, tmp_path / "busybox", said.append)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert run(Unpacked(tmp_path / "busybox"), "busybox", "true").returncode == 0
    assert said.count("unpacking 1 packages") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".busybox.lock", "busybox"]


def test_a_package_that_is_nowhere_gets_one_sentence_and_leaves_nothing(tmp_path):
    with pytest.raises(UnpackingFailed, match="knows no package of the name maya-for-debian"):
        unpack(["maya-for-debian"], tmp_path / "maya")

    assert [path.name for path in tmp_path.iterdir()] == [".maya.lock"]


def test_where_packages_cannot_be_reached_it_says_so(tmp_path, monkeypatch):
    nowhere = tmp_path / "apt.conf"
    nowhere.write_text('Acquire::http::Proxy "http://127.0.0.1:9/";\nAcquire::https::Proxy "http://127.0.0.1:9/";\n')
    monkeypatch.setenv("APT_CONFIG", str(nowhere))

    with pytest.raises(UnpackingFailed, match="check that this machine reaches its Debian packages"):
        unpack(SMALL, tmp_path / "busybox")


def test_a_machine_without_apt_says_what_it_lacks(tmp_path, monkeypatch, settings):
    settings.ENGINES_FOLDER = tmp_path
    monkeypatch.setenv("PATH", str(tmp_path))
    povray = profiles.all_profiles()["povray-3.7"]

    assert povray.installation.why_missing(povray).startswith("This machine has no apt-get and no dpkg-deb")
    with pytest.raises(InstallationFailed, match=r"povray-3\.7: This machine has no apt-get"):
        povray.installation.install(povray, print)


def test_all_renderers_are_those_that_the_machine_can_have(tmp_path, monkeypatch, settings, capsys):
    settings.ENGINES_FOLDER = tmp_path
    monkeypatch.setenv("PATH", str(tmp_path))
    povray = profiles.all_profiles()["povray-3.7"]
    monkeypatch.setattr(profiles, "all_profiles", lambda: {"povray-3.7": povray})

    call_command("engine", "install", "--all")

    assert "povray-3.7: This machine has no apt-get" in capsys.readouterr().out
    with pytest.raises(CommandError, match="This machine has no apt-get"):
        call_command("engine", "install", "povray-3.7")


def test_another_version_than_the_profiles_is_not_installed(tmp_path, settings):
    settings.ENGINES_FOLDER = tmp_path
    newer = replace(profiles.all_profiles()["povray-3.7"], version="3.8.1")

    with pytest.raises(InstallationFailed, match=r"3\.8\.1 was expected"):
        newer.installation.install(newer, print)

    assert not newer.is_installed
    assert newer.installation.why_missing(newer).endswith("manage.py engine install povray-3.7")


@pytest.mark.skipif(os.getuid() != 0, reason="the others are run by an ordinary user already")
def test_an_ordinary_user_can(tmp_path):
    nobody = 65534
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, nobody, nobody)
    apt = folder / "apt"
    (apt / "state/lists/partial").mkdir(parents=True)
    (apt / "archives/partial").mkdir(parents=True)
    for parent, _, _ in os.walk(apt):
        os.chown(parent, nobody, nobody)
    for parent in (tmp_path, *tmp_path.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o055)

    command = [*debian_packages._apt_get(apt), "update"]
    answer = subprocess.run(
        command, user=nobody, group=nobody, extra_groups=[], capture_output=True, text=True, cwd="/"
    )

    assert answer.returncode == 0, answer.stderr
    assert any((apt / "state/lists").glob("*Packages*"))
