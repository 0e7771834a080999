"""The developer's bench, which is only read, and a Python environment that sees its packages."""

import hashlib
import json
import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from own_bench.files import remove
from own_bench.output import step
from own_bench.processes import run_quietly
from own_bench.settings import CHECKOUT, ROOT, Problem

NO_BENCH = """There is no bench at {path}. To get one, install bench (https://docs.frappe.io/framework/user/en/installation) and run
  bench init --frappe-branch version-15 ~/frappe-bench
and then, in that folder,
  bench get-app --branch version-15 erpnext && bench build
If your bench is elsewhere, set BENCH_PATH."""


@dataclass(frozen=True)
class SourceBench:
	"""The developer's bench: its Frappe, its ERPNext and its Python packages. Nothing here writes to it."""

	path: Path

	@classmethod
	def find(cls) -> "SourceBench":
		"""Return the bench at BENCH_PATH or ~/frappe-bench. Raises Problem."""
		path = Path(os.environ.get("BENCH_PATH") or "~/frappe-bench").expanduser()
		if not all((path / "apps" / app / app).is_dir() for app in ("frappe", "erpnext")):
			raise Problem(NO_BENCH.format(path=path))
		return cls(path.resolve())

	@property
	def python(self) -> Path:
		"""The Python of the bench."""
		return self.path / "env" / "bin" / "python"

	@property
	def assets(self) -> Path:
		"""The folder of the built assets."""
		return self.path / "sites" / "assets"

	def check(self) -> None:
		"""Raise if the bench is not complete."""
		if not self.python.exists():
			raise Problem(f"{self.path} has no env/bin/python. Run: bench setup env")
		result = self._run("import frappe, erpnext")
		if result.returncode:
			reason = result.stderr.strip().splitlines()[-1:]
			raise Problem(
				f"{self.python} cannot import frappe and erpnext {reason}. Run: bench setup requirements"
			)
		built = [self.path / "apps" / app / app / "public" / "dist" for app in ("frappe", "erpnext")]
		if not all(path.exists() for path in [*built, self.assets / "assets.json"]):
			raise Problem(f"{self.path} has no built assets. Run there: bench build")

	@cached_property
	def site_packages(self) -> list[str]:
		"""The folders of the packages that the bench has installed."""
		result = self._run(
			"import sysconfig as s; print(s.get_path('purelib')); print(s.get_path('platlib'))"
		)
		return list(dict.fromkeys(result.stdout.split("\n")[:2]))

	@cached_property
	def versions(self) -> dict[str, str]:
		"""The versions of frappe and erpnext, read from their source."""
		found = {}
		for app in ("frappe", "erpnext"):
			text = (self.path / "apps" / app / app / "__init__.py").read_text()
			match = re.search(r"^__version__\s*=\s*[\"']([^\"']+)", text, re.MULTILINE)
			found[app] = match[1] if match else "unknown"
		return found

	def _run(self, code: str) -> subprocess.CompletedProcess[str]:
		options = {"capture_output": True, "text": True, "check": False, "cwd": "/"}
		environment = clean_environment() | {"PYTHONPYCACHEPREFIX": str(ROOT / "pycache")}
		return subprocess.run([str(self.python), "-c", code], env=environment, **options)


def clean_environment() -> dict[str, str]:
	"""Return the environment without what would lead Python, Frappe or MariaDB to other files."""
	misleading = re.compile(
		r"FRAPPE_|PYTHON(PATH|HOME|DONTWRITEBYTECODE)$|VIRTUAL_ENV|SITES_PATH$|DEV_SERVER$|NO_STATICS$|CI$|MYSQL_|MX_SITE"
	)
	return {name: value for name, value in os.environ.items() if not misleading.match(name)}


class Environment:
	"""A virtual environment with this checkout and its dependencies, which also sees the packages of the bench."""

	path = ROOT / "env"
	python = path / "bin" / "python"

	def __init__(self, bench: SourceBench) -> None:
		self.bench = bench

	def ensure(self) -> None:
		"""Create the environment, again if the bench or the requirements have changed."""
		inputs = {
			"bench": str(self.bench.python),
			"python": os.path.realpath(self.bench.python),
			"packages": self.bench.site_packages,
			"checkout": str(CHECKOUT),
			"pyproject": hashlib.sha256((CHECKOUT / "pyproject.toml").read_bytes()).hexdigest(),
		}
		stamp = self.path / "inputs.json"
		if self.python.exists() and stamp.is_file() and json.loads(stamp.read_text()) == inputs:
			return
		with step("Creating the Python environment"):
			remove(self.path)
			self._run(str(self.bench.python), "-m", "venv", "--without-pip", str(self.path))
			lines = "".join(
				f"import site; site.addsitedir({place!r})\n" for place in self.bench.site_packages
			)
			for folder in self.path.glob("lib/python3*/site-packages"):
				(folder / "_bench.pth").write_text(lines)
			pip = [str(self.python), "-m", "pip"]
			options = {"capture_output": True, "check": False, "env": self.environment()}
			if subprocess.run([*pip, "--version"], **options).returncode:
				self._run(str(self.python), "-m", "ensurepip")
			self._run(*pip, "install", "-qq", "--disable-pip-version-check", "--editable", str(CHECKOUT))
			stamp.write_text(json.dumps(inputs, indent=1))

	def _run(self, *command: str) -> None:
		log = ROOT / "logs" / "env.log"
		run_quietly(list(command), "Creating the environment", log, env=self.environment(), cwd=CHECKOUT)

	def environment(self) -> dict[str, str]:
		"""Return the variables for every Python process. Byte code goes to .bench, not to the bench."""
		return clean_environment() | {
			"PYTHONPATH": str(CHECKOUT),
			"PYTHONPYCACHEPREFIX": str(ROOT / "pycache"),
			"PYTHONUNBUFFERED": "1",
			"PATH": os.pathsep.join([str(self.path / "bin"), os.environ.get("PATH", os.defpath)]),
		}
