"""The browser's half of an upload, in a real Chromium against a store that misbehaves."""

from functools import cache

import pytest

pytestmark = pytest.mark.browser

MIB = 1 << 20

BEGIN = """async ({ size, names }) => {
  const { PlaceUpload } = await import("/static/src/upload/place.js");
  const bytes = new Uint8Array(size).map((_, index) => (index * 7 + (index >> 12)) % 251);
  const files = names.map((name) => ({ file: new File([bytes], name, { lastModified: 1 }), path: name }));
  window.upload = new PlaceUpload({ place: "/scenes/scene/", files, changed: () => {} });
  window.run = window.upload.run();
}"""


def begin(page, size=3 * MIB + 5, names=("a.blend",)):
    page.evaluate(BEGIN, {"size": size, "names": list(names)})


def finish(page):
    return page.evaluate("async () => { await window.run; return window.upload.isComplete; }")


@cache
def expected(size):
    return bytes((index * 7 + (index >> 12)) % 251 for index in range(size))


def test_every_byte_arrives_in_its_place(harness, surroundings):
    begin(harness)

    assert finish(harness)
    assert surroundings.completed["a.blend"] == expected(3 * MIB + 5)


def test_an_empty_file_arrives_too(harness, surroundings):
    begin(harness, size=0)

    assert finish(harness)
    assert surroundings.completed["a.blend"] == b""


COUNT_REQUESTS = """() => {
  window.underWay = window.mostUnderWay = 0;
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (...where) {
    this.addEventListener("load", () => window.underWay--); // before the uploader's own listener
    return open.apply(this, where);
  };
  XMLHttpRequest.prototype.send = function (body) {
    window.mostUnderWay = Math.max(window.mostUnderWay, ++window.underWay);
    return send.call(this, body);
  };
}"""


def test_six_parts_travel_at_once_over_all_files_and_never_more(harness, surroundings):
    harness.evaluate(COUNT_REQUESTS)
    surroundings.gate.clear()
    begin(harness, size=8 * MIB, names=["a.blend", "b.png"])
    wait_for(harness, lambda: surroundings.under_way == 6)
    surroundings.gate.set()

    assert finish(harness)
    assert harness.evaluate("window.mostUnderWay") == 6


def test_an_address_that_ran_out_is_signed_again(harness, surroundings):
    surroundings.refusals = [403]
    begin(harness)

    assert finish(harness)
    assert surroundings.completed["a.blend"] == expected(3 * MIB + 5)
    assert sorted(surroundings.signed.values()) == [1, 1, 1, 2]


def test_a_line_that_breaks_is_waited_for(harness, surroundings):
    surroundings.dropped_lines = 5
    begin(harness)

    assert finish(harness)
    assert surroundings.completed["a.blend"] == expected(3 * MIB + 5)


def test_a_server_that_is_away_when_all_is_up_is_asked_again(harness, surroundings):
    surroundings.silent_completions = 2
    begin(harness)

    assert finish(harness)
    assert "a.blend" in surroundings.completed


def test_parts_that_are_there_already_are_not_sent_again(harness, surroundings):
    content = expected(3 * MIB + 5)
    surroundings.parts["a.blend"] = {1: content[:MIB], 3: content[2 * MIB : 3 * MIB]}
    begin(harness)

    assert finish(harness)
    assert sorted(surroundings.puts) == [2, 4]
    assert surroundings.completed["a.blend"] == content


def test_a_part_the_store_lost_is_sent_again(harness, surroundings):
    surroundings.forgotten_at_completion = [2]
    begin(harness)

    assert finish(harness)
    assert surroundings.completed["a.blend"] == expected(3 * MIB + 5)
    assert surroundings.puts == {1: 1, 2: 2, 3: 1, 4: 1}


def test_a_pause_loses_nothing_and_going_on_sends_each_part_once(harness, surroundings):
    surroundings.gate.clear()
    begin(harness, size=8 * MIB)
    wait_for(harness, lambda: surroundings.under_way == 6)
    harness.evaluate("() => window.upload.pause()")
    surroundings.gate.set()
    assert not finish(harness)
    assert harness.evaluate("() => window.upload.files[0].state") == "paused"
    assert len(surroundings.parts["a.blend"]) == 6

    harness.evaluate("() => { window.run = window.upload.resume(); }")

    assert finish(harness)
    assert surroundings.completed["a.blend"] == expected(8 * MIB)
    assert set(surroundings.puts.values()) == {1}


def test_going_on_before_the_pause_has_come_sends_on(harness, surroundings):
    surroundings.gate.clear()
    begin(harness, size=8 * MIB)
    wait_for(harness, lambda: surroundings.under_way == 6)
    harness.evaluate("() => { window.upload.pause(); window.run = window.upload.resume(); }")
    surroundings.gate.set()

    assert finish(harness)
    assert surroundings.completed["a.blend"] == expected(8 * MIB)
    assert set(surroundings.puts.values()) == {1}


def test_a_store_that_keeps_refusing_ends_in_a_sentence(harness, surroundings):
    surroundings.refusals = [403] * 100
    begin(harness, size=10)

    assert not finish(harness)
    assert harness.evaluate("() => window.upload.files[0].state") == "failed"
    assert "refused" in harness.evaluate("() => window.upload.files[0].problem")


def test_left_out_files_are_not_missed(harness, surroundings):
    surroundings.gate.clear()
    begin(harness, names=["a.blend", "b.png"])
    wait_for(harness, lambda: surroundings.under_way == 6)
    harness.evaluate("() => window.upload.files[1].cancel()")
    surroundings.gate.set()

    assert finish(harness)
    assert list(surroundings.completed) == ["a.blend"]


@pytest.mark.parametrize("path", [".DS_Store", "scene.blend1", "__MACOSX/x", "textures/._wood.png", "a/Thumbs.db"])
def test_what_systems_leave_behind_stays_at_home(harness, path):
    kept = harness.evaluate(
        """async (path) => {
          const { pickedFiles } = await import("/static/src/upload/collect.js");
          const file = new File(["x"], "x");
          Object.defineProperty(file, "webkitRelativePath", { value: path });
          return pickedFiles([file]).length;
        }""",
        path,
    )

    assert kept == 0


def wait_for(page, holds, seconds=10):
    """Polls by the page's own clock, which keeps Playwright's events going."""
    for _ in range(seconds * 50):
        if holds():
            return
        page.wait_for_timeout(20)
    raise AssertionError("did not come to pass")
