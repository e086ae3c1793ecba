"""Addresses with what is recorded in them."""

from __future__ import annotations

from tracekit_viewer.presenters.address import LONGEST, TOO_LONG, address, session_address


def test_parameters_are_quoted() -> None:
    assert address("/traces") == "/traces"
    assert address("/traces", {"q": "user:a&b c", "columns": "x,y"}, safe=",") == "/traces?q=user%3Aa%26b+c&columns=x,y"
    assert session_address("a/b?c") == "/sessions/a%2Fb%3Fc"


def test_what_would_be_too_long_leads_to_the_page_that_says_so() -> None:
    room = LONGEST - len("/traces?q=")
    assert address("/traces", {"q": "x" * room}) == "/traces?q=" + "x" * room
    assert address("/traces", {"q": "x" * (room + 1)}) == TOO_LONG
    assert address("/traces", {"q": "\u6771" * (room // 2)}) == TOO_LONG  # nine signs each, once it is quoted
    assert session_address("x" * (LONGEST + 1)) == session_address("\u6771" * (LONGEST // 2)) == TOO_LONG


def test_half_a_surrogate_pair_costs_one_character() -> None:
    assert address("/traces", {"q": "a\ud800b"}) == "/traces?q=a%3Fb"
