"""The statement tells a render as one line, page by page, and what the hours are worth in frames."""

from accounts import ledger, statement
from accounts.templatetags.render_time import render_time


def charge(account, count, seconds, reference):
    for number in range(count):
        key = f"attempt:{reference}:{number}"
        ledger.charge(account, seconds, f"{reference}, frame {number + 1}", reference=reference, key=key)


def test_the_charges_of_one_render_are_one_line(alice):
    charge(alice, 250, 4, "kitchen")

    lines = statement.read(alice).lines

    assert [(line.reason, line.seconds, line.entry_count) for line in lines] == [
        ("kitchen, frame 250", -1000, 250),
        ("Welcome", 60 * 3600, 1),
    ]


def test_two_grants_stay_two_lines(alice):
    ledger.grant(alice, 10, "first", "first")
    ledger.grant(alice, 20, "second", "second")

    assert [line.reason for line in statement.read(alice).lines] == ["second", "first", "Welcome"]


def test_following_the_cursor_shows_each_line_once(alice):
    for number in range(60):
        ledger.grant(alice, 1, f"gift {number}", f"gift {number}")

    seen, cursor = [], None
    while True:
        page = statement.read(alice, before=cursor)
        seen += [line.reason for line in page.lines]
        cursor = page.older
        if cursor is None:
            break

    assert seen == [f"gift {number}" for number in reversed(range(60))] + ["Welcome"]


def test_a_statement_is_ones_own(alice, charlie):
    charge(charlie, 1, 4, "secret project")

    assert [line.reason for line in statement.read(alice).lines] == ["Welcome"]


def test_the_hours_are_worth_frames_of_the_last_render(alice):
    charge(alice, 3, 500, "old")
    charge(alice, 2, 50, "new")

    worth = statement.worth(alice, 1000)

    assert (worth.frame_count, worth.seconds_a_frame) == (20, 50)


def test_an_estimate_of_many_frames_has_two_figures(alice):
    charge(alice, 1, 3, "new")

    assert statement.worth(alice, 215_364).frame_count == 71_000


def test_before_the_first_render_the_worth_is_not_guessed(alice):
    assert statement.worth(alice, 1000) is None


def test_no_hours_are_worth_no_frames(alice):
    charge(alice, 1, 50, "new")

    assert statement.worth(alice, -10).frame_count == 0


def test_render_time_reads_as_people_say_it():
    said = {seconds: render_time(seconds) for seconds in (0, 8, 60, 200, 3600, 214_920, 4_000_000, -8)}

    assert said == {
        0: "0 s",
        8: "8 s",
        60: "1 min",
        200: "3 min 20 s",
        3600: "1 h",
        214_920: "59 h 42 min",
        4_000_000: "1,111 h 6 min",
        -8: "−8 s",
    }
