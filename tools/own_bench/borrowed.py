"""What the developer's bench lends us, and the Python environment that sees it."""

import hashlib
import json
import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from own_bench.files import remove
from own_bench.processes import run_quietly
from own_bench.settings import CHECKOUT, ROOT, Trouble
from own_bench.telling import TELL


class NoBench(Trouble):
	"""There is no bench to borrow from. Its first word of advice is where we looked."""

	remedy = (
		"To get one: install bench (https://docs.frappe.io/framework/user/en/installation), then\n"
		"  bench init --frappe-branch version-15 ~/frappe-bench\n"
		"and in that folder\n"
		"  bench get-app --branch version-15 erpnext && bench build\n"
		"A bench that lies elsewhere is named by the variable BENCH_PATH."
	)

	def __init__(self, path: Path) -> None:
		super().__init__(f"No bench at {path}. {self.remedy}")
		self.path = path


@dataclass(frozen=True)
class YourBench:
	"""The developer's own bench: what we borrow from it. Nothing here writes."""

	path: Path

	@classmethod
	def find(cls) -> "YourBench":
		path = Path(os.environ.get("BENCH_PATH") or "~/frappe-bench").expanduser()
		if not all((path / "apps" / app / app).is_dir() for app in ("frappe", "erpnext")):
			raise NoBench(path)
		return cls(path.resolve())

	@property
	def python(self) -> Path:
		return self.path / "env" / "bin" / "python"

	@property
	def assets(self) -> Path:
		return self.path / "sites" / "assets"

	def check(self) -> None:
		"""Raises when the bench is not finished enough to borrow from."""
		if not self.python.exists():
			raise Trouble(f"{self.path} has no env/bin/python. Finish it with: bench setup env")
		asked = self._ask("import frappe, erpnext")
		if asked.returncode:
			why = asked.stderr.strip().splitlines()[-1:] or ["no reason given"]
			raise Trouble(
				f"{self.python} cannot import frappe and erpnext ({why[0]}). Try: bench setup requirements"
			)
		for app in ("frappe", "erpnext"):
			if not (self.path / "apps" / app / app / "public" / "dist").is_dir():
				raise Trouble(f"{app} has no built assets in {self.path}. Run there: bench build")
		if not (self.assets / "assets.json").is_file():
			raise Trouble(f"{self.assets} has no assets.json. Run in {self.path}: bench build")

	@cached_property
	def site_packages(self) -> list[str]:
		asked = self._ask("import sysconfig as s; print(s.get_path('purelib')); print(s.get_path('platlib'))")
		return list(dict.fromkeys(asked.stdout.split("\n")[:2]))

	@cached_property
	def versions(self) -> dict[str, str]:
		"""The versions of frappe and erpnext, read from their source."""
		found = {}
		for app in ("frappe", "erpnext"):
			text = (self.path / "apps" / app / app / "__init__.py").read_text()
			match = re.search(r"^__version__\s*=\s*[\"']([^\"']+)", text, re.MULTILINE)
			found[app] = match[1] if match else "unknown"
		return found

	def _ask(self, code: str) -> subprocess.CompletedProcess[str]:
		environment = clean_environment() | {"PYTHONPYCACHEPREFIX": str(ROOT / "pycache")}
		return subprocess.run(
			[str(self.python), "-c", code],
			capture_output=True,
			text=True,
			check=False,
			cwd="/",
			env=environment,
		)


def clean_environment() -> dict[str, str]:
	"""Our environment without what would lead Python, Frappe or MariaDB to somebody else's files."""
	strangers = re.compile(
		r"FRAPPE_|PYTHON(PATH|HOME|DONTWRITEBYTECODE)$|VIRTUAL_ENV|SITES_PATH$|DEV_SERVER$|NO_STATICS$|CI$|MYSQL_|MX_SITE"
	)
	return {name: value for name, value in os.environ.items() if not strangers.match(name)}


class OwnEnv:
	"""Our virtual environment: the packages of the bench's env are seen, ours come first, none is written there."""

	path = ROOT / "env"
	python = path / "bin" / "python"

	def __init__(self, bench: YourBench) -> None:
		self.bench = bench

	def ensure(self) -> None:
		"""Makes the environment, or makes it anew when the bench or our requirements have changed."""
		made_of = json.dumps(
			{
				"bench": str(self.bench.python),
				"python": os.path.realpath(self.bench.python),
				"packages": self.bench.site_packages,
				"checkout": str(CHECKOUT),
				"pyproject": hashlib.sha256((CHECKOUT / "pyproject.toml").read_bytes()).hexdigest(),
			},
			indent=1,
		)
		stamp = self.path / "made_of.json"
		if self.python.exists() and stamp.is_file() and stamp.read_text() == made_of:
			return
		with TELL.step("Making the Python environment"):
			log = ROOT / "logs" / "env.log"
			remove(self.path)
			self._run(log, str(self.bench.python), "-m", "venv", "--without-pip", str(self.path))
			for folder in (self.path / "lib").glob("python3*"):
				lines = "".join(
					f"import site; site.addsitedir({place!r})\n" for place in self.bench.site_packages
				)
				(folder / "site-packages" / "_bench.pth").write_text(lines)
			has_pip = [str(self.python), "-m", "pip", "--version"]
			if subprocess.run(has_pip, capture_output=True, check=False, env=self.environment()).returncode:
				self._run(log, str(self.python), "-m", "ensurepip")
			self._run(
				log,
				*(str(self.python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"),
				*("--no-warn-script-location", "--editable", str(CHECKOUT)),
			)
			stamp.write_text(made_of)

	def _run(self, log: Path, *command: str) -> None:
		run_quietly(list(command), "Making the Python environment", log, env=self.environment(), cwd=CHECKOUT)

	def environment(self) -> dict[str, str]:
		"""For every Python process of ours. Byte code goes to .bench: the bench's folders are not ours to fill."""
		return clean_environment() | {
			"PYTHONPATH": str(CHECKOUT),
			"PYTHONPYCACHEPREFIX": str(ROOT / "pycache"),
			"PYTHONUNBUFFERED": "1",
			"PATH": os.pathsep.join([str(self.path / "bin"), os.environ.get("PATH", os.defpath)]),
		}
