"""What all tests share: the profiles of hypothesis, and a browser."""

import os
import shutil

import pytest
from hypothesis import settings

# No deadline: a busy machine is not a fault. `make test` runs the same examples every time, `make test-deep` new ones.
settings.register_profile("dev", deadline=None, derandomize=True, max_examples=60, print_blob=True)
settings.register_profile("ci-deep", deadline=None, max_examples=3000, print_blob=True)
settings.load_profile("dev")


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
		pytest.skip("chromium was not found: install it or set CHROMIUM")
	with playwright.sync_playwright() as started:
		browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
		yield browser
		browser.close()
