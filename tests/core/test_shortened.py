"""What is cut says so; what is short stays as it is."""

from __future__ import annotations

from a2c_spec.core.shortened import LONGEST_NAME_TOLD, LONGEST_TEXT, shortened, shortened_name


def test_a_text_is_cut_and_says_how_much_is_left_out() -> None:
    assert shortened("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    assert shortened("x" * (LONGEST_TEXT + 1234)) == "x" * LONGEST_TEXT + "... (1,234 more characters)"


def test_a_name_keeps_its_ending() -> None:
    assert shortened_name("a.pdf") == "a.pdf"
    short = shortened_name("x" * 10**6 + ".pdf")
    assert (len(short), short[-4:]) == (LONGEST_NAME_TOLD, ".pdf")
