"""Files, folders, links and locks."""

import contextlib
import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from own_bench.output import say
from own_bench.settings import ROOT, Problem


def copy_tree(source: Path, target: Path) -> None:
	"""Replace `target` with a copy, which shares its blocks with the original if the file system can."""
	shutil.rmtree(target, ignore_errors=True)
	target.parent.mkdir(parents=True, exist_ok=True)
	subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


def replace_link(link: Path, target: Path) -> None:
	"""Make `link` a symbolic link to `target`, in place of whatever is there."""
	remove(link)
	link.symlink_to(target)


def remove(path: Path) -> None:
	"""Remove a file, a link or a folder, if it exists."""
	if path.is_symlink() or path.is_file():
		path.unlink()
	else:
		shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def lock(name: str, busy: str, wait: bool = False) -> Iterator[None]:
	"""Hold a lock of this checkout. While another process holds it, wait or raise `busy`."""
	folder = ROOT / "locks"
	folder.mkdir(parents=True, exist_ok=True)
	with (folder / name).open("w") as file:
		try:
			fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			if not wait:
				raise Problem(busy) from None
			say(busy)
			fcntl.flock(file, fcntl.LOCK_EX)
		yield
