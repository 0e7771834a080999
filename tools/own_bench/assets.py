"""What a browser gets besides pages: links to the assets of the bench, and ours, built."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from own_bench.files import copy_tree, remove, replace_link
from own_bench.processes import find_program
from own_bench.settings import APP, CHECKOUT

if TYPE_CHECKING:
	from own_bench.slot import Slot


def lay_out(slot: Slot) -> None:
	"""Links to what the bench has built, and a folder for what is ours."""
	assets = slot.sites / "assets"
	for app in ("frappe", "erpnext"):
		replace_link(assets / app, slot.bench.path / "apps" / app / app / "public")
	for name in ("assets.json", "assets-rtl.json"):
		if (slot.bench.assets / name).is_file():
			shutil.copyfile(slot.bench.assets / name, assets / name)
	if (slot.bench.assets / "locale").is_dir():
		copy_tree(slot.bench.assets / "locale", assets / "locale")
	public = CHECKOUT / APP / "public"
	ours = assets / APP
	remove(ours)
	ours.mkdir()
	# a folder of its own, so that what is built here is neither in the checkout nor shared between slots
	for child in public.iterdir() if public.is_dir() else ():
		if child.name != "dist":
			(ours / child.name).symlink_to(child)


def build(slot: Slot) -> None:
	"""Bundles our scripts and styles with Frappe's own builder, and translations, into this slot's assets."""
	if any((CHECKOUT / APP / "public").glob("**/*.bundle.*")):
		# The builder puts half-made styles into TMPDIR plus their path relative to the working directory's
		# parent: started elsewhere than here, it would put them into the checkout. FRAPPE_DOCKER_BUILD keeps it
		# from looking for a Redis to tell, CI lets it end with a code that tells of failures.
		builder = slot.bench.path / "apps" / "frappe" / "esbuild"
		special = {"TMPDIR": str(slot.path / "tmp"), "FRAPPE_DOCKER_BUILD": "1", "CI": "1"}
		slot.run_quietly(
			[find_program("node", "nodejs"), str(builder), "--production", "--apps", APP],
			"Building the assets",
			slot.logs / "build.log",
			cwd=CHECKOUT,
			env=slot.environment() | special,
		)
	if any((CHECKOUT / APP / "locale").glob("*.po")):
		slot.frappe_quietly(["compile-po-to-mo", "--app", APP], "Compiling the translations")
