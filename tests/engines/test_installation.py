"""Engines are installed whole or not at all. A small package of ours stands in for Blender."""

import threading
import zipfile
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from farm.engines import interpreters, profiles
from farm.engines.installation import InstallationFailed, engine_folder
from farm.engines.wheel import WheelInstallation

PYTHON_LINE = f"{__import__('sys').version_info.major}.{__import__('sys').version_info.minor}"


@pytest.fixture
def engine(tmp_path, settings, monkeypatch):
    """A profile whose package is a wheel in a folder of its own."""
    settings.ENGINES_FOLDER = tmp_path / "engines"
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "tiny_renderer-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_renderer.py", "version = '1.0'\n")
        wheel.writestr(
            "tiny_renderer-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-renderer\nVersion: 1.0"
        )
        wheel.writestr(
            "tiny_renderer-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
        )
        wheel.writestr("tiny_renderer-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return replace(
        profiles.all_profiles()["blender-4.5"],
        name="tiny",
        version="1.0",
        installation=WheelInstallation(
            requirement="tiny-renderer==1.0",
            python=PYTHON_LINE,
            version_check="import tiny_renderer; print(tiny_renderer.version)",
            installed_mb=1,
        ),
    )


@pytest.fixture
def installed(engine, said):
    install(engine, said.append)
    return engine


def changed(engine, **facts):
    """The same engine, installed in another way."""
    return replace(engine, installation=replace(engine.installation, **facts))


def install(engine, say):
    engine.installation.install(engine, say)


@pytest.fixture
def said():
    return []


def test_an_engine_is_installed_with_its_own_python_and_a_second_time_found(installed, said):
    folder = engine_folder(installed)
    inode = folder.stat().st_ino
    assert installed.is_installed
    assert [path.name for path in folder.parent.iterdir() if not path.name.startswith(".")] == ["tiny-1.0"]
    assert said[-1] == f"tiny: Blender 1.0 is installed in {folder}"

    install(installed, said.append)

    assert folder.stat().st_ino == inode


def test_two_at_once_make_one(engine, said):
    both = [threading.Thread(target=install, args=(engine, said.append)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert engine.is_installed
    assert sum("installing" in line for line in said) == 1


def test_a_half_made_folder_is_no_engine_and_gives_way(engine, said):
    (engine_folder(engine) / "bin").mkdir(parents=True)
    (engine_folder(engine) / "bin" / "python").symlink_to(__import__("sys").executable)
    assert not engine.is_installed

    install(engine, said.append)

    assert engine.is_installed


def test_an_engine_whose_python_went_away_is_installed_again(engine, said):
    install(engine, said.append)
    python = engine.python
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert not engine.is_installed

    install(engine, said.append)

    assert engine.is_installed


def test_a_package_that_does_not_start_is_not_installed(engine, said):
    broken = changed(engine, version_check="import tiny_renderer; raise ImportError('libEGL.so.1: cannot open')")

    with pytest.raises(InstallationFailed, match="does not start: ImportError: libEGL"):
        install(broken, said.append)

    assert not broken.is_installed
    assert list(engine_folder(engine).parent.glob("*")) == [engine_folder(engine).with_name(".tiny-1.0.lock")]


def test_a_package_that_is_nowhere_gets_one_sentence(engine, said):
    with pytest.raises(InstallationFailed, match=r"pip found no package tiny-renderer==2\.0"):
        install(changed(engine, requirement="tiny-renderer==2.0"), said.append)


def test_a_full_disk_is_said_before_anything_is_fetched(engine, said):
    with pytest.raises(InstallationFailed, match="MB are free: make room"):
        install(changed(engine, installed_mb=10**9), said.append)


def test_a_python_that_is_nowhere_gets_one_sentence(engine, said, monkeypatch):
    monkeypatch.setattr(interpreters, "_fetch_with_uv", lambda line: None)

    with pytest.raises(InstallationFailed, match=r"Python 3\.99 is needed"):
        install(changed(engine, python="3.99"), said.append)


def test_the_operator_lists_engines(engine, capsys):
    call_command("engine", "list")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("blender-4.2    Blender 4.2.23")
    assert lines[0].endswith("is not installed here. Install it with: manage.py engine install blender-4.2")


def test_an_order_to_install_nothing_is_asked_what(engine):
    with pytest.raises(CommandError, match=r"Say which to install: blender-4\.2, .* or --all"):
        call_command("engine", "install")


def test_an_unknown_engine_is_answered_with_the_known(engine):
    with pytest.raises(
        CommandError, match=r"no engine called maya. Known ones: blender-4\.2, blender-4\.5, blender-5\.2"
    ):
        call_command("engine", "install", "maya")
