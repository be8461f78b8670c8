import random

import pytest

from farm import ranges


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1-6,15,20,25-27", [1, 2, 3, 4, 5, 6, 15, 20, 25, 26, 27]),
        ("7", [7]),
        ("0", [0]),
        (" 1 - 3 , 5 ", [1, 2, 3, 5]),
        ("[471-473]", [471, 472, 473]),
        ("[1-3],7", [1, 2, 3, 7]),
        ("5,1-3", [1, 2, 3, 5]),
        ("1-5,3,4-6", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_range_is_read(text, ids):
    assert ranges.parse(text, longest=100) == ids


@pytest.mark.parametrize("text", ["", ",", "1,", "a", "1-", "-3", "5-1", "1-10x2", "1.5", "٣", "99999999999", "1;2"])
def test_what_is_no_range_is_refused_with_a_sentence(text):
    with pytest.raises(ranges.RangeError) as fault:
        ranges.parse(text, longest=100)

    assert str(fault.value).endswith((".", "20."))


def test_a_range_that_is_too_long_is_refused_before_it_is_made():
    with pytest.raises(ranges.RangeTooLong, match="2,000,000,001 instances are asked for; at most 100"):
        ranges.parse("0-2000000000", longest=100)


def test_ids_named_twice_count_once_towards_the_length():
    assert len(ranges.parse("1-100,1-100", longest=100)) == 100


def test_any_ids_come_back_from_their_own_text():
    chance = random.Random(20261123)

    for _ in range(300):
        ids = sorted(chance.sample(range(chance.choice([5, 50, 5000])), chance.randint(1, 5)))
        assert ranges.parse(ranges.write(chance.sample(ids, len(ids))), longest=5000) == ids


def test_the_text_of_ids_is_the_shortest():
    assert ranges.write([3, 1, 2, 9, 7, 7]) == "1-3,7,9"
    assert ranges.write([]) == ""
