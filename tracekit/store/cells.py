"""Values as cells of Arrow columns. Pure.

One bad value must not keep a batch out: text that UTF-8 cannot say is mended, a number that JSON cannot say becomes
text.
"""

from __future__ import annotations

import importlib.abc
import math
import sys
import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute

from tracekit.jsontext import encoder


class _NoPandas(importlib.abc.MetaPathFinder):
    """Says, to the thread that made it, that there is no pandas."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """See `importlib.abc.MetaPathFinder`."""
        del path, target
        if fullname == "pandas" and threading.get_ident() == self._thread:
            raise ImportError("not looked for")


def _leave_pandas_alone() -> None:
    """Have pyarrow make its first array where it finds no pandas.

    It looks for it then, and once: a fifth of a second and 40 MB in every process of those who have pandas installed.
    What is asked for by name, `Result.df()`, loads it still.
    """
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(finder)


_leave_pandas_alone()

Array = Any
"""pyarrow ships no types; this says what is meant."""

compute: Any = pyarrow.compute
"""Its functions are made at import, where no type checker sees them."""

_quick = msgspec.json.Encoder().encode
_encode = encoder(str, ascii_only=False, allow_nan=False)


def text(values: Sequence[Any], kind: Any = None) -> Array:
    """Texts as a column; of `kind` where they are lists of texts."""
    try:
        return pa.array(values, kind or pa.string())
    except UnicodeEncodeError:
        return pa.array([_mended(value) for value in values], kind or pa.string())


def json_text(value: Any) -> str | bytes:
    """The JSON of a value, which may come as UTF-8; what JSON cannot say becomes text."""
    try:
        quick = _quick(value)
    except (TypeError, UnicodeEncodeError):  # types that JSON lacks, halves of surrogate pairs
        return _exact(value)
    return _exact(value) if b"null" in quick else quick  # which NaN and the infinities become, without a word


def _exact(value: Any) -> str:
    try:
        return _encode(value)
    except ValueError:  # NaN or an infinity, which a journal's JSON may hold
        return _encode(_sayable(value))


def _mended(value: Any) -> Any:
    """Text with surrogate pairs joined and lone surrogates, which UTF-8 cannot say, replaced by U+FFFD."""
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


def _sayable(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _sayable(item) for key, item in value.items()}
    return [_sayable(item) for item in value] if isinstance(value, list | tuple) else value
