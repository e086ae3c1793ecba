"""JSON encoders that are made once: the one way in which tracekit turns values into compact JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any


def encoder(
    default: Callable[[Any], Any], *, ascii_only: bool = True, allow_nan: bool = True, skip_keys: bool = True
) -> Callable[[Any], str]:
    """A function that gives compact JSON.

    `json.JSONEncoder` makes the C encoder anew for each value, which costs more than a small value does; where the
    interpreter has one, it is made once here.

    Args:
        default: says what stands for a value that JSON has no form for.
        ascii_only: escape all else, so that lone surrogates survive.
        skip_keys: leave out a member whose key JSON cannot have; else it raises TypeError.
        allow_nan: write NaN and infinities as words that JSON lacks; else they raise ValueError.
    """
    slow = json.JSONEncoder(
        separators=(",", ":"),
        check_circular=False,
        default=default,
        skipkeys=skip_keys,
        ensure_ascii=ascii_only,
        allow_nan=allow_nan,
    ).encode
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return slow
    quote = encode_basestring_ascii if ascii_only else encode_basestring
    try:
        fast = make(None, default, quote, None, ":", ",", False, skip_keys, allow_nan)
    except TypeError:  # an interpreter whose encoder takes something else
        return slow
    return lambda value: "".join(fast(value, 0))
