"""Programs without the cost of a new interpreter: a process that has the command's modules loaded forks for each.

`start` and `run` take what `subprocess.Popen` and `subprocess.run` take, as far as tests need it. A program has its own
arguments, environment, folder, standard streams and `__main__`, and ends as programs do. What differs from a new
interpreter is that modules are loaded already, so there is one after all where that could matter: with flags of the
interpreter, with other values of what is read while modules load, where it is not Linux, and for all with
$TRACEKIT_NEW_INTERPRETERS set.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import importlib.util
import io
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeAlias

PRELOADED = (
    "duckdb", "numpy", "pyarrow.compute", "genai_prices", "scipy.stats", "rich.console", "rich.table", "markdown_it",
    "uvicorn.loops.auto", "uvicorn.protocols.http.auto", "opentelemetry.sdk.trace", "tracekit_viewer.app",
    "tracekit.collector.ingest", "tracekit.query.source", "tracekit.store.duckdb", "tracekit.evals", "tracekit.cli.up",
)  # fmt: skip
"""No client of a model: whether one is loaded before `autolog()` or after it is what tests are about."""

_READ_EARLY = ("PYTHON", "OTEL_", "LC_", "LANG", "TZ", "LD_", "DYLD_", "OMP_", "OPENBLAS_", "ARROW_")
"""Beginnings of the names of variables that are read while the interpreter or a module is loaded."""
_OF_UP = "ARROW_DEFAULT_MEMORY_POOL"
"""Set by `up` itself, in this process too where a test calls it here: nothing else is to differ then."""

NEW = "TRACEKIT_NEW_INTERPRETERS"
"""Set for a program, or for all: it gets an interpreter of its own."""

_ROOT = Path(__file__).parents[2]
_SETTINGS = dict(os.environ)
"""Before any test has set one of its own."""
_NUMBER = struct.Struct("i")
_LENGTH = struct.Struct("Q")


class Program:
    """A program that was forked: `subprocess.Popen`'s attributes and methods, those that tests use."""

    def __init__(self, args: Sequence[str], pid: int, ended: int, streams: Mapping[str, Any]) -> None:
        self.args, self.pid = args, pid
        self.returncode: int | None = None
        self.stdin, self.stdout, self.stderr = (streams.get(name) for name in ("stdin", "stdout", "stderr"))
        self._ended = ended
        self._waiting = threading.Lock()

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None and not select.select([self._ended], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
        with self._waiting:
            if self.returncode is None:
                (status,) = _NUMBER.unpack(os.read(self._ended, _NUMBER.size))
                os.close(self._ended)
                self.returncode = os.waitstatus_to_exitcode(status)
            return self.returncode

    def communicate(self, text: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        said: dict[str, Any] = {}

        def read(name: str, stream: Any) -> None:
            said[name] = stream.read()
            stream.close()

        streams = {"stdout": self.stdout, "stderr": self.stderr}
        reading = [
            threading.Thread(target=read, args=one, daemon=True) for one in streams.items() if one[1] is not None
        ]
        for thread in reading:
            thread.start()
        if self.stdin is not None and not self.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                if text:
                    self.stdin.write(text)
                self.stdin.close()
        self.wait(timeout)
        for thread in reading:
            thread.join(timeout)
            if thread.is_alive():  # a child of the program's has the stream yet
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
        return said.get("stdout"), said.get("stderr")

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdout, self.stderr, self.stdin):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self.wait()


Started: TypeAlias = Program | subprocess.Popen[Any]


def start(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: Any = None,
    stdout: Any = None,
    stderr: Any = None,
    text: bool = False,
) -> Started:
    """Start a program of this interpreter's, `[sys.executable, ...]`; for all else see `subprocess.Popen`."""
    settings = dict(os.environ if env is None else env)
    words = list(map(str, command))
    if not _forks(words, settings):
        return subprocess.Popen(words, cwd=cwd, env=settings, stdin=stdin, stdout=stdout, stderr=stderr, text=text)
    with contextlib.ExitStack() as theirs:
        ours: dict[str, Any] = {}
        descriptors: list[int] = []
        for number, (name, wanted) in enumerate({"stdin": stdin, "stdout": stdout, "stderr": stderr}.items()):
            if wanted == subprocess.PIPE:
                reading, writing = os.pipe()
                mine, its = (writing, reading) if name == "stdin" else (reading, writing)
                theirs.callback(os.close, its)
                mode = ("w" if name == "stdin" else "r") + ("" if text else "b")
                ours[name] = open(mine, mode)  # noqa: SIM115, PTH123 - closed by who has the program
            elif wanted == subprocess.DEVNULL:
                its = os.open(os.devnull, os.O_RDWR)
                theirs.callback(os.close, its)
            elif wanted == subprocess.STDOUT:
                its = descriptors[1]
            else:
                its = number if wanted is None else wanted if isinstance(wanted, int) else wanted.fileno()
            descriptors.append(its)
        ended, tells = os.pipe()
        theirs.callback(os.close, tells)
        pid = _server().fork(words[1:], str(cwd or Path.cwd()), settings, [*descriptors, tells])
    return Program(words, pid, ended, ours)


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    input: str | bytes | None = None,  # noqa: A002 - the name that it has in `subprocess`
    stdin: Any = None,
    stdout: Any = None,
    stderr: Any = None,
    capture_output: bool = False,
    text: bool = False,
    timeout: float | None = None,
    check: bool = False,
) -> subprocess.CompletedProcess[Any]:
    """Run a program of this interpreter's to its end; see `subprocess.run`."""
    given = subprocess.PIPE if input is not None else stdin
    out, err = (subprocess.PIPE, subprocess.PIPE) if capture_output else (stdout, stderr)
    with start(command, cwd=cwd, env=env, stdin=given, stdout=out, stderr=err, text=text) as program:
        try:
            said = program.communicate(input, timeout)
        except BaseException:
            program.kill()
            raise
    done = subprocess.CompletedProcess(list(command), program.returncode or 0, *said)
    if check:
        done.check_returncode()
    return done


def _forks(words: list[str], settings: Mapping[str, str]) -> bool:
    """Whether a program can be forked: a script, a module or code of this interpreter's, in surroundings as here."""
    if sys.platform != "linux" or settings.get(NEW) or words[0] != sys.executable:  # macOS's libraries do not bear it
        return False
    plain = words[1:2] in (["-m"], ["-c"]) or (len(words) > 1 and not words[1].startswith("-"))
    return plain and _early(settings) == _early(_SETTINGS)


def _early(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if name.startswith(_READ_EARLY) and name != _OF_UP}


class _Server:
    """The process that forks, as seen from here. It ends when this process does."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._line, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", __name__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=_ROOT, env=_SETTINGS)
        atexit.register(self.close)

    def fork(self, words: list[str], cwd: str, settings: Mapping[str, str], descriptors: list[int]) -> int:
        """Have a program started with these descriptors as its streams and where its end is told; its process id."""
        asked = json.dumps({"words": words, "cwd": cwd, "settings": dict(settings)}).encode()
        with self._asking:
            socket.send_fds(self._line, [_LENGTH.pack(len(asked))], descriptors)
            self._line.sendall(asked)
            (pid,) = _NUMBER.unpack(_exactly(self._line, _NUMBER.size))
        return pid

    def close(self) -> None:
        self._line.close()
        self._process.wait()


@functools.cache
def _server() -> _Server:
    return _Server()


def _exactly(line: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        more = line.recv(size - len(read))
        if not more:
            raise EOFError("the process at the other end is gone")
        read += more
    return read


def _serve(line: socket.socket) -> dict[str, Any] | None:
    """Fork for each request, and tell of each end. None at the end of it all; in a forked process, what it is to be."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group
    tells: dict[int, int] = {}
    while True:
        ready = select.select([line, woken], [], [])[0]
        if woken in ready:
            os.read(woken, 4096)
            for pid, status in _ended():
                with contextlib.suppress(BrokenPipeError):
                    os.write(tells[pid], _NUMBER.pack(status))
                os.close(tells.pop(pid))
        if line in ready:
            length, descriptors, *_ = socket.recv_fds(line, _LENGTH.size, 4)
            if not length:
                return None
            asked = _exactly(line, *_LENGTH.unpack(length))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # threads that a library keeps, and starts again by itself
                pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                for number, descriptor in enumerate(descriptors[:3]):
                    os.dup2(descriptor, number)
                os.closerange(3, max(woken, wakes, line.fileno(), *descriptors, *tells.values()) + 1)
                return json.loads(asked)
            tells[pid] = descriptors[3]
            for descriptor in descriptors[:3]:
                os.close(descriptor)
            line.sendall(_NUMBER.pack(pid))


def _ended() -> Iterator[tuple[int, int]]:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            yield pid, status


def _become(asked: dict[str, Any]) -> None:
    """Be the program that is asked for, to its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["settings"])
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        errors = "backslashreplace" if name == "stderr" else "strict"
        binary = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115 - for the rest of the process
        stream = io.TextIOWrapper(binary, errors=errors, line_buffering=name == "stderr" or os.isatty(number))
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    how, *words = asked["words"]
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    if how == "-m":
        name, *words = words
        sys.path[0] = str(Path.cwd())
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
        assert spec is not None, f"there is no module {name}"
        assert spec.loader is not None
        main.__spec__, main.__file__, main.__package__ = spec, spec.origin, spec.parent
        code = spec.loader.get_code(spec.name)
        sys.argv = [str(spec.origin), *words]
    elif how == "-c":
        text, *words = words
        sys.path[0] = ""
        code = compile(text, "<string>", "exec")
        sys.argv = [how, *words]
    else:
        sys.path[0] = str(Path(how).resolve().parent)
        main.__file__ = how
        code = compile(Path(how).read_bytes(), how, "exec")
        sys.argv = [how, *words]
    _finish(_exit_code(code, main))


def _exit_code(code: Any, main: types.ModuleType) -> int:
    """Run a program, and say of its end what the interpreter would."""
    try:
        exec(code, main.__dict__)
    except SystemExit as error:
        if isinstance(error.code, int | None):
            return error.code or 0
        print(error.code, file=sys.stderr)
        return 1
    except BaseException as error:  # noqa: BLE001 - whatever ends a program
        sys.excepthook(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
        if isinstance(error, KeyboardInterrupt):
            return -signal.SIGINT
        return 1
    return 0


def _finish(code: int) -> None:
    """End as the interpreter does, but for taking apart what is loaded, which is shared with the process that forks."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            code = 120
            print(f"Exception ignored while flushing: {error!r}", file=sys.__stderr__)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code & 0xFF)


if __name__ == "__main__":
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    request = _serve(socket.socket(fileno=int(sys.argv[1])))
    if request is not None:
        _become(request)
    os._exit(0)
