"""Files that are there whole or not at all."""

import hashlib
import subprocess
import sys
from pathlib import Path

from models import file

FULL = """
import resource, signal, sys
from pathlib import Path
from models import file

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    file.write(Path(sys.argv[1]), b"x" * 5000)
except OSError:
    sys.exit(7)
"""


def test_a_written_file_is_described(tmp_path: Path) -> None:
    described = file.write(tmp_path / "a.bin", b"hello")
    assert (described.name, described.bytes) == ("a.bin", 5)
    assert described.digest == hashlib.sha256(b"hello").hexdigest()
    assert (tmp_path / "a.bin").read_bytes() == b"hello"


def test_where_there_is_no_room_the_old_file_stays_and_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    file.write(path, b"old")
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, timeout=60)
    assert done.returncode == 7, done.stderr.decode()
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.bin"]
