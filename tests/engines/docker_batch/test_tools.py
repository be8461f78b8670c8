"""What skopeo and umoci leave behind is a stranger's: no link of it is followed outside their cage."""

import pytest

import sandbox
from farm.engines.docker_batch.clean_tree import clean
from farm.engines.docker_batch.tools import Tools
from tests import registry as images


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_text("mine")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("name", ["complaints", "output"])
def test_what_a_program_prints_goes_through_no_link_of_the_one_before(tmp_path, victim, name):
    if sandbox.self_test().tier != sandbox.Tier.A:
        pytest.skip("no tier A here")
    folder = tmp_path / "making"
    folder.mkdir(mode=0o700)
    (folder / name).symlink_to(victim)

    ended = Tools(images.tools(), folder, 50, frozenset(), lambda: False).umoci(["--version"])

    assert (ended.exit_code, ended.output.startswith(b"umoci")) == (0, True)
    assert victim.read_text() == "mine"


def test_an_unpacked_image_that_is_a_link_is_not_made_readable(tmp_path, victim):
    (tmp_path / "folder").mkdir()
    victim.rename(tmp_path / "folder" / "victim")
    (tmp_path / "root").symlink_to(tmp_path / "folder")

    with pytest.raises(NotADirectoryError):
        clean(tmp_path / "root")

    assert (tmp_path / "folder" / "victim").stat().st_mode & 0o777 == 0o600
