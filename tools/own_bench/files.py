"""Files, folders, links and locks."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from own_bench.settings import ROOT, Trouble
from own_bench.telling import TELL


def short_folder() -> Path:
	"""A new private folder for sockets, whose paths may have no more than about 100 characters."""
	parent = tempfile.gettempdir()
	return Path(tempfile.mkdtemp(prefix="own-bench-", dir=parent if len(parent) < 60 else "/tmp"))


def copy_tree(source: Path, target: Path) -> None:
	"""A copy that shares its blocks with the original where the file system can."""
	shutil.rmtree(target, ignore_errors=True)
	target.parent.mkdir(parents=True, exist_ok=True)
	subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


def replace_link(link: Path, target: Path) -> None:
	"""Lets `link` point to `target`, whatever stood there before."""
	if link.is_symlink() and os.readlink(link) == str(target):
		return
	remove(link)
	link.symlink_to(target)


def remove(path: Path) -> None:
	if path.is_symlink() or path.is_file():
		path.unlink()
	else:
		shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def lock(name: str, busy: str, wait: bool = False) -> Iterator[None]:
	"""Holds a lock of this checkout; when another process has it, waits or says who is busy."""
	folder = ROOT / "locks"
	folder.mkdir(parents=True, exist_ok=True)
	with (folder / name).open("w") as file:
		try:
			fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			if not wait:
				raise Trouble(busy) from None
			TELL.say(busy)
			fcntl.flock(file, fcntl.LOCK_EX)
		yield
