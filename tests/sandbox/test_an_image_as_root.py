"""A command in somebody else's file system, which is as hostile as the command."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import sandbox

PROGRAMS = ("sh", "cat", "id", "ls", "touch", "sleep", "env", "hostname", "grep")


@pytest.fixture(autouse=True)
def tier():
    try:
        sandbox.attack(sandbox.Tier.A)
    except Exception as reason:
        pytest.skip(f"no tier A here: {reason}")


@pytest.fixture
def image(tmp_path):
    """A small system: a shell, a few programs and what they load, all taken from this machine."""
    root = tmp_path / "image"
    for folder in ("bin", "etc", "var/tmp", "root"):
        (root / folder).mkdir(parents=True)
    for name in PROGRAMS:
        program = shutil.which(name)
        shutil.copy(os.path.realpath(program), root / "bin" / name)
        for line in subprocess.run(["ldd", program], capture_output=True, text=True).stdout.splitlines():
            library = next((word for word in line.split() if word.startswith("/")), None)
            if library and not (root / library[1:]).exists():
                (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(os.path.realpath(library), root / library[1:])
    (root / "etc" / "passwd").write_text("of-the-image:x:0:0::/:/bin/sh\n")
    return root


@pytest.fixture
def run(image, job, tmp_path):
    """Runs a shell's words in the image to their end; (exit code, what was printed)."""
    (tmp_path / "scratch").mkdir()

    def run(words, *, environment=None, starts_in="/job", **options):
        process = sandbox.launch(
            ["sh", "-c", words],
            job=job,
            read_only=[],
            environment={"PATH": "/bin", **(environment or {})},
            limits=sandbox.Limits(may_fork=True),
            tier=sandbox.Tier.A,
            scratch=tmp_path / "scratch",
            root=image,
            starts_in=starts_in,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **options,
        )
        said, _ = process.communicate(timeout=30)
        return process.returncode, said.decode().strip()

    return run


def test_the_command_sees_the_images_files_and_none_of_the_machines(run):
    assert run("cat /etc/passwd") == (0, "of-the-image:x:0:0::/:/bin/sh")
    assert run(f"cat {__file__}")[0] != 0


def test_it_writes_into_its_job_and_temporary_folders_only(run, job, image):
    code, said = run("touch /job/result /tmp/a /var/tmp/b /run/c && touch /etc/x /bin/x /x")

    assert (job / "result").exists()
    assert (code != 0, said.count("Read-only file system")) == (True, 3)
    assert not (image / "etc" / "x").exists()


def test_it_is_nobody_and_has_no_rights(run):
    _, said = run("id -u; grep -E 'CapEff|CapPrm|CapAmb|NoNewPrivs' /proc/self/status")

    user, *rights = said.splitlines()
    assert int(user) >= 65534
    assert [line.split()[1] for line in rights] == ["0" * 16, "0" * 16, "0" * 16, "1"]


def test_a_setuid_program_of_the_image_gives_nothing(run, image):
    (image / "bin" / "id").chmod(0o6755)

    assert int(run("id -u")[1]) >= 65534


def test_the_environment_reaches_the_command_as_it_is(run):
    odd = 'it\'s\n"two" lines; $(touch /job/no) `x`'

    assert run('printf %s "$ODD"', environment={"ODD": odd}) == (0, odd)


def test_the_environment_steers_none_of_the_farms_own_programs(run, job):
    """The library would be loaded into the program that still may become anyone; the loader would complain."""
    code, said = run("echo ran", environment={"LD_PRELOAD": "/job/evil.so", "LD_DEBUG_OUTPUT": "/job/trace"})

    complaints = [line for line in said.splitlines() if "evil.so" in line]
    assert (code, said.splitlines()[-1]) == (0, "ran")
    assert [line.split(":")[0] for line in complaints] == ["ERROR"] * len(complaints)
    assert all("sh" not in Path(line.split(":")[0]).name for line in complaints)
    assert len(complaints) == 1  # the command's own


def test_a_list_of_libraries_to_load_into_everything_is_refused(run, image):
    (image / "etc" / "ld.so.preload").write_text("/job/evil.so")

    with pytest.raises(sandbox.UnsafeRoot, match=r"ld\.so\.preload"):
        run("true")


def test_an_etc_that_is_a_link_is_not_shown(run, image):
    (image / "etc").rename(image / "else")
    (image / "etc").symlink_to("else")

    assert run("cat /etc/passwd")[0] != 0


@pytest.mark.parametrize("name", ["job", "tmp", "run", "proc", "dev", ".cage"])
def test_a_link_where_the_farm_mounts_leads_nowhere(run, image, tmp_path, name):
    """bwrap would follow it, and mount or write where it points."""
    (tmp_path / "outside").mkdir()
    (image / name).symlink_to(tmp_path / "outside")

    code, said = run(f"ls -d /{name}/. && touch /job/result")

    assert (code, said) == (0, f"/{name}/.")
    assert not list((tmp_path / "outside").iterdir())


def test_links_out_of_the_image_end_in_it(run, image, tmp_path):
    (tmp_path / "token").write_text("secret")
    (image / "token").symlink_to(tmp_path / "token")
    (image / "deep").mkdir()
    (image / "deep" / "up").symlink_to("../../../../../../" + str(tmp_path / "token"))

    assert run("cat /token")[0] != 0
    assert run("cat /deep/up")[0] != 0


def test_there_is_no_network(run):
    _, said = run("cat /proc/net/dev")

    assert [line.split(":")[0].strip() for line in said.splitlines()[2:]] == ["lo"]


def test_it_has_the_name_and_the_folder_it_was_given(run):
    assert run("hostname; pwd", hostname="qarnot-3", starts_in="/root") == (0, "qarnot-3\n/root")


def test_a_folder_or_program_that_is_not_there_is_told(run):
    code, said = run("true", starts_in="/nowhere")
    assert (code, "/nowhere" in said) == (126, True)


def test_a_bomb_of_processes_meets_its_limit(image, job, tmp_path):
    (tmp_path / "scratch").mkdir()
    process = sandbox.launch(
        ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 600 & done; echo all"],
        job=job,
        read_only=[],
        environment={"PATH": "/bin"},
        limits=sandbox.Limits(may_fork=True, threads=8),
        tier=sandbox.Tier.A,
        scratch=tmp_path / "scratch",
        root=image,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        lines = [process.stdout.readline()]
    finally:
        sandbox.end(process)
    assert b"Cannot fork" in lines[0] or b"Resource temporarily unavailable" in lines[0]


def test_the_other_tiers_have_no_roots(image, job):
    with pytest.raises(sandbox.UnsafeRoot):
        sandbox.launch(
            ["true"], job=job, read_only=[], environment={}, limits=sandbox.Limits(), tier=sandbox.Tier.B, root=image
        )
