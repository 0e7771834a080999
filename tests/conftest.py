"""What tests in several rooms share."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def chromium():
	playwright = pytest.importorskip("playwright.sync_api", reason="pages are tested with Playwright")
	found = (
		os.environ.get("CHROMIUM")
		or shutil.which("chromium")
		or shutil.which("google-chrome")
		or shutil.which("chromium-browser")
	)
	if not found:
		pytest.skip("no chromium found: install one or name it in CHROMIUM")
	with playwright.sync_playwright() as started:
		browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
		yield browser
		browser.close()
