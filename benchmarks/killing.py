"""What is lost or doubled when things are killed while reminders and digests are sent: nothing, or this fails.

	MX_MARIADB_OPTIONS="--innodb-flush-log-at-trx-commit=1 --sync-binlog=1" python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/killing.py --times 20 --due 10000

Each round makes so many reminders and a hundred digests due, starts to send them, kills with SIGKILL at a random moment
(the worker; MariaDB, which a committed transaction has to survive, so start it with the options above; the Redis that
holds the queue, while an RQ worker is at it), starts again what was killed, and sends the rest. Then there is one bell and
one proof for each reminder, and one mail and one proof for each digest. Prints a line of JSON for each round and the sums.
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
from form_load import connected, site_of_the_bench
from frappe.utils import now_datetime, today
from reminders import MARK, clean_up, fill, forget_mails, forget_sent, name, people

from micro_experiences.services import preferences
from micro_experiences.tests.utils import make_email_account

STARTED: list[subprocess.Popen] = []

# Sends what is due in this process, and says when it is about to begin.
_WORKER = """
import sys, frappe
frappe.init(site=sys.argv[1]); frappe.connect()
from micro_experiences.jobs import digests, reminders
print("ready", flush=True)
reminders.send_due()
digests.send_due()
"""
# Puts the jobs of the clock into the queue, and works them off as an RQ worker does.
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
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--times", type=int, default=20)
	options.add_argument("--due", type=int, default=10_000)
	options.add_argument("--what", nargs="+", choices=("worker", "mariadb", "redis"), default=None)
	args = options.parse_args()
	site = args.site or site_of_the_bench()
	choose = random.Random(5)
	with connected(site):
		clean_up()
		fill(args.due)
		prefer()
	try:
		for what in args.what or ("worker", "mariadb", "redis"):
			rounds = [play(site, what, args.due, choose) for _number in range(args.times)]
			cut = sum(0 < row["sent_when_killed"] < args.due + len(people()) for row in rounds)
			sums = {key: sum(row[key] for row in rounds) for key in ("lost", "doubled")}
			print(json.dumps({"killed": what, "rounds": len(rounds), "in_the_midst": cut} | sums), flush=True)
			assert not any(sums.values())
	finally:
		with connected(site):
			clean_up()
		# The bench does not know of them: the next `up` starts its own.
		for server in STARTED:
			server.terminate()
			server.wait()


def prefer() -> None:
	"""Everybody of ours has a digest."""

	make_email_account()
	preferences.create_preferences(people())
	frappe.db.commit()


def play(site: str, what: str, due: int, choose: random.Random) -> dict:
	with connected(site):
		make_due()
	script = _QUEUE if what == "redis" else _WORKER
	running = start(script, site)
	time.sleep(choose.uniform(0.05, 7))
	if what == "worker":
		running.kill()
		running.wait()
	else:
		restart(process_of(site, what))
		# Half of the workers live on, as far as they can without what they lost for a moment.
		if choose.random() < 0.5:
			running.kill()
		running.wait()
	with connected(site):
		told = sent()
		killed_at = sum(told["bells"].values()) + sum(told["mails"].values())
	again = start(script, site)
	assert again.wait(timeout=600) == 0
	with connected(site):
		lost, doubled = differences(due)
	row = {"killed": what, "sent_when_killed": killed_at, "lost": lost, "doubled": doubled}
	print(json.dumps(row), flush=True)
	return row


def start(script: str, site: str) -> subprocess.Popen:
	running = subprocess.Popen(
		[sys.executable, "-c", script, site], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
	)
	assert running.stdout.readline().strip() == "ready"
	return running


def make_due() -> None:
	"""All promises and digests are due, and nothing was sent."""
	forget_sent()
	forget_mails()
	frappe.db.delete("Follow Up Reminder", {"recipient": ("in", people())})
	frappe.db.sql(
		"update `tabFollow Up Task` set next_reminder_at = %s, due_on = %s where name like %s",
		(now_datetime() - timedelta(hours=1), today(), f"{MARK}%"),
	)
	mine = {"user": ("in", people())}
	frappe.db.set_value("Follow Up Preference", mine, "next_digest_at", now_datetime() - timedelta(hours=1))
	frappe.db.commit()


def sent() -> dict[str, Counter]:
	"""How often each of ours was told, and proved: by promise, and by person for the digests."""
	bells = frappe.get_all(
		"Notification Log", filters={"document_name": ("like", f"{MARK}%")}, pluck="document_name"
	)
	mails = frappe.get_all(
		"Email Queue Recipient", filters={"recipient": ("in", people())}, pluck="recipient"
	)
	proofs = frappe.get_all(
		"Follow Up Reminder",
		filters={"recipient": ("in", people())},
		fields=["kind", "follow_up_task", "recipient"],
	)
	return {
		"bells": Counter(bells),
		"proofs": Counter(proof.follow_up_task for proof in proofs if proof.kind == "Reminder"),
		"mails": Counter(mails),
		"proofs of mails": Counter(proof.recipient for proof in proofs if proof.kind == "Digest"),
	}


def differences(due: int) -> tuple[int, int]:
	"""How many were lost and how many doubled: each promise has one bell and one proof, each person one mail and one."""
	promises, lost, doubled = [name(number) for number in range(1, due + 1)], 0, 0
	for what, counts in sent().items():
		expected = people() if "mails" in what else promises
		lost += sum(counts[one] == 0 for one in expected)
		doubled += sum(counts[one] > 1 for one in expected) + len(counts.keys() - set(expected))
	return lost, doubled


def process_of(site: str, what: str) -> int:
	"""The process id of the server that this bench talks to, by its port."""
	with connected(site):
		port = str(frappe.conf.db_port) if what == "mariadb" else frappe.conf.redis_queue.rsplit(":", 1)[1]
	name = "mariadbd" if what == "mariadb" else "redis-server"
	for folder in Path("/proc").glob("[0-9]*"):
		try:
			words = (folder / "cmdline").read_bytes().split(b"\0")
		except OSError:
			continue
		told = b" ".join(words).decode(errors="replace")
		if name in told.split(" ")[0] and port in told:
			return int(folder.name)
	raise SystemExit(f"No {name} with port {port} runs on this machine.")


def restart(pid: int) -> None:
	"""Kill a server, and start it again as it was started."""
	words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
	if b"redis" in words[0]:
		# Redis writes its own name over its command line.
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
	site, until = site_of_the_bench(), time.monotonic() + 120
	while True:
		try:
			with connected(site):
				from frappe.utils.background_jobs import get_redis_conn

				get_redis_conn().ping()
			return
		except Exception:
			assert time.monotonic() < until, "the server does not come back"
			time.sleep(0.2)


if __name__ == "__main__":
	main()
