"""What a guest can reach: where bubblewrap works, nothing but Python and the files it was given."""

from __future__ import annotations

import functools
import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

GUEST = Path(__file__).with_name("guest.py")
CONFINED = "process with limits, no network (bubblewrap)"
UNCONFINED = (
    "process with limits only: bubblewrap is missing or does not work here, so network and files were in its reach"
)
GUEST_THERE, MODEL_THERE, CODE_THERE = "/guest/guest.py", "/guest/model", "/guest/code"
MEBIBYTE = 1 << 20


def environment() -> dict[str, str]:
    """All that a guest sees of the environment: no tokens, no proxies, no paths.

    Every thread reserves address space, which is limited: eight of them are enough.
    """
    threads = str(min(os.cpu_count() or 1, 8))
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "USER": "guest",
        "LANG": "C.UTF-8",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
    }


def confined(wrapper: str, shown: list[tuple[Path, str]], disk: int) -> list[str]:
    """bubblewrap: no network, no other processes, and of the files only Python's and the model's, to be read."""
    words = [wrapper, "--unshare-all", "--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"]
    words += ["--size", str(disk * MEBIBYTE), "--tmpfs", "/tmp", "--chdir", "/tmp"]
    for folder in ("/lib", "/lib64", "/lib32", "/bin", "/sbin"):
        place = Path(folder)
        if place.is_symlink():
            words += ["--symlink", str(place.readlink()), folder]
        elif place.is_dir():
            words += ["--ro-bind", folder, folder]
    for folder in of_python():
        words += ["--ro-bind", folder, folder]
    words += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind", str(GUEST), GUEST_THERE]
    for source, there in shown:
        words += ["--ro-bind", str(source), there]
    return words


@functools.lru_cache
def of_python() -> list[str]:
    """The folders that Python and its libraries are read from, none within another."""
    program = Path(sys.executable)
    wanted = {"/usr", sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()}
    wanted |= {str(program.parent), str(program.resolve().parent)}
    found: list[Path] = []
    for place in sorted((Path(one) for one in wanted), key=lambda one: len(one.parts)):
        if place.is_dir() and not any(place.is_relative_to(one) for one in found):
            found.append(place)
    return [str(one) for one in found]


@functools.lru_cache
def bubblewrap() -> str | None:
    """Path of bubblewrap where it is installed and works, tried once."""
    wrapper = shutil.which("bwrap")
    if wrapper is None:
        return None
    words = [*confined(wrapper, [], 1), sys.executable, "-I", "-c", ""]
    try:
        tried = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return wrapper if tried.returncode == 0 else None
