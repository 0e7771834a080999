"""Worker processes for tests of what several workers do at the same time, or of one that is killed."""

import subprocess
import sys

import frappe

_CONNECT = """
import sys, frappe
frappe.init(site=sys.argv[1])
frappe.connect()

def wait_for_the_others():
	print("ready", flush=True)
	sys.stdin.readline()

def kill_after(owner, name, calls=1):
	import os, signal
	original, done = getattr(owner, name), []
	def call_and_die(*args, **kwargs):
		result = original(*args, **kwargs)
		done.append(name)
		if len(done) == calls:
			os.kill(os.getpid(), signal.SIGKILL)
		return result
	setattr(owner, name, call_and_die)
"""


def start_worker(code: str, *args: str) -> subprocess.Popen:
	"""Start a process that is connected to the site and runs `code` with `args` in `sys.argv[2:]`.

	The code may call `wait_for_the_others()`, and `kill_after(owner, name, calls)` to be killed by SIGKILL right
	after a call of that function.
	"""
	return subprocess.Popen(
		[sys.executable, "-c", _CONNECT + code, frappe.local.site, *args],
		stdin=subprocess.PIPE,
		stdout=subprocess.PIPE,
		stderr=subprocess.PIPE,
		text=True,
	)


def run_together(workers: list[subprocess.Popen]) -> list[str]:
	"""Let workers that wait for each other continue at the same time, and return the last line of each one's output."""
	for worker in workers:
		worker.stdout.readline()
	for worker in workers:
		worker.stdin.write("\n")
		worker.stdin.flush()
	return [get_output(worker) for worker in workers]


def get_output(worker: subprocess.Popen, code: int = 0) -> str:
	"""Return the last line of a worker's output. Raise AssertionError if it does not end with this exit code."""
	out, err = worker.communicate(timeout=300)
	if worker.returncode != code:
		raise AssertionError(f"the worker ended with {worker.returncode}: {err[-2000:]}")
	return out.strip().split("\n")[-1]
