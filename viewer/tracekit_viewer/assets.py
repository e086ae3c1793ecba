"""The files of `static/`: read once, hashed, compressed, and served under a name that changes when they do.

All of them share one digest in their path, so that a module's relative imports carry it too and every copy
may be cached for ever. Refuses anything that is not one of these files.

A page names the module it enters by; what that imports is read out of the modules, so that the page can ask for all of
them at once.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from importlib import resources

IMMUTABLE = "public, max-age=31536000, immutable"

_IMPORT = re.compile(rb'^import [^;]+ from "\./([a-z]+\.js)";$', re.MULTILINE)


@dataclass(slots=True, frozen=True, kw_only=True)
class Asset:
    """One file, as it is and compressed."""

    body: bytes
    compressed: bytes
    media_type: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Assets:
    """All files of `static/` and the digest they are served under."""

    digest: str
    files: dict[str, Asset]

    def url(self, name: str) -> str:
        """Where a file is served.

        Raises:
            KeyError: there is no such file.
        """
        return f"/static/{self.digest}/{self.files[name] and name}"

    def imported(self, entry: str) -> list[str]:
        """All modules that a module imports, itself or by way of others; not those that it fetches later by `import()`.

        Raises:
            KeyError: there is no such file, or one of them imports one that is not there.
        """
        found: dict[str, None] = {}
        ahead = [entry]
        while ahead:
            for name in map(bytes.decode, _IMPORT.findall(self.files[ahead.pop()].body)):
                if name not in found:
                    found[name] = None
                    ahead.append(name)
        return list(found)


def load() -> Assets:
    """Read the package's static files."""
    whole = hashlib.sha256()
    files: dict[str, Asset] = {}
    for entry in sorted(resources.files("tracekit_viewer").joinpath("static").iterdir(), key=lambda entry: entry.name):
        body = entry.read_bytes()
        whole.update(body)
        files[entry.name] = Asset(
            body=body, compressed=gzip.compress(body, mtime=0), media_type=_media_type(entry.name)
        )
    return Assets(digest=whole.hexdigest()[:12], files=files)


def _media_type(name: str) -> str:
    if name.endswith(".js"):  # some systems' tables still say text/plain, which nosniff forbids
        return "text/javascript"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
