"""An engine that ended without an answer, in words for an artist."""

import pytest

from farm.engines import endings


@pytest.mark.parametrize(
    ("exit_code", "last_lines", "engine", "code", "words"),
    [
        (139, [], "CYCLES", "CRASHED", "segmentation fault (SIGSEGV)"),
        (-11, [], "CYCLES", "CRASHED", "segmentation fault (SIGSEGV)"),
        (134, ["terminate called after throwing std::bad_alloc"], "CYCLES", "OUT_OF_MEMORY", "16 GB"),
        (137, [], "CYCLES", "OUT_OF_MEMORY", "killed Blender"),
        (134, ["epoxy_get_proc_address: Assertion `0'"], "BLENDER_EEVEE", "NO_OPENGL", "Choose Cycles"),
        (134, [], "CYCLES", "CRASHED", "an abort (SIGABRT)"),
        (153, [], "CYCLES", "FILE_TOO_LARGE", "larger file"),
        (1, ["bwrap: setting up uid map: Permission denied"], "", "SANDBOX_FAILED", "uid map"),
        (0, [], "CYCLES", "ENDED_EARLY", "exit code 0"),
    ],
)
def test_an_ending_has_a_code_and_a_sentence(exit_code, last_lines, engine, code, words):
    found, sentence = endings.explain(exit_code, last_lines, "Blender", engine, memory_mb=16 * 1024)

    assert found == code
    assert words in sentence


def test_a_time_limit_is_told_in_hours_or_seconds():
    assert "6 hours" in endings.too_long(6 * 3600)
    assert "90 seconds" in endings.too_long(90)
