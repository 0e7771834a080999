"""What reminders cost, from due to delivered, beside what Frappe has for it: seconds, queries and memory.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/reminders.py --table 1000000 --due 1000 10000 100000 --stock 1000 10000

Ours: so many promises are due among all the open ones of the table, for a hundred people; the scheduled function counts
them, and workers (processes, as RQ makes them) send them. Theirs, in the same run: a Notification "Days Before" on as many
ToDos, whose bell reminders are jobs of which a sample is then done by a real RQ worker; the same by mail; and Frappe's
Reminder. Prints a line of JSON for each, then the ratios and how MariaDB finds what is due. What it adds is removed again.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from datetime import timedelta

import frappe
from form_load import connected, count_queries, site_of_the_bench
from frappe.utils import add_days, now_datetime, today

from micro_experiences.services import reminders
from micro_experiences.tests.utils import make_customer, make_user

MARK = "REMIND-"
CUSTOMER = f"{MARK}customer"
PEOPLE = 100
# How many of the jobs of a Notification a worker does: all of them would take an hour.
SAMPLE = 100
FORK = multiprocessing.get_context("fork")


def main() -> None:
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--table", type=int, default=1_000_000, help="open promises that are not due")
	options.add_argument("--due", type=int, nargs="+", default=[1_000, 10_000, 100_000])
	options.add_argument("--stock", type=int, nargs="*", default=[1_000, 10_000])
	options.add_argument("--workers", type=int, nargs="+", default=[1, 2])
	args = options.parse_args()
	site = args.site or site_of_the_bench()
	with connected(site):
		clean_up()
		fill(args.table)
	try:
		ours = [ours_of(site, due, workers) for due in args.due for workers in args.workers]
		with connected(site):
			print(json.dumps({"explain": explain()}), flush=True)
		stock = {count: stock_of(site, count) for count in args.stock}
		for row in ours:
			if row["workers"] == 1 and row["due"] in stock:
				print(json.dumps(ratios(row, stock[row["due"]])), flush=True)
	finally:
		with connected(site):
			clean_up()


def people() -> list[str]:
	return [f"{MARK.lower()}{number}@example.com" for number in range(PEOPLE)]


def name(number: int) -> str:
	"""The name of one of our promises, in the order of the numbers."""
	return f"{MARK}{number:07}"


def fill(count: int) -> None:
	"""The people, a customer, and so many open promises that are due in a year."""

	frappe.local.conf.throttle_user_limit = 10 * PEOPLE
	for person in people():
		make_user(person, ("Sales User",))
	make_customer(CUSTOMER)
	settings = frappe.get_doc("Micro Experiences Settings")
	# A measurement at night would find everybody asleep.
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


def ours_of(site: str, due: int, workers: int) -> dict:
	"""So many promises become due; the clock counts them, and so many processes send them."""
	with connected(site):
		frappe.db.sql(
			"update `tabFollow Up Task` set next_reminder_at = %s, due_on = %s where name between %s and %s",
			(now_datetime() - timedelta(hours=1), today(), name(1), name(due)),
		)
		frappe.db.commit()
		before = counts()
	start = time.perf_counter()
	with connected(site):
		clock = count_queries(lambda: reminders.count_due("Reminder", now_datetime(), due + 1))
	with FORK.Pool(workers) as pool:
		answers = pool.map(worker, [site] * workers)
	seconds = time.perf_counter() - start
	with connected(site):
		bells, proofs = (after - earlier for after, earlier in zip(counts(), before, strict=True))
		forget_sent()
	assert bells == proofs == due, (bells, proofs, answers)
	queries = clock + sum(answer["queries"] for answer in answers)
	row = {
		"what": "ours",
		"due": due,
		"workers": workers,
		"seconds": round(seconds, 2),
		"ms_each": round(seconds * 1000 / due, 3),
		"queries": queries,
		"queries_each": round(queries / due, 4),
		"mb_grown": max(answer["mb"] for answer in answers),
		"sent_by_each": [answer["sent"] for answer in answers],
	}
	print(json.dumps(row), flush=True)
	return row


def worker(site: str) -> dict:
	"""What one RQ worker does, in a process of its own."""
	with connected(site):
		# As the first job of a worker leaves them: modules, metadata and settings are there.
		reminders.get_user_hours(people()[:1])
		sent, before = [], memory_peak()
		queries = count_queries(lambda: sent.append(reminders.send_due_reminders()))
		return {"sent": sent[0], "queries": queries, "mb": memory_peak() - before}


def memory_peak() -> int:
	"""The most memory this process has ever had, in MB."""
	with open("/proc/self/status") as status:
		line = next(line for line in status if line.startswith("VmHWM"))
	return int(line.split()[1]) // 1024


def counts() -> tuple[int, int]:
	"""How many bells and proofs there are of our promises."""
	bells = frappe.db.count("Notification Log", {"document_name": ("like", f"{MARK}%")})
	return bells, frappe.db.count("Follow Up Reminder", {"follow_up_task": ("like", f"{MARK}%")})


def forget_sent() -> None:
	frappe.db.delete("Notification Log", {"document_name": ("like", f"{MARK}%")})
	frappe.db.delete("Follow Up Reminder", {"follow_up_task": ("like", f"{MARK}%")})
	frappe.db.commit()


def explain() -> list:
	"""How MariaDB finds what is due."""

	query = reminders._get_due_query("Reminder", now_datetime(), reminders.CHUNK_SIZE).for_update(
		skip_locked=True
	)
	rows = frappe.db.sql(f"explain {query.get_sql()}", as_dict=True)
	return [{key: row[key] for key in ("table", "type", "key", "rows", "Extra")} for row in rows]


def stock_of(site: str, count: int) -> dict:
	"""As many reminders by what Frappe has: a Notification to the bell, by mail, and the Reminder."""
	found = {}
	with connected(site):
		make_todos(count)
		bell = make_notification("System Notification")
	queue_before = jobs_waiting(site)
	with connected(site):
		clock = timed(alerts)
	queued = jobs_waiting(site) - queue_before
	each = do_jobs(site, min(SAMPLE, queued))
	row = {
		"what": "Notification, bell",
		"due": count,
		"clock_seconds": round(clock["seconds"], 2),
		"clock_queries_each": round(clock["queries"] / count, 2),
		"jobs": queued,
		"job_ms_each": round(each * 1000, 1),
		"job_queries_each": found.setdefault("job_queries", job_queries(site)),
	}
	row["ms_each"] = round(clock["seconds"] * 1000 / count + row["job_ms_each"], 1)
	row["queries_each"] = row["clock_queries_each"] + row["job_queries_each"]
	found["bell"] = row
	print(json.dumps(row), flush=True)
	with connected(site):
		empty_queue()
		frappe.delete_doc("Notification", bell, force=True)
		mail = make_notification("Email")
		by_mail = timed(alerts)
		found["mail"] = told("Notification, mail", count, by_mail)
		frappe.delete_doc("Notification", mail, force=True)
		forget_mails()
	with connected(site):
		make_reminders(count)
		from frappe.automation.doctype.reminder.reminder import send_reminders

		found["reminder"] = told("Reminder", count, timed(send_reminders))
		frappe.db.delete("Reminder", {"description": ("like", f"{MARK}%")})
		frappe.db.delete("ToDo", {"description": ("like", f"{MARK}%")})
		forget_sent()
	return found


def alerts() -> None:
	from frappe.email.doctype.notification.notification import trigger_daily_alerts

	trigger_daily_alerts()


def told(what: str, count: int, cost: dict) -> dict:
	row = {
		"what": what,
		"due": count,
		"seconds": round(cost["seconds"], 2),
		"ms_each": round(cost["seconds"] * 1000 / count, 2),
		"queries_each": round(cost["queries"] / count, 2),
	}
	print(json.dumps(row), flush=True)
	return row


def timed(call) -> dict:
	start = time.perf_counter()
	queries = count_queries(call)
	frappe.db.commit()
	return {"seconds": time.perf_counter() - start, "queries": queries}


def make_todos(count: int) -> None:
	stamp = (now_datetime(), now_datetime(), "Administrator", "Administrator")
	who = people()
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
	stamp = (now_datetime(), now_datetime(), "Administrator", "Administrator")
	fields = ["name", "creation", "modified", "owner", "modified_by", "description", "remind_at", "user"]
	fields += ["reminder_doctype", "reminder_docname", "notified"]
	who, at = people(), now_datetime() - timedelta(minutes=5)
	rows = [
		(f"{MARK}{n}", *stamp, f"{MARK}{n}", at, who[n % PEOPLE], "ToDo", f"{MARK}{n}", 0)
		for n in range(count)
	]
	frappe.db.bulk_insert("Reminder", fields, rows)
	frappe.db.commit()


def jobs_waiting(site: str) -> int:
	from frappe.utils.background_jobs import get_queue

	with connected(site):
		return get_queue("default").count


def empty_queue() -> None:
	from frappe.utils.background_jobs import get_queue

	get_queue("default").empty()


def do_jobs(site: str, count: int) -> float:
	"""Seconds that a real RQ worker takes for each of so many jobs of the queue."""
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


def job_queries(site: str) -> int:
	"""Queries of one such job."""
	from frappe.desk.doctype.notification_log.notification_log import make_notification_logs

	with connected(site):
		document = {"type": "Alert", "document_type": "ToDo", "document_name": f"{MARK}1", "subject": "due"}
		document |= {"from_user": "Administrator"}
		return count_queries(lambda: make_notification_logs(frappe._dict(document), people()[:1]))


def forget_mails() -> None:
	for doctype in ("Email Queue", "Communication"):
		frappe.db.delete(doctype, {"reference_name": ("like", f"{MARK}%")})
	frappe.db.sql("delete from `tabEmail Queue Recipient` where recipient like %s", f"{MARK.lower()}%")
	frappe.db.commit()


def ratios(ours: dict, stock: dict) -> dict:
	"""How many times more Frappe's own take than ours."""
	row = {"what": "ratios", "due": ours["due"]}
	for name in ("bell", "mail", "reminder"):
		row[f"{name}_time"] = round(stock[name]["ms_each"] / ours["ms_each"])
		row[f"{name}_queries"] = round(stock[name]["queries_each"] / ours["queries_each"])
	return row


def clean_up() -> None:
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
	forget_mails()


if __name__ == "__main__":
	main()
