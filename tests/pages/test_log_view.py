"""The log of a render in a real Chromium: 200,000 lines, of which the page holds a screenful."""

import pytest
from django.template.loader import render_to_string

pytestmark = pytest.mark.browser

LINES = 200_000

START = """async ({ bar, count }) => {
  const { LogPanel } = await import("/static/src/log/panel.js");
  document.querySelector("main").innerHTML = bar;
  const style = document.createElement("style");
  style.textContent = `.log { height: 400px; overflow: auto; position: relative }
    .log-row { position: absolute; height: 20px; white-space: pre }`;
  document.head.append(style);
  window.panel = new LogPanel(document.querySelector("[data-log-panel]"), { address: "/log/", lineCount: count });
  await window.panel.start();
}"""


def line(number, text=None):
    return {"n": number, "i": number % 3 + 1, "s": "stdout", "t": text or f"sample {number}"}


@pytest.fixture
def start(harness, surroundings):
    def started(lines):
        surroundings.lines = lines
        harness.evaluate(START, {"bar": markup(), "count": len(lines)})
        return harness

    return started


def markup():
    bar = render_to_string("jobs/parts/log_bar.html", {"job": {"pk": "00000000-0000-0000-0000-000000000000"}})
    return f"""<section data-log-panel><span data-log-count></span><button data-log-wide></button>{bar}
        <div class="log" data-log-list tabindex="0"></div>
        <button data-log-new hidden><span></span></button></section>"""


def shown(page):
    return page.eval_on_selector_all(
        ".log-row", "rows => rows.map(row => Number(row.dataset.line)).sort((one, other) => one - other)"
    )


def test_the_end_of_a_long_log_is_shown_with_few_rows_in_the_page(start):
    page = start([line(number) for number in range(1, LINES + 1)])

    assert shown(page)[-1] == LINES
    assert len(shown(page)) < 60
    assert page.text_content("[data-log-count]") == "200,000 lines"


def test_scrolling_up_loads_older_lines_and_keeps_the_place(start):
    page = start([line(number) for number in range(1, 2001)])
    assert page.evaluate("window.panel.window.first") == 1501

    page.evaluate("document.querySelector('.log').scrollTop = 200")

    page.wait_for_function("window.panel.window.first === 1001")
    assert 1511 in shown(page)
    assert 1001 not in shown(page)


def test_new_lines_are_followed_until_one_scrolls_up(start):
    page = start([line(number) for number in range(1, 301)])
    add(page, [line(301)])
    assert shown(page)[-1] == 301

    page.evaluate("document.querySelector('.log').scrollTop = 1000")
    page.wait_for_selector("[data-log-follow][aria-pressed=false]")
    add(page, [line(302), line(303)])

    assert 303 not in shown(page)
    assert page.text_content("[data-log-new]") == "2 new lines"
    page.click("[data-log-new]")
    assert shown(page)[-1] == 303


def test_a_paused_log_stands_still_and_misses_nothing(start):
    page = start([line(number) for number in range(1, 11)])
    page.click("[data-log-pause]")
    add(page, [line(11), line(12)])
    assert shown(page)[-1] == 10

    page.click("[data-log-pause]")

    assert shown(page) == list(range(1, 13))


def test_a_line_that_comes_twice_is_shown_once(start):
    page = start([line(number) for number in range(1, 11)])

    add(page, [line(9), line(10), line(11)])

    assert shown(page) == list(range(1, 12))


def test_search_finds_what_is_not_loaded_and_goes_from_hit_to_hit(start):
    lines = [line(number) for number in range(1, 20_001)]
    for number in (1000, 5000, 19_990):
        lines[number - 1]["t"] = "a needle here"
    page = start(lines)

    page.fill("[data-log-words]", "needle")
    page.wait_for_function("document.querySelector('[data-log-hits]').textContent === '3 of 3'")
    page.press("[data-log-words]", "Enter")

    page.wait_for_selector(".log-row.is-hit[data-line='1000'] mark")
    assert page.text_content("[data-log-hits]") == "1 of 3"
    page.click("[data-log-next]")
    page.wait_for_selector(".log-row.is-hit[data-line='5000']")
    page.click("[data-log-previous]")
    page.wait_for_selector(".log-row.is-hit[data-line='1000']")


def test_one_instance_is_shown_alone_and_downloaded_alone(start):
    page = start([line(number) for number in range(1, 31)])
    page.evaluate("window.panel.offer(2, 'Frame 2')")

    page.select_option("[data-log-instance]", "2")
    page.wait_for_function("window.panel.window.lines.length === 10")
    add(page, [line(31), line(32), line(34)])

    assert shown(page)[-3:] == [28, 31, 34]
    assert page.get_attribute("[data-log-download]", "href").endswith("?instance=2")


def test_a_hostile_line_is_text(start):
    page = start([line(1, "<img src=x onerror=\"document.title='taken'\">"), line(2, "\x1b[31m<b>red</b>\x1b[0m")])

    assert page.locator(".log-row img, .log-row b").count() == 0
    assert page.text_content(".log-row[data-line='2'] .ansi-red-fg") == "<b>red</b>"
    assert page.title() == "harness"


def test_a_hostile_line_stays_text_where_a_search_marks_it(start):
    page = start([line(1, "found <img src=x> here")])

    page.fill("[data-log-words]", "found")
    page.wait_for_selector(".log-row mark")

    assert page.locator(".log-row img").count() == 0
    assert page.text_content(".log-row .log-text") == "found <img src=x> here"


def test_an_empty_log_says_what_will_come(start):
    page = start([])

    assert "What machines write appears here" in page.text_content(".log-empty")


def add(page, lines):
    count = lines[-1]["n"]
    page.evaluate("([lines, count]) => window.panel.add(lines, count)", [lines, count])


def test_a_line_of_a_tile_says_whose_it_is_in_the_words_of_its_machine(start):
    page = start([line(1)])

    page.evaluate("window.panel.offer(16, 'Tile 2 of 4 of frame 3', '3.2')")
    page.evaluate("window.panel.add([{ n: 2, i: 16, s: 'stdout', t: 'of a tile' }], 2)")

    assert page.text_content(".log-row[data-line='2'] .log-owner") == "3.2"
    assert page.text_content(".log-row[data-line='1'] .log-owner") == "2"
