"""The list of promises has its rows from Frappe, which asks no rule: its script says of each what the rule says."""

from datetime import date, timedelta
from itertools import product

from micro_experiences.domain.follow_ups import get_due_state

SCRIPT = "micro_experiences/micro_experiences/doctype/follow_up_task/follow_up_task_list.js"
TODAY = date(2026, 11, 22)
FRAPPE = f"""
window.__ = (text) => text;
window.frappe = {{ listview_settings: {{}}, datetime: {{ get_today: () => "{TODAY}" }} }};
"""
# What the list calls it, and what the rule does: a promise whose day has not come is simply open there.
SHOWN = {"Overdue": "Overdue", "Due Today": "Today", "Snoozed": "Later", "Open": "Later"}


def test_the_list_says_of_a_promise_what_the_rule_says(chromium, address):
	page = chromium.new_page()
	page.goto(f"{address}/tests/panel/harness.html")
	page.evaluate(FRAPPE)
	page.add_script_tag(url=f"{address}/{SCRIPT}")
	days = [TODAY + timedelta(days=days) for days in (-400, -30, -1, 0, 1, 30, 400)]
	for due_on, snoozed_until in product(days, [None, *days]):
		row = {
			"status": "Open",
			"due_on": str(due_on),
			"snoozed_until": snoozed_until and str(snoozed_until),
		}
		label, _color, _filter = page.evaluate(
			"(row) => frappe.listview_settings['Follow Up Task'].get_indicator(row)", row
		)
		assert SHOWN[label] == get_due_state(due_on, snoozed_until, TODAY), row
	page.close()
