"""What an engine prints, cut into lines and events; no Blender needed."""

import os

from farm.engines.streams import LONGEST_LINE_BYTES, LineSplitter, Streams


def split(*pieces):
    splitter = LineSplitter(b"\x1eMARK ")
    lines = [line for piece in pieces for line in splitter.feed(piece)]
    return [*lines, *splitter.finish()]


def test_lines_come_whole_however_the_bytes_arrive():
    assert split(b"fir", b"st\nsec", b"ond\n", b"last") == [b"first", b"second", b"last"]


def test_an_empty_line_stays():
    assert split(b"one\n\n\ntwo\n") == [b"one", b"", b"", b"two"]


def test_the_break_before_an_event_leaves_no_empty_line():
    assert split(b"one\n", b"\n\x1eMARK {}\n", b"two\n") == [b"one", b"\x1eMARK {}", b"two"]


def test_an_event_ends_an_unfinished_line():
    assert split(b"one", b"\n\x1eMARK {}\n") == [b"one", b"\x1eMARK {}"]


def test_a_line_without_end_comes_in_pieces_and_is_never_kept():
    splitter = LineSplitter(b"\x1eMARK ")
    longest = kept = 0
    for _ in range(1000):
        longest = max([longest, *(len(line) for line in splitter.feed(b"x" * 65_536))])
        kept = max(kept, len(splitter._rest))

    assert longest == LONGEST_LINE_BYTES
    assert kept <= LONGEST_LINE_BYTES


def test_a_long_line_leaves_no_empty_line_behind():
    assert split(b"x" * LONGEST_LINE_BYTES + b"x", b"\n", b"two\n") == [b"x" * LONGEST_LINE_BYTES, b"x", b"two"]


def heard_from(data):
    streams = Streams()
    reading, writing = os.pipe()
    os.write(writing, data.replace(b"NONCE", streams.nonce.encode()))
    os.close(writing)
    streams.read("stdout", reading)
    heard = []
    while not heard or heard[-1].text is not None or heard[-1].event is not None:
        heard.append(streams.next(seconds=5))
    return heard


def test_events_and_lines_keep_their_order():
    heard = heard_from(b'one\n\n\x1eNONCE {"event": "progress"}\ntwo\n')

    assert [(item.text, item.event) for item in heard] == [
        ("one", None),
        (None, {"event": "progress"}),
        ("two", None),
        (None, None),
    ]


def test_an_event_without_the_mark_of_this_run_is_a_line():
    heard = heard_from(b'\x1e00000000000000000000000000000000 {"event": "result", "error_code": ""}\n')

    assert heard[0].event is None
    assert '"result"' in heard[0].text


def test_bytes_that_are_no_text_are_shown_as_such():
    assert heard_from(b"caf\xe9 \x00\n")[0].text == "caf\ufffd \ufffd"
