"""Check that nothing is lost or sent twice when a process is killed while reminders and digests are sent.

	MX_MARIADB_OPTIONS="--innodb-flush-log-at-trx-commit=1 --sync-binlog=1" python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/killing.py --times 20 --due 10000

Each round makes `--due` reminders and a hundred digests due, starts to send them, kills one process with SIGKILL at a
random moment, starts it again, and sends the rest. The process is the worker, MariaDB (started with the options above, so
that committed transactions survive), or the Redis of the queue while an RQ worker uses it. Afterwards there must be one
notification and one proof row for each reminder, and one email and one proof row for each digest. Prints a line of JSON for
each round, and the totals.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import frappe
from form_load import connected, get_default_site
from frappe.utils import now_datetime, today
from reminders import MARK, clean_up, delete_mails, delete_sent, fill, get_people, get_task_name

from micro_experiences.services import preferences
from micro_experiences.tests.utils import make_email_account

# The servers that were started again.
STARTED: list[subprocess.Popen] = []

# Sends what is due in its own process; prints "ready" when it is about to begin.
_WORKER = """
import sys, frappe
frappe.init(site=sys.argv[1]); frappe.connect()
from micro_experiences.services import digests, reminders
print("ready", flush=True)
reminders.send_due_reminders()
digests.send_due_digests()
"""
# Enqueues the scheduled jobs, and runs them in an RQ worker.
_QUEUE = """
import sys, frappe
frappe.init(site=sys.argv[1]); frappe.connect(); frappe.set_user("Administrator")
from rq import Worker
from frappe.utils.background_jobs import get_queue
from micro_experiences.jobs import digests, reminders
queue = get_queue("long")
print("ready", flush=True)
reminders.mx_send_due_reminders()
digests.mx_send_digests()
Worker([queue], connection=queue.connection).work(burst=True, logging_level="ERROR")
"""


def main() -> None:
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--times", type=int, default=20)
	options.add_argument("--due", type=int, default=10_000)
	options.add_argument("--what", nargs="+", choices=("worker", "mariadb", "redis"), default=None)
	args = options.parse_args()
	site = args.site or get_default_site()
	rng = random.Random(5)
	with connected(site):
		clean_up()
		fill(args.due)
		make_preferences()
	try:
		for what in args.what or ("worker", "mariadb", "redis"):
			rounds = [run_round(site, what, args.due, rng) for _number in range(args.times)]
			interrupted = sum(0 < row["sent_when_killed"] < args.due + len(get_people()) for row in rounds)
			sums = {key: sum(row[key] for row in rounds) for key in ("lost", "doubled")}
			print(
				json.dumps({"killed": what, "rounds": len(rounds), "interrupted": interrupted} | sums),
				flush=True,
			)
			assert not any(sums.values())
	finally:
		with connected(site):
			clean_up()
		# The bench does not know these servers: the next `up` starts its own.
		for server in STARTED:
			server.terminate()
			server.wait()


def make_preferences() -> None:
	"""Create a preference with a digest for each user."""
	make_email_account()
	preferences.create_preferences(get_people())
	frappe.db.commit()


def run_round(site: str, what: str, due: int, rng: random.Random) -> dict:
	"""Send, kill `what`, send the rest, and return what was lost or sent twice."""
	with connected(site):
		make_due()
	script = _QUEUE if what == "redis" else _WORKER
	running = start(script, site)
	time.sleep(rng.uniform(0.05, 7))
	if what == "worker":
		running.kill()
		running.wait()
	else:
		restart(find_server(site, what))
		# In half of the rounds the worker keeps running, as far as it can after losing its connection.
		if rng.random() < 0.5:
			running.kill()
		running.wait()
	with connected(site):
		counts = count_sent()
		sent_when_killed = sum(counts["notifications"].values()) + sum(counts["mails"].values())
	again = start(script, site)
	assert again.wait(timeout=600) == 0
	with connected(site):
		lost, doubled = find_differences(due)
	row = {"killed": what, "sent_when_killed": sent_when_killed, "lost": lost, "doubled": doubled}
	print(json.dumps(row), flush=True)
	return row


def start(script: str, site: str) -> subprocess.Popen:
	"""Start a script in its own process, and return when it is about to begin."""
	running = subprocess.Popen(
		[sys.executable, "-c", script, site], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
	)
	assert running.stdout.readline().strip() == "ready"
	return running


def make_due() -> None:
	"""Make all reminders and digests due, and delete what was sent."""
	delete_sent()
	delete_mails()
	frappe.db.delete("Follow Up Reminder", {"recipient": ("in", get_people())})
	frappe.db.sql(
		"update `tabFollow Up Task` set next_reminder_at = %s, due_on = %s where name like %s",
		(now_datetime() - timedelta(hours=1), today(), f"{MARK}%"),
	)
	own = {"user": ("in", get_people())}
	frappe.db.set_value("Follow Up Preference", own, "next_digest_at", now_datetime() - timedelta(hours=1))
	frappe.db.commit()


def count_sent() -> dict[str, Counter]:
	"""Return how often each reminder was sent and has a proof row, by follow-up, and likewise each digest, by user."""
	notifications = frappe.get_all(
		"Notification Log", filters={"document_name": ("like", f"{MARK}%")}, pluck="document_name"
	)
	mails = frappe.get_all(
		"Email Queue Recipient", filters={"recipient": ("in", get_people())}, pluck="recipient"
	)
	proofs = frappe.get_all(
		"Follow Up Reminder",
		filters={"recipient": ("in", get_people())},
		fields=["kind", "follow_up_task", "recipient"],
	)
	return {
		"notifications": Counter(notifications),
		"proofs": Counter(proof.follow_up_task for proof in proofs if proof.kind == "Reminder"),
		"mails": Counter(mails),
		"proofs of mails": Counter(proof.recipient for proof in proofs if proof.kind == "Digest"),
	}


def find_differences(due: int) -> tuple[int, int]:
	"""Return how many notifications, emails and proof rows are missing, and how many exist twice."""
	tasks, lost, doubled = [get_task_name(number) for number in range(1, due + 1)], 0, 0
	for what, counts in count_sent().items():
		expected = get_people() if "mails" in what else tasks
		lost += sum(counts[key] == 0 for key in expected)
		doubled += sum(counts[key] > 1 for key in expected) + len(counts.keys() - set(expected))
	return lost, doubled


def find_server(site: str, what: str) -> int:
	"""Return the process id of the server that this bench uses, found by its port."""
	with connected(site):
		port = str(frappe.conf.db_port) if what == "mariadb" else frappe.conf.redis_queue.rsplit(":", 1)[1]
	name = "mariadbd" if what == "mariadb" else "redis-server"
	for folder in Path("/proc").glob("[0-9]*"):
		try:
			words = (folder / "cmdline").read_bytes().split(b"\0")
		except OSError:
			continue
		command = b" ".join(words).decode(errors="replace")
		if name in command.split(" ")[0] and port in command:
			return int(folder.name)
	raise SystemExit(f"No {name} with port {port} is running on this machine.")


def restart(pid: int) -> None:
	"""Kill a server, and start it again with the same command."""
	words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
	if b"redis" in words[0]:
		# Redis replaces its command line by its name and address.
		address, port = words[0].decode().split()[-1].rsplit(":", 1)
		words = ["redis-server", "--bind", address, "--port", port, "--save", "", "--appendonly", "no"]
	folder = os.readlink(f"/proc/{pid}/cwd")
	os.kill(pid, signal.SIGKILL)
	while (
		Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1][:3]
	):
		time.sleep(0.05)
	quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
	STARTED.append(subprocess.Popen(words, cwd=folder, start_new_session=True, **quiet))
	site, until = get_default_site(), time.monotonic() + 120
	while True:
		try:
			with connected(site):
				from frappe.utils.background_jobs import get_redis_conn

				get_redis_conn().ping()
			return
		except Exception:
			assert time.monotonic() < until, "the server did not start again"
			time.sleep(0.2)


if __name__ == "__main__":
	main()
