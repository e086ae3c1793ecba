"""The version, in one place: the build and `tracekit --version` read it here."""

__version__ = "0.1.0"
