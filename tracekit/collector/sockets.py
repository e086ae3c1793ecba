"""The listening socket: binds it before anything else is started, and names who holds the port when it is taken."""

from __future__ import annotations

import errno
import ipaddress
import shutil
import socket
import subprocess
from pathlib import Path

from tracekit.errors import UsageError

_LISTEN = "0A"
_LAST_PORT = 65_535


def bind(host: str, port: int, *, flag: str = "--port") -> socket.socket:
    """A listening TCP socket; `port` 0 picks one, and `flag` is how users choose it.

    Raises:
        UsageError: the address cannot be used; names the process that holds the port where the system tells.
    """
    if not 0 <= port <= _LAST_PORT:  # getaddrinfo would take it modulo 65,536
        raise UsageError(f"{flag} {port} is no port: it must be from 0, which picks a free one, to {_LAST_PORT}.")
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise UsageError(f"--host {host!r} is no address of this machine: {error}.") from error
    listening = socket.socket(family, kind, proto)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise UsageError(_refusal(host, port, error, flag=flag)) from error
    return listening


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def holder(port: int) -> str | None:
    """The process that listens on a TCP port, as "process 123 (its command)"; None where the system does not tell."""
    pid = _holder_proc(port) if Path("/proc/net/tcp").exists() else _holder_lsof(port)
    if pid is None:
        return None
    command = _command(pid)
    return f"process {pid} ({command})" if command else f"process {pid}"


def _refusal(host: str, port: int, error: OSError, *, flag: str) -> str:
    if error.errno == errno.EADDRINUSE:
        who = holder(port) or "another process"
        return f"port {port} on {host} is taken by {who}. Stop it, or choose another with {flag} (0 picks a free one)."
    if error.errno == errno.EACCES:
        return f"port {port} on {host} needs rights that this user lacks. Choose one above 1023 with {flag}."
    return f"cannot listen on {host} port {port}: {error}. Choose another address with --host and {flag}."


def _holder_proc(port: int) -> int | None:
    """Linux: the socket's inode from the tables of sockets, then the process with a descriptor of it."""
    inodes = {
        f"socket:[{fields[9]}]"
        for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
        if table.exists()
        for fields in (line.split() for line in table.read_text().splitlines()[1:])
        if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port
    }
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            held = any(str(link.readlink()) in inodes for link in folder.iterdir())
        except OSError:  # another user's, or gone
            continue
        if held:
            return int(folder.parent.name)
    return None


def _holder_lsof(port: int) -> int | None:
    lsof = shutil.which("lsof")
    if lsof is None:
        return None
    found = subprocess.run(  # noqa: S603 - a fixed command and a number
        [lsof, "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"], capture_output=True, text=True, check=False
    )
    first = found.stdout.split()[:1]
    return int(first[0]) if first and first[0].isdigit() else None


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    return " ".join(words).strip()[:120]
