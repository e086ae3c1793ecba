"""The errors a user can meet, and what is merely told. Each message says what failed, the value, why, what to do."""

from __future__ import annotations

import contextlib
import sys


class TracekitError(Exception):
    """Base of every error that tracekit raises on purpose. Never raised into a host program's own call."""


class UsageError(TracekitError):
    """A flag, value or environment that cannot work: a command ends with exit code 2."""


class StoreError(TracekitError):
    """The data directory or the database cannot be used as it is."""


class StoreBusyError(StoreError):
    """Another process holds the database and does not answer for it."""


class RefusedRowsError(StoreError):
    """The database refuses a value among these rows, and would whenever they are tried again."""


class NewerSchemaError(StoreError):
    """The database was written by a newer version than this one."""


class QueryError(TracekitError):
    """A query of the user's that does not parse, does not run, or is not read-only."""


class DecodeError(TracekitError):
    """Bytes that are not what they claim to be: an OTLP body, a journal record."""


class BodyTooLargeError(DecodeError):
    """A body larger, or inflating to more, than the limit."""


def tell(sentence: str) -> None:
    """Say something on stderr, where the host program has left one that can be written to."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # its pipe is broken; it is closed; it is None
        sys.stderr.write(f"tracekit: {sentence}\n")
