"""What is taken from a job folder a hostile scene wrote in."""

import os
import socket

import pytest

from farm.node import collector, staging
from farm.node.collector import BadFilter, Filters, TooMuchLeft


@pytest.fixture
def job(tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "scene.blend").write_bytes(b"scene")
    return folder


@pytest.fixture
def gather(job, tmp_path):
    """What `attack(job)` leaves, gathered: ({path: bytes}, refusals)."""
    before = collector.stamps(job)

    def run(attack, filters=None):
        attack(job)
        harvest = collector.gather(job, before, tmp_path / "outbox", filters or Filters())
        return {path: file.read_bytes() for path, file in harvest.files}, harvest

    return run


def picture(job, name="0001.png"):
    (job / name).parent.mkdir(parents=True, exist_ok=True)
    (job / name).write_bytes(b"picture")


def test_only_what_is_new_is_taken_and_the_folder_is_as_before(gather, job):
    files, harvest = gather(lambda job: picture(job, "passes/depth/0001.exr"))

    assert files == {"passes/depth/0001.exr": b"picture"}
    assert [path.name for path in job.rglob("*") if path.is_file()] == ["scene.blend"]
    assert not harvest.is_staging_changed


def test_a_picture_that_a_stopped_renderer_left_half_written_is_no_result(gather, job):
    files, harvest = gather(lambda job: picture(job, ".writing/picture.png"))

    assert files == {}
    assert harvest.refused == []
    assert not (job / ".writing" / "picture.png").exists()


def test_a_changed_scene_file_is_taken_and_asks_for_a_fresh_folder(gather):
    files, harvest = gather(lambda job: (job / "scene.blend").write_bytes(b"changed"))

    assert files == {"scene.blend": b"changed"}
    assert harvest.is_staging_changed


def test_a_removed_scene_file_asks_for_a_fresh_folder(gather):
    _, harvest = gather(lambda job: (job / "scene.blend").unlink())

    assert harvest.is_staging_changed


def link_to_the_hosts_file(job):
    (job / "0001.png").symlink_to("/etc/passwd")


def link_to_the_hosts_folder(job):
    (job / "passes").symlink_to("/etc")


def second_name(job):
    picture(job)
    os.link(job / "0001.png", job / "0002.png")


def pipe(job):
    os.mkfifo(job / "0001.png")


def unix_socket(job):
    here = os.getcwd()
    os.chdir(job)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("0001.png")
    os.chdir(here)


def newline_in_the_name(job):
    picture(job, "0001.png\n<script>")


def no_text_for_a_name(job):
    (os.fsencode(job) + b"/\xff\xfe.png").decode("utf-8", "surrogateescape")
    with open(os.fsencode(job) + b"/\xff\xfe.png", "wb") as file:
        file.write(b"x")


@pytest.mark.parametrize(
    "attack",
    [link_to_the_hosts_file, link_to_the_hosts_folder, pipe, unix_socket, newline_in_the_name, no_text_for_a_name],
)
def test_what_is_no_plain_file_is_refused_named_and_cleared_away(gather, job, attack):
    files, harvest = gather(attack)

    assert files == {}
    assert len(harvest.refused) == 1
    assert harvest.refused[0].isprintable()
    assert os.listdir(job) == ["scene.blend"]


def test_a_macs_narrow_space_in_a_name_is_a_space(gather):
    files, harvest = gather(lambda job: (job / "9.41\u202fPM.png").write_bytes(b"a picture"))

    assert files == {"9.41\u202fPM.png": b"a picture"}
    assert harvest.refused == []


def test_a_file_with_two_names_is_refused_by_the_first(gather):
    files, harvest = gather(second_name)

    assert len(files) == 1
    assert "more than one name" in harvest.refused[0]


def test_twenty_thousand_files_are_too_much(gather):
    def leave_many(job):
        for number in range(20_000):
            (job / f"{number}.png").touch()

    with pytest.raises(TooMuchLeft, match="more than 2000 files"):
        gather(leave_many)


def test_an_endless_tree_is_not_followed_and_can_be_cleared_away(gather, job):
    def dig(job):
        descriptor = os.open(job, os.O_RDONLY)
        for _ in range(3_000):
            os.mkdir("d", dir_fd=descriptor)
            inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        os.close(descriptor)

    files, harvest = gather(dig)
    staging.wipe(job)

    assert files == {}
    assert "too deep" in harvest.refused[0]
    assert not job.exists()


def test_white_and_black_lists_choose(gather):
    def render(job):
        for name in ("0001.png", "0001.exr", "cache/0001.png"):
            picture(job, name)

    files, _ = gather(render, Filters(white=r"\.png$", black="^cache/"))

    assert set(files) == {"0001.png"}


@pytest.mark.parametrize("pattern", ["(", r"(a|aa)+b$", "(" * 9000 + ")" * 9000, "(?:(?:a{1000}){1000}){1000}"])
def test_a_list_that_cannot_be_used_or_never_ends_is_an_error_in_words(gather, monkeypatch, pattern):
    monkeypatch.setattr(collector, "FILTER_SECONDS", 0.05)

    with pytest.raises(BadFilter, match="can't be used"):
        gather(lambda job: picture(job, "a" * 200), Filters(white=pattern))


def test_a_list_that_is_slow_for_each_of_many_files_is_an_error_in_words(gather, monkeypatch):
    monkeypatch.setattr(collector, "ALL_FILTERS_SECONDS", 0.0)

    with pytest.raises(BadFilter, match="too long for so many files"):
        gather(lambda job: picture(job, "0001.png"), Filters(white="png$"))
