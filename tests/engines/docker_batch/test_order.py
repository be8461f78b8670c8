"""What an order of an own image means, and which machines may carry it out."""

import pytest

import sandbox
from farm.engines import profiles
from farm.engines.docker_batch import installation
from farm.engines.docker_batch.faults import Fault
from farm.engines.docker_batch.image_name import image_name
from farm.engines.profile import Kind

DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("registry", "repository", "version", "meant"),
    [
        ("", "ubuntu", "", "docker.io/library/ubuntu:latest"),
        ("", "library/ubuntu", "22.04", "docker.io/library/ubuntu:22.04"),
        ("https://index.docker.io/v1/", "studio/tool", "1", "docker.io/studio/tool:1"),
        ("https://Registry.Example.com:5000/", "tool", "1", "registry.example.com:5000/tool:1"),
        ("registry.example.com/group", "tool", "1", "registry.example.com/group/tool:1"),
        ("", "quay.io/studio/tool", "1", "quay.io/studio/tool:1"),
        ("localhost:5000", "tool", "1", "127.0.0.1:5000/tool:1"),
        ("", "ubuntu", DIGEST, f"docker.io/library/ubuntu@{DIGEST}"),
    ],
)
def test_an_image_is_named_as_people_name_it(registry, repository, version, meant):
    constants = {"DOCKER_SRV": registry, "DOCKER_REPO": repository, "DOCKER_TAG": version}

    assert str(image_name(constants)) == meant


@pytest.mark.parametrize(
    ("registry", "repository", "version"),
    [
        ("", "Ubuntu", "1"),
        ("", "", "1"),
        ("", "../../etc", "1"),
        ("", "tool --help", "1"),
        ("", "tool", "../x"),
        ("", "tool", "sha256:00"),
        ("-oops", "tool", "1"),
        ("a b", "tool", "1"),
        ("user:secret@registry.example.com", "tool", "1"),
    ],
)
def test_what_is_no_name_of_an_image_goes_to_no_registry(registry, repository, version):
    with pytest.raises(Fault) as fault:
        image_name({"DOCKER_SRV": registry, "DOCKER_REPO": repository, "DOCKER_TAG": version})

    assert fault.value.code == "IMAGE_UNREADABLE"


def test_the_registrys_password_is_a_secret_of_the_order():
    profile = profiles.find("docker-batch")

    assert [one.name for one in profile.constants if one.kind == Kind.SECRET] == ["DOCKER_REGISTRY_PASSWORD"]
    assert (profile.are_instances_frames, profile.makes_pictures) == (False, False)


def test_a_machine_whose_sandbox_is_not_isolated_says_so_and_what_to_do(monkeypatch):
    confined = sandbox.SelfTest(sandbox.Tier.B, "To isolate scenes fully: apt-get install bubblewrap.", {})
    monkeypatch.setattr(installation.sandbox, "self_test", lambda: confined)
    profile = profiles.find("docker-batch")

    assert profile.installation.why_missing(profile) == (
        "Images are run only where the sandbox is isolated (tier A); here it is tier B. "
        "To isolate scenes fully: apt-get install bubblewrap."
    )


def test_a_machine_without_the_tools_says_how_they_are_installed(monkeypatch, settings, tmp_path):
    isolated = sandbox.SelfTest(sandbox.Tier.A, "", {})
    monkeypatch.setattr(installation.sandbox, "self_test", lambda: isolated)
    settings.ENGINES_FOLDER = tmp_path
    profile = profiles.find("docker-batch")

    assert profile.installation.why_missing(profile).endswith("manage.py engine install docker-batch")
