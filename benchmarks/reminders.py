"""Measure what reminders cost, from due to delivered, compared with Frappe's own features: seconds, queries and memory.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/reminders.py --table 1000000 --due 1000 10000 100000 --stock 1000 10000

The app: `--due` follow-ups of a hundred users are due among all open ones of the table. The scheduled function counts them,
and workers (forked processes, as in RQ) send them. Frappe, in the same run: a Notification "Days Before" on as many ToDos,
which enqueues one job per notification, of which an RQ worker runs a sample; the same by email; and Frappe's Reminder.
Prints a line of JSON for each, then the ratios and the plan with which MariaDB finds what is due. Everything that it adds
to the site is removed again.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import frappe
from form_load import connected, count_queries, get_default_site
from frappe.utils import add_days, now_datetime, today

from micro_experiences.services import reminders
from micro_experiences.tests.utils import make_customer, make_user

MARK = "REMIND-"
CUSTOMER = f"{MARK}customer"
PEOPLE = 100
# How many jobs of a Notification the worker runs: all of them would take an hour.
SAMPLE = 100
FORK = multiprocessing.get_context("fork")


def main() -> None:
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--table", type=int, default=1_000_000, help="open follow-ups that are not due")
	options.add_argument("--due", type=int, nargs="+", default=[1_000, 10_000, 100_000])
	options.add_argument("--stock", type=int, nargs="*", default=[1_000, 10_000])
	options.add_argument("--workers", type=int, nargs="+", default=[1, 2])
	args = options.parse_args()
	site = args.site or get_default_site()
	with connected(site):
		clean_up()
		fill(args.table)
	try:
		app_rows = [measure_app(site, due, workers) for due in args.due for workers in args.workers]
		with connected(site):
			print(json.dumps({"explain": explain()}), flush=True)
		stock = {count: measure_stock(site, count) for count in args.stock}
		for row in app_rows:
			if row["workers"] == 1 and row["due"] in stock:
				print(json.dumps(get_ratios(row, stock[row["due"]])), flush=True)
	finally:
		with connected(site):
			clean_up()


def get_people() -> list[str]:
	"""Return the names of the users."""
	return [f"{MARK.lower()}{number}@example.com" for number in range(PEOPLE)]


def get_task_name(number: int) -> str:
	"""Return the name of a follow-up. Names sort in the order of their numbers."""
	return f"{MARK}{number:07}"


def fill(count: int) -> None:
	"""Create the users, a customer, and `count` open follow-ups that are due in a year."""
	frappe.local.conf.throttle_user_limit = 10 * PEOPLE
	for person in get_people():
		make_user(person, ("Sales User",))
	make_customer(CUSTOMER)
	settings = frappe.get_doc("Micro Experiences Settings")
	# No quiet hours, so that the benchmark can run at any time.
	settings.update({"quiet_from": 0, "quiet_until": 0}).save()
	frappe.db.commit()
	frappe.db.sql(
		"""insert into `tabFollow Up Task`
		(name, creation, modified, owner, modified_by, customer, subject, assigned_to, status, due_on, repeats, every,
		counted_from, next_reminder_at)
		select concat(%(mark)s, lpad(seq, 7, '0')), now(), now(), 'Administrator', 'Administrator', %(customer)s, 'call', concat(%(person)s,
		seq %% %(people)s, '@example.com'), 'Open', %(day)s, 'Never', 1, %(day)s, concat(%(day)s, ' 09:00:00')
		from seq_1_to_"""
		+ str(int(count)),
		{
			"mark": MARK,
			"customer": CUSTOMER,
			"person": MARK.lower(),
			"people": PEOPLE,
			"day": add_days(today(), 365),
		},
	)
	frappe.db.commit()
	frappe.db.sql("analyze table `tabFollow Up Task`")


def measure_app(site: str, due: int, workers: int) -> dict:
	"""Make `due` follow-ups due, send their reminders with `workers` processes, and return the figures to print."""
	with connected(site):
		frappe.db.sql(
			"update `tabFollow Up Task` set next_reminder_at = %s, due_on = %s where name between %s and %s",
			(now_datetime() - timedelta(hours=1), today(), get_task_name(1), get_task_name(due)),
		)
		frappe.db.commit()
		before = count_sent()
	start = time.perf_counter()
	with connected(site):
		counting_queries = count_queries(lambda: reminders.count_due("Reminder", now_datetime(), due + 1))
	with FORK.Pool(workers) as pool:
		results = pool.map(run_worker, [site] * workers)
	seconds = time.perf_counter() - start
	with connected(site):
		notifications, proofs = (after - earlier for after, earlier in zip(count_sent(), before, strict=True))
		delete_sent()
	assert notifications == proofs == due, (notifications, proofs, results)
	queries = counting_queries + sum(result["queries"] for result in results)
	row = {
		"what": "app",
		"due": due,
		"workers": workers,
		"seconds": round(seconds, 2),
		"ms_each": round(seconds * 1000 / due, 3),
		"queries": queries,
		"queries_each": round(queries / due, 4),
		"mb_grown": max(result["mb"] for result in results),
		"sent_by_each": [result["sent"] for result in results],
	}
	print(json.dumps(row), flush=True)
	return row


def run_worker(site: str) -> dict:
	"""Send what is due as one RQ worker does; runs in its own process."""
	with connected(site):
		# Loads modules, metadata and settings, as an earlier job of the worker would have done.
		reminders.get_user_hours(get_people()[:1])
		sent, before = [], get_memory_peak()
		queries = count_queries(lambda: sent.append(reminders.send_due_reminders()))
		return {"sent": sent[0], "queries": queries, "mb": get_memory_peak() - before}


def get_memory_peak() -> int:
	"""Return the peak memory of this process in MB."""
	with open("/proc/self/status") as status:
		line = next(line for line in status if line.startswith("VmHWM"))
	return int(line.split()[1]) // 1024


def count_sent() -> tuple[int, int]:
	"""Return the number of notifications and of proof rows about the follow-ups."""
	notifications = frappe.db.count("Notification Log", {"document_name": ("like", f"{MARK}%")})
	return notifications, frappe.db.count("Follow Up Reminder", {"follow_up_task": ("like", f"{MARK}%")})


def delete_sent() -> None:
	"""Delete the notifications and proof rows."""
	frappe.db.delete("Notification Log", {"document_name": ("like", f"{MARK}%")})
	frappe.db.delete("Follow Up Reminder", {"follow_up_task": ("like", f"{MARK}%")})
	frappe.db.commit()


def explain() -> list:
	"""Return the plan with which MariaDB finds due follow-ups."""
	query = reminders._get_due_query("Reminder", now_datetime(), reminders.CHUNK_SIZE).for_update(
		skip_locked=True
	)
	rows = frappe.db.sql(f"explain {query.get_sql()}", as_dict=True)
	return [{key: row[key] for key in ("table", "type", "key", "rows", "Extra")} for row in rows]


def measure_stock(site: str, count: int) -> dict:
	"""Send `count` reminders with Frappe's own features: a Notification in the Desk, one by email, and Reminder."""
	found = {}
	with connected(site):
		make_todos(count)
		notification = make_notification("System Notification")
	queue_before = count_waiting_jobs(site)
	with connected(site):
		scheduled = measure_call(trigger_alerts)
	queued = count_waiting_jobs(site) - queue_before
	job_seconds = run_jobs(site, min(SAMPLE, queued))
	row = {
		"what": "Notification, Desk",
		"due": count,
		"scheduled_seconds": round(scheduled["seconds"], 2),
		"scheduled_queries_each": round(scheduled["queries"] / count, 2),
		"jobs": queued,
		"job_ms_each": round(job_seconds * 1000, 1),
		"job_queries_each": count_job_queries(site),
	}
	row["ms_each"] = round(scheduled["seconds"] * 1000 / count + row["job_ms_each"], 1)
	row["queries_each"] = row["scheduled_queries_each"] + row["job_queries_each"]
	found["desk"] = row
	print(json.dumps(row), flush=True)
	with connected(site):
		empty_queue()
		frappe.delete_doc("Notification", notification, force=True)
		mail = make_notification("Email")
		found["mail"] = print_row("Notification, email", count, measure_call(trigger_alerts))
		frappe.delete_doc("Notification", mail, force=True)
		delete_mails()
	with connected(site):
		make_reminders(count)
		from frappe.automation.doctype.reminder.reminder import send_reminders

		found["reminder"] = print_row("Reminder", count, measure_call(send_reminders))
		frappe.db.delete("Reminder", {"description": ("like", f"{MARK}%")})
		frappe.db.delete("ToDo", {"description": ("like", f"{MARK}%")})
		delete_sent()
	return found


def trigger_alerts() -> None:
	"""Run Frappe's daily job for Notifications."""
	from frappe.email.doctype.notification.notification import trigger_daily_alerts

	trigger_daily_alerts()


def print_row(what: str, count: int, cost: dict) -> dict:
	"""Print the figures of one of Frappe's features, and return them."""
	row = {
		"what": what,
		"due": count,
		"seconds": round(cost["seconds"], 2),
		"ms_each": round(cost["seconds"] * 1000 / count, 2),
		"queries_each": round(cost["queries"] / count, 2),
	}
	print(json.dumps(row), flush=True)
	return row


def measure_call(call: Callable[[], object]) -> dict:
	"""Call a function, commit, and return its seconds and queries."""
	start = time.perf_counter()
	queries = count_queries(call)
	frappe.db.commit()
	return {"seconds": time.perf_counter() - start, "queries": queries}


def make_todos(count: int) -> None:
	"""Insert `count` open ToDos for tomorrow."""
	stamp = (now_datetime(), now_datetime(), "Administrator", "Administrator")
	who = get_people()
	fields = [
		"name",
		"creation",
		"modified",
		"owner",
		"modified_by",
		"description",
		"status",
		"date",
		"allocated_to",
	]
	rows = [
		(f"{MARK}{n}", *stamp, f"{MARK}{n}", "Open", add_days(today(), 1), who[n % PEOPLE])
		for n in range(count)
	]
	frappe.db.bulk_insert("ToDo", fields, rows)
	frappe.db.commit()


def make_notification(channel: str) -> str:
	"""Create a Notification one day before the date of a ToDo, and return its name."""
	return (
		frappe.get_doc(
			{
				"doctype": "Notification",
				"name": f"{MARK}{channel}",
				"subject": "{{ doc.description }} is due",
				"document_type": "ToDo",
				"event": "Days Before",
				"date_changed": "date",
				"days_in_advance": 1,
				"channel": channel,
				"message": "{{ doc.description }}",
				"recipients": [{"receiver_by_document_field": "allocated_to"}],
			}
		)
		.insert()
		.name
	)


def make_reminders(count: int) -> None:
	"""Insert `count` due records of Frappe's Reminder."""
	stamp = (now_datetime(), now_datetime(), "Administrator", "Administrator")
	fields = ["name", "creation", "modified", "owner", "modified_by", "description", "remind_at", "user"]
	fields += ["reminder_doctype", "reminder_docname", "notified"]
	who, at = get_people(), now_datetime() - timedelta(minutes=5)
	rows = [
		(f"{MARK}{n}", *stamp, f"{MARK}{n}", at, who[n % PEOPLE], "ToDo", f"{MARK}{n}", 0)
		for n in range(count)
	]
	frappe.db.bulk_insert("Reminder", fields, rows)
	frappe.db.commit()


def count_waiting_jobs(site: str) -> int:
	"""Return the number of jobs in the default queue."""
	from frappe.utils.background_jobs import get_queue

	with connected(site):
		return get_queue("default").count


def empty_queue() -> None:
	"""Remove all jobs from the default queue."""
	from frappe.utils.background_jobs import get_queue

	get_queue("default").empty()


def run_jobs(site: str, count: int) -> float:
	"""Run `count` jobs of the default queue in an RQ worker, and return the seconds per job."""
	script = (
		"import sys, time, frappe\n"
		"frappe.init(site=sys.argv[1]); frappe.connect()\n"
		"from rq import Worker\n"
		"from frappe.utils.background_jobs import get_queue\n"
		"queue = get_queue('default')\n"
		"worker = Worker([queue], connection=queue.connection)\n"
		"start = time.perf_counter()\n"
		"worker.work(burst=True, max_jobs=int(sys.argv[2]), logging_level='ERROR')\n"
		"print(time.perf_counter() - start)\n"
	)
	done = subprocess.run(
		[sys.executable, "-c", script, site, str(count)],
		capture_output=True,
		text=True,
		check=True,
		env=os.environ | {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"},
	)
	return float(done.stdout.strip().splitlines()[-1]) / count


def count_job_queries(site: str) -> int:
	"""Return the number of queries of one job of a Notification."""
	from frappe.desk.doctype.notification_log.notification_log import make_notification_logs

	with connected(site):
		document = {"type": "Alert", "document_type": "ToDo", "document_name": f"{MARK}1", "subject": "due"}
		document |= {"from_user": "Administrator"}
		return count_queries(lambda: make_notification_logs(frappe._dict(document), get_people()[:1]))


def delete_mails() -> None:
	"""Delete the queued emails."""
	for doctype in ("Email Queue", "Communication"):
		frappe.db.delete(doctype, {"reference_name": ("like", f"{MARK}%")})
	frappe.db.sql("delete from `tabEmail Queue Recipient` where recipient like %s", f"{MARK.lower()}%")
	frappe.db.commit()


def get_ratios(app: dict, stock: dict) -> dict:
	"""Return how many times the time and the queries of the app each of Frappe's features takes."""
	row = {"what": "ratios", "due": app["due"]}
	for name in ("desk", "mail", "reminder"):
		row[f"{name}_time"] = round(stock[name]["ms_each"] / app["ms_each"])
		row[f"{name}_queries"] = round(stock[name]["queries_each"] / app["queries_each"])
	return row


def clean_up() -> None:
	"""Remove everything that the benchmark has added."""
	for doctype, field in (
		("Follow Up Task", "name"),
		("Follow Up Reminder", "follow_up_task"),
		("Notification Log", "document_name"),
		("ToDo", "name"),
		("Reminder", "name"),
	):
		frappe.db.delete(doctype, {field: ("like", f"{MARK}%")})
	for name in frappe.get_all("Notification", filters={"name": ("like", f"{MARK}%")}, pluck="name"):
		frappe.delete_doc("Notification", name, force=True)
	frappe.db.delete("User", {"name": ("like", f"{MARK.lower()}%")})
	frappe.db.delete("Has Role", {"parent": ("like", f"{MARK.lower()}%")})
	frappe.db.delete("Notification Settings", {"name": ("like", f"{MARK.lower()}%")})
	frappe.db.delete("Follow Up Preference", {"user": ("like", f"{MARK.lower()}%")})
	frappe.db.delete("Customer", {"name": CUSTOMER})
	settings = frappe.get_doc("Micro Experiences Settings")
	settings.update({"quiet_from": 20, "quiet_until": 7}).save()
	delete_mails()


if __name__ == "__main__":
	main()
