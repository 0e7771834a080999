"""The built files that a browser gets: copies of those of the bench, and those of the app."""

import shutil

from own_bench.files import copy_tree, remove
from own_bench.processes import find_program
from own_bench.settings import APP, CHECKOUT
from own_bench.slot import Slot


def build(slot: Slot) -> None:
	"""Bundle the scripts and styles of the app with Frappe's builder, and compile its translations."""
	_link(slot)
	# The builder writes intermediate styles to TMPDIR plus their path relative to the parent of the working
	# directory. FRAPPE_DOCKER_BUILD keeps it from looking for a Redis, CI makes it fail when the build fails.
	special = {"TMPDIR": str(slot.path / "tmp"), "FRAPPE_DOCKER_BUILD": "1", "CI": "1"}
	builder = slot.bench.path / "apps" / "frappe" / "esbuild"
	slot.run_quietly(
		[find_program("node", "nodejs"), str(builder), "--production", "--apps", APP],
		"Building the assets",
		"build",
		cwd=CHECKOUT,
		env=slot.environment() | special,
	)
	if any((CHECKOUT / APP / "locale").glob("*.po")):
		slot.run_frappe(["compile-po-to-mo", "--app", APP], "Compiling the translations")


def _link(slot: Slot) -> None:
	"""Link the public files of the app into a folder of the slot, so that nothing is built into the checkout."""
	assets = slot.sites / "assets"
	for name in ("assets.json", "assets-rtl.json"):
		if (slot.bench.assets / name).is_file():
			shutil.copyfile(slot.bench.assets / name, assets / name)
	if (slot.bench.assets / "locale").is_dir():
		copy_tree(slot.bench.assets / "locale", assets / "locale")
	remove(assets / APP)
	(assets / APP).mkdir()
	for child in (CHECKOUT / APP / "public").iterdir():
		if child.name != "dist":
			(assets / APP / child.name).symlink_to(child)
