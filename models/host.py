"""The host's side of a guest: start it, talk to it with time limits, end it. Whatever it does, the host goes on."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import confinement
from models.guest import SIZES, frame

LONGEST_HEADER = confinement.MEBIBYTE
AHEAD = 2
"""Questions on their way at once: the guest computes on one while the next is written."""

Frame = tuple[dict[str, Any], memoryview]


class GuestFailed(ValueError):
    """A guest that crashed, took too long, took too much, or answered nonsense. It was ended."""


@dataclass(frozen=True)
class Limits:
    """What a guest may take."""

    seconds: float = 60.0
    """Wall-clock seconds for one answer."""
    start: float = 60.0
    """Wall-clock seconds until the model is open."""
    cpu: int = 3600
    """CPU seconds of its whole life."""
    memory: int = 4096
    """Address space in MiB."""
    disk: int = 64
    """Size in MiB of what it may write to its own temporary folder."""

    def of_the_system(self) -> dict[str, int]:
        """The limits that the operating system keeps (``resource.setrlimit``)."""
        return {
            "RLIMIT_AS": self.memory * confinement.MEBIBYTE,
            "RLIMIT_CPU": self.cpu,
            "RLIMIT_CORE": 0,
            "RLIMIT_FSIZE": self.disk * confinement.MEBIBYTE,
        }


class Guest:
    """A process that holds one foreign model. Not for several threads at once."""

    def __init__(
        self,
        format: str,
        path: Path,
        limits: Limits,
        *,
        root: Path | None = None,
        names: tuple[str, ...] | None = None,
        factory: str | None = None,
        code: Path | None = None,
    ) -> None:
        """Start it and open the model at ``path``, of whose folder ``root`` it sees only the files ``names``.

        Raises ``GuestFailed``; where the guest says itself what is wrong, that is in ``facts`` as ``error``.
        """
        root = (root or path.parent).absolute()
        self.name, self.limits = path.name, limits
        self.isolation = confinement.CONFINED if confinement.bubblewrap() else confinement.UNCONFINED
        shown = [(root / name, f"{confinement.MODEL_THERE}/{name}") for name in names or (path.name,)]
        self.process = _start([*shown, *([(code.absolute(), confinement.CODE_THERE)] if code else [])], limits)
        self._finalizer = weakref.finalize(self, _end, self.process)
        self._talk, self._owed, self._walk = _Talk(self.process, limits.memory * confinement.MEBIBYTE), 0, 0
        inside = path.absolute().relative_to(root).as_posix()
        asked = {
            "format": format,
            "factory": factory,
            "path": str(path.absolute()),
            "code": str(code and code.absolute()),
        }
        if confinement.bubblewrap():
            asked |= {"path": str(Path(confinement.MODEL_THERE, inside)), "code": confinement.CODE_THERE}
        self.facts = self.ask(asked, [], limits.start)[0]

    def ask(self, header: dict[str, Any], body: list[memoryview], seconds: float | None = None) -> Frame:
        """One answer; raises ``GuestFailed``."""
        return next(iter(self.ask_all([(header, body)], seconds)))

    def ask_all(
        self, questions: Iterable[tuple[dict[str, Any], list[memoryview]]], seconds: float | None = None
    ) -> Iterator[Frame]:
        """Answers in order, with up to ``AHEAD`` questions on their way. Raises ``GuestFailed``.

        The time limit counts from one answer to the next. What an earlier walk asked and left is read and forgotten.
        """
        if self.process.poll() is not None or not self._finalizer.alive:
            self.close()
            raise GuestFailed(f"The guest of {self.name} was ended before; open the model again.")
        self._walk = walk = self._walk + 1
        source, limit = iter(questions), self.limits.seconds if seconds is None else seconds
        try:
            while self._owed:
                self._next(limit)
            while self._put(source):
                yield self._next(limit)
                if walk != self._walk:
                    raise GuestFailed(f"{self.name} was asked something else before it had answered all of this.")
        except _Lost as why:
            self.close()
            raise GuestFailed(f"{self.name}: {why}") from None

    def _put(self, source: Iterator[tuple[dict[str, Any], list[memoryview]]]) -> int:
        """Put questions on their way; how many are."""
        while self._owed < AHEAD and (question := next(source, None)) is not None:
            self._talk.outgoing.extend(frame(*question))
            self._owed += 1
        return self._owed

    def _next(self, seconds: float) -> Frame:
        answer = self._talk.answer(time.monotonic() + seconds)
        self._owed -= 1
        return answer

    def close(self) -> None:
        """End the process; any number of times."""
        self._finalizer()


class _Lost(Exception):
    """Why a guest cannot be talked to any more."""


class _Talk:
    """Frames over two pipes that never block."""

    def __init__(self, process: subprocess.Popen[bytes], most: int) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self.most = process, most
        self.sink, self.source = process.stdin.fileno(), process.stdout.fileno()
        self.outgoing: deque[memoryview] = deque()

    def answer(self, deadline: float) -> Frame:
        """The next frame; raises ``_Lost``."""
        header, body = SIZES.unpack(self._receive(SIZES.size, deadline))
        if header > LONGEST_HEADER or body > self.most:
            raise _Lost("it answered with something that is not an answer.")
        try:
            words = json.loads(bytes(self._receive(header, deadline)))
        except (ValueError, RecursionError):
            raise _Lost("it answered with something that is not an answer.") from None
        if not isinstance(words, dict):
            raise _Lost("it answered with something that is not an answer.")
        return words, self._receive(body, deadline)

    def _receive(self, size: int, deadline: float) -> memoryview:
        whole = memoryview(bytearray(size))
        rest = whole
        while rest.nbytes:
            self._wait(deadline)
            try:
                got = os.readv(self.source, [rest])
            except BlockingIOError:
                continue
            if not got:
                raise _Lost(_how_it_ended(self.process))
            rest = rest[got:]
        return whole

    def _wait(self, deadline: float) -> None:
        """Until there is something to read; meanwhile what is to be written is written."""
        poll = select.poll()
        poll.register(self.source, select.POLLIN)
        while True:
            if self.outgoing:
                poll.register(self.sink, select.POLLOUT)
            left = deadline - time.monotonic()
            ready = dict(poll.poll(max(left, 0) * 1000))
            if self.source in ready:
                return
            if left <= 0:
                raise _Lost("it took longer than its time limit and was ended.")
            if self.sink in ready and not self._write():
                poll.unregister(self.sink)

    def _write(self) -> bool:
        """Write what the pipe takes; whether there is more."""
        try:
            while self.outgoing:
                done = os.writev(self.sink, list(itertools.islice(self.outgoing, 32)))
                while self.outgoing and done >= self.outgoing[0].nbytes:
                    done -= self.outgoing.popleft().nbytes
                if done:
                    self.outgoing[0] = self.outgoing[0][done:]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            raise _Lost(_how_it_ended(self.process)) from None
        return False


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "it stopped answering and was ended."
    number = -code if code < 0 else code - 128
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return "it was ended by the system: it took more CPU time or memory than its limits allow."
    if number in {one.value for one in signal.Signals}:
        return f"it crashed ({signal.Signals(number).name})."
    return f"it ended by itself (exit code {code})."


def _start(shown: list[tuple[Path, str]], limits: Limits) -> subprocess.Popen[bytes]:
    wrapper = confinement.bubblewrap()
    script = confinement.GUEST_THERE if wrapper else str(confinement.GUEST)
    words = [sys.executable, "-I", "-B", "-W", "ignore", script, json.dumps(limits.of_the_system())]
    if wrapper:
        words = [*confinement.confined(wrapper, shown, limits.disk), *words]
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=confinement.environment(),
        bufsize=0,
        start_new_session=True,
    )
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        os.set_blocking(pipe.fileno(), False)
        _widen(pipe.fileno())
    return process


def _widen(pipe: int) -> None:
    """A pipe of a mebibyte instead of 64 KiB, where the system gives one."""
    import fcntl

    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, confinement.MEBIBYTE)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
