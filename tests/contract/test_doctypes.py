"""The records: their names, their fields, and what no role may do. Tests and sites rely on these names."""

import ast
import re
from datetime import date

import pytest
from app_source import MODULE, doctypes, fields, scrub, tree

from micro_experiences.domain import budget, cadence, gestures, ledger, recall, sensitive_words, variety
from micro_experiences.domain.sight import TREASURERS

REFERENCE = "reference_doctype reference_name"
# The contract. A field that a site may already hold data in cannot be renamed without a patch.
RECORDS = {
	"Note Topic": "topic_name icon sensitive_by_default",
	"Personal Note": f"""customer contact topic note kind certainty heard_by heard_on heard_via {REFERENCE} occasion_on
		repeats_yearly remember_until stops visibility user_group sensitive kept_as_is_because pinned status closed_because last_used_on
		last_used_by times_used""",
	"Personal Note Use": f"personal_note customer used_by used_on {REFERENCE} action they_said",
	"Personal Note Access": "personal_note customer user seen_in reason accessed_on open_until",
	"Personal Data Erasure": """whose customer contact reason requested_on erased_on erased_by notes uses gestures promises reminders
		traces first_day last_day gestures_kept released kept""",
	"Gesture Type": "type_name channel usual_cost involves message_template enabled",
	"Gesture": f"""customer contact gesture_type personal_note what message cost currency conversion_rate base_cost
		company gesture_budget gesture_wallet given_by planned_on given_on status approver approved_on reaction story
		share_story {REFERENCE}""",
	"Gesture Budget": """title company enabled budget_kind for_role for_user_group holders amount currency period
		starts_on unspent carry_over_limit free_up_to cap_per_recipient approver_role expense_account
		paid_from_account cost_center post_to_ledger""",
	"Gesture Budget Holder": "user",
	"Gesture Wallet": """gesture_budget holder company currency period_start period_end allowance carried_over committed
		spent wallet_key""",
	"Gesture Wallet Entry": "gesture_wallet gesture kind amount posting_date made_by entry_key",
	"Follow Up Task": f"""customer contact subject personal_note gesture {REFERENCE} assigned_to due_on due_time repeats
		every remind_days_before next_reminder_at snoozed_until status outcome done_on done_by escalate_to
		escalate_after_days escalated_on""",
	"Follow Up Reminder": "follow_up_task occurrence recipient kind sent_on reminder_key",
	"Follow Up Preference": "user bell digest digest_hour next_digest_at set_aside_because",
	"Sensitive Term": "term language category counts",
	"Micro Experiences Settings": """check_wording show_on_customer show_on_sales_invoice lines_in_banner occasion_lead_days digest_hour
		quiet_from quiet_until same_gesture_days gestures_per_month""",
}
OPTIONS = {
	("Personal Note", "kind"): "Moment, Fact, Occasion, Never",
	("Personal Note", "certainty"): "Told Us, Noticed, Confirmed",
	("Personal Note", "heard_via"): "In Person, Phone, Email, Message, Visit, Other",
	("Personal Note", "visibility"): "Everyone, Group, Only Me",
	("Personal Note", "status"): "Active, Closed",
	("Personal Note", "closed_because"): "Used, No Longer True, Expired, Erased",
	("Personal Note Use", "action"): "Used, Snoozed, No Longer True",
	("Personal Note Access", "seen_in"): "Reason, Form, Banner, Personal Data Report, Erasure",
	("Sensitive Term", "category"): "Health, Religion, Politics, Origin, Sexuality, Union, Offence, Insult",
	("Sensitive Term", "language"): "English, German, French, Spanish",
	("Gesture", "status"): "Idea, Awaiting Approval, Approved, Given, Declined, Cancelled",
	("Gesture", "reaction"): "Delighted, Pleased, No Reaction, Missed",
	("Gesture Budget", "budget_kind"): "Per Person, Shared Pool",
	("Gesture Budget", "period"): "Week, Month, Quarter, Half-Year, Fiscal Year",
	("Gesture Budget", "unspent"): "Lapses, Carries Over",
	("Gesture Wallet Entry", "kind"): "Commit, Spend, Release, Refund, Carry Over, Adjust",
	("Follow Up Task", "repeats"): "Never, Days, Weeks, Months, Years, After Last Invoice",
	("Follow Up Task", "status"): "Open, Done, Skipped",
	("Follow Up Reminder", "kind"): "Reminder, Escalation, Digest",
}
BREAKS = {"Section Break", "Column Break", "Tab Break", "HTML"}
MANAGER = "Micro Experiences Manager"
ROLES = {
	"Sales User",
	"Sales Manager",
	"Accounts User",
	"Accounts Manager",
	"Support Team",
	"System Manager",
	MANAGER,
}
# One writer per table: code writes these, nobody by hand.
WRITTEN_BY_CODE = {
	"Gesture Wallet",
	"Gesture Wallet Entry",
	"Follow Up Reminder",
	"Personal Note Use",
	"Personal Note Access",
	"Personal Data Erasure",
}
MAY_NOT = ("create", "write", "delete", "submit", "cancel", "amend", "import")
# Words that nobody can know: each has a description. "Zero" and "empty" mean something else in every one.
PUZZLING = {
	"Personal Note": "note contact kind certainty pinned occasion_on remember_until stops visibility sensitive kept_as_is_because",
	"Personal Note Use": "snoozed_until",
	"Personal Note Access": "seen_in personal_note",
	"Personal Data Erasure": "contact traces gestures_kept released",
	"Note Topic": "sensitive_by_default icon",
	"Gesture": "message override_reason gesture_budget wallet_amount story personal_note",
	"Sensitive Term": "term counts language",
	"Gesture Type": "usual_cost involves message_template",
	"Gesture Budget": "budget_kind free_up_to approver_role cap_per_recipient carry_over_limit",
	"Gesture Wallet": "holder committed",
	"Follow Up Task": "subject due_time repeats counted_from",
	"Follow Up Reminder": "occurrence",
	"Follow Up Preference": "bell digest digest_hour",
	"Micro Experiences Settings": "check_wording lines_in_banner rest_days digest_hour quiet_from gestures_per_month",
}
# What people of the shop write themselves, and what they may look up.
WRITTEN_BY_USERS = {"Personal Note", "Gesture", "Follow Up Task"}
READ_BY_USERS = WRITTEN_BY_USERS | {"Note Topic", "Gesture Type", "Gesture Wallet", "Gesture Wallet Entry"}
# Links that need no index, by what they point to, and why.
NO_INDEX = {"DocType": "a handful of values, and never asked for without the indexed name beside it"}

EVERY = pytest.mark.parametrize("name", sorted(doctypes()))


def options(field: dict) -> list[str]:
	return [line for line in field["options"].split("\n") if line]


def data_fields(name: str) -> list[dict]:
	found = [f for f in doctypes()[name]["fields"] if f["fieldtype"] not in BREAKS]
	assert found
	return found


def test_these_are_the_records():
	assert set(doctypes()) == set(RECORDS)


@EVERY
def test_the_fields_of_the_contract_exist(name):
	missing = set(RECORDS[name].split()) - set(fields(name))
	assert not missing


@pytest.mark.parametrize(("name", "field"), sorted(OPTIONS))
def test_the_choices_of_the_contract(name, field):
	assert options(fields(name)[field]) == OPTIONS[name, field].split(", ")


def test_the_rules_know_the_same_choices():
	assert options(fields("Personal Note")["kind"]) == list(recall.KINDS)
	assert options(fields("Follow Up Task")["repeats"]) == ["Never", *cadence.MOST_EVERY]
	day = date(2026, 11, 22)
	for period in options(fields("Gesture Budget")["period"]):
		first, last = budget.period_of(day, period, (day, day))
		assert first <= day <= last
	statuses = options(fields("Gesture")["status"])
	assert all(gestures.may_move(old, old) for old in statuses)
	assert {
		new for new in statuses if any(gestures.may_move(old, new) for old in statuses if old != new)
	} == set(statuses)
	for kind in options(fields("Gesture Wallet Entry")["kind"]):
		assert ledger.total([ledger.Line(kind, 1)])
	assert options(fields("Sensitive Term")["category"]) == list(sensitive_words.CATEGORIES)
	assert options(fields("Sensitive Term")["language"]) == list(sensitive_words.LANGUAGES.values())
	for word in variety.INVOLVES:
		assert word in fields("Personal Note")["stops"]["description"]


@EVERY
def test_a_file_of_its_own_with_a_controller(name):
	folder = MODULE / "doctype" / scrub(name)
	assert (folder / f"{scrub(name)}.json").is_file()
	assert (folder / "__init__.py").is_file()
	classes = [n.name for n in tree(folder / f"{scrub(name)}.py").body if isinstance(n, ast.ClassDef)]
	assert name.replace(" ", "") in classes
	assert doctypes()[name]["module"] == "Micro Experiences"
	assert not doctypes()[name].get("custom")


@EVERY
def test_sorting_is_said(name):
	doctype = doctypes()[name]
	assert doctype.get("sort_field") in {*fields(name), "modified", "creation", "name"}
	assert doctype.get("sort_order") in ("ASC", "DESC")


@EVERY
def test_fields_are_listed_once_and_labelled(name):
	doctype = doctypes()[name]
	names = [field["fieldname"] for field in doctype["fields"]]
	assert doctype["field_order"] == names
	assert len(set(names)) == len(names)
	assert not [field["fieldname"] for field in data_fields(name) if not field.get("label", "").strip()]


@pytest.mark.parametrize("name", sorted(PUZZLING))
def test_what_may_puzzle_is_described(name):
	bare = [
		field for field in PUZZLING[name].split() if not fields(name)[field].get("description", "").strip()
	]
	assert not bare


@EVERY
def test_a_default_is_one_of_the_choices(name):
	for field in data_fields(name):
		if field["fieldtype"] == "Select":
			first = field["options"].split("\n")[0]
			assert field.get("default", first) in field["options"].split("\n"), field["fieldname"]


@EVERY
def test_what_depends_on_a_field_names_one_that_exists(name):
	for field in doctypes()[name]["fields"]:
		for rule in ("depends_on", "mandatory_depends_on", "read_only_depends_on"):
			named = set(re.findall(r"(?<=\bdoc\.)\w+|^\w+$", field.get(rule) or ""))
			assert named <= {*fields(name), "__islocal", "docstatus"}, (field["fieldname"], rule)


@EVERY
def test_every_link_is_indexed(name):
	if doctypes()[name].get("issingle"):
		return
	unindexed = [
		field["fieldname"]
		for field in data_fields(name)
		if field["fieldtype"] in ("Link", "Dynamic Link")
		and not field.get("search_index")
		and not field.get("unique")
		and field["options"] not in NO_INDEX
	]
	assert not unindexed


def test_the_links_are_many_and_no_exception_is_stale():
	links = [f for name in doctypes() for f in data_fields(name) if f["fieldtype"] == "Link"]
	assert len(links) > 40
	for target in NO_INDEX:
		assert any(f["options"] == target and not f.get("search_index") for f in links)


def test_the_indexes_that_the_banner_and_the_job_need():
	assert fields("Follow Up Task")["next_reminder_at"].get("search_index")
	for name in ("Personal Note", "Follow Up Task"):
		body = ast.unparse(tree(MODULE / "doctype" / scrub(name) / f"{scrub(name)}.py"))
		assert f"frappe.db.add_index('{name}', ['customer', 'status'])" in body


def test_nothing_is_booked_or_sent_twice():
	for name, key in (
		("Gesture Wallet", "wallet_key"),
		("Gesture Wallet Entry", "entry_key"),
		("Follow Up Reminder", "reminder_key"),
	):
		assert fields(name)[key].get("unique") == 1
		assert fields(name)[key]["fieldtype"] == "Data"
		assert fields(name)[key].get("length") == 255


@EVERY
def test_permissions_name_known_roles(name):
	doctype = doctypes()[name]
	roles = {permission["role"] for permission in doctype.get("permissions", ())}
	assert not roles & {"All", "Guest", "Desk User"}
	assert roles <= ROLES
	assert bool(roles) != bool(doctype.get("istable"))


@EVERY
def test_permissions_are_complete(name):
	"""Whoever may write may read; whoever may make a record may write it; nobody depends on a second row."""
	rows = doctypes()[name].get("permissions", ())
	assert len({row["role"] for row in rows}) == len(rows)
	for row in rows:
		rights = {right for right, given in row.items() if given == 1}
		assert not row.get("permlevel") and not row.get("if_owner"), row["role"]
		assert rights & {"read", "select"}, row["role"]
		assert "read" in rights or not rights & {"write", "create", "delete", "report", "export", "print"}, (
			row["role"]
		)
		assert "write" in rights or not rights & {"create", "delete"}, row["role"]


@pytest.mark.parametrize("name", sorted(READ_BY_USERS))
def test_every_role_that_uses_the_app_has_its_rights(name):
	needed = {"read", "write", "create"} if name in WRITTEN_BY_USERS else {"read"}
	for role in ROLES - {"System Manager"}:
		row = next((row for row in doctypes()[name]["permissions"] if row["role"] == role), {})
		assert not [right for right in needed if not row.get(right)], role


@EVERY
def test_nothing_is_shared(name):
	assert not [p["role"] for p in doctypes()[name].get("permissions", ()) if p.get("share")]


@pytest.mark.parametrize("name", sorted(WRITTEN_BY_CODE))
def test_nobody_writes_what_code_writes(name):
	doctype = doctypes()[name]
	assert doctype["permissions"]
	assert not [(p["role"], right) for p in doctype["permissions"] for right in MAY_NOT if p.get(right)]
	assert doctype.get("in_create") == 1


@EVERY
def test_only_managers_delete_and_export(name):
	for permission in doctypes()[name].get("permissions", ()):
		if permission["role"] not in (MANAGER, "System Manager"):
			assert not permission.get("delete") and not permission.get("import")
			# Sums of money without a word about a customer: the report of what became of them is theirs to take along.
			reads_results = name == "Gesture Wallet" and permission["role"] in TREASURERS
			assert not permission.get("export") or reads_results


@EVERY
def test_no_text_leaks_by_titles_search_or_versions(name):
	doctype = doctypes()[name]
	assert not [f["fieldname"] for f in doctype["fields"] if f.get("in_global_search")]
	# Its name is a code, and its title says nothing about a customer.
	assert bool(doctype.get("show_title_field_in_link")) == (name == "Gesture Budget")
	# Neutral: a budget's own title, or who it is about; never what was written.
	titles = {"Gesture Budget": "title", "Follow Up Preference": "user"}
	assert doctype.get("title_field") in (titles.get(name, "customer"), None)
	assert not doctype.get("allow_import") and not doctype.get("make_attachments_public")
	if name in ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task"):
		assert doctype.get("track_changes") == 0
		assert not doctype.get("track_views") and not doctype.get("email_append_to")
		assert not doctype.get("has_web_view") and not doctype.get("search_fields")


@EVERY
def test_nothing_is_submittable(name):
	"""A submitted document that is linked to an invoice would block cancelling that invoice."""
	assert not doctypes()[name].get("is_submittable")
	assert "amended_from" not in fields(name)


def test_a_customer_is_a_link():
	found = 0
	for name in doctypes():
		if customer := fields(name).get("customer"):
			found += 1
			assert (customer["fieldtype"], customer["options"]) == ("Link", "Customer")
	assert found >= 4


def test_no_private_text_stands_in_a_child_table():
	"""Frappe 15 asks no row condition of a child table."""
	tables = [name for name in doctypes() if doctypes()[name].get("istable")]
	assert tables == ["Gesture Budget Holder"]
	assert [field["fieldtype"] for field in data_fields("Gesture Budget Holder")] == ["Link"]


def test_money_is_currency():
	money = (
		"cost base_cost amount allowance carried_over committed spent free_up_to carry_over_limit usual_cost"
	)
	found = 0
	for name in doctypes():
		for field in data_fields(name):
			if field["fieldname"] in money.split():
				found += 1
				assert field["fieldtype"] == "Currency", (name, field["fieldname"])
	assert found >= 10


def test_links_lead_to_records_that_exist():
	for name in doctypes():
		for field in data_fields(name):
			if field["fieldtype"] == "Dynamic Link":
				assert fields(name)[field["options"]]["options"] == "DocType"
			if field["fieldtype"] in ("Table", "Table MultiSelect"):
				assert doctypes()[field["options"]].get("istable")
		for link in doctypes()[name].get("links", ()):
			assert link["link_fieldname"] in fields(link["link_doctype"])


def test_the_settings_are_one():
	single = [name for name in doctypes() if doctypes()[name].get("issingle")]
	assert single == ["Micro Experiences Settings"]


# What is never empty in Python, whether it is required or not.
NEVER_NONE = {
	"Check",
	"Currency",
	"Float",
	"Int",
	"Percent",
	"Rating",
	"Select",
	"Table",
	"Table MultiSelect",
}


def annotation(field: dict) -> str:
	"""The type of a field, as Frappe's `export_python_type_annotations` writes it."""
	kind = f"DF.{field['fieldtype'].replace(' ', '')}"
	if field["fieldtype"] == "Select":
		choices = ", ".join(f"'{choice.strip()}'" for choice in field["options"].split("\n"))
		return f"DF.Literal[{choices}]"
	if field["fieldtype"].startswith("Table"):
		return f"{kind}[{field['options'].replace(' ', '')}]"
	return kind if field["fieldtype"] in NEVER_NONE or field.get("reqd") else f"{kind} | None"


def controller(name: str) -> ast.ClassDef:
	body = tree(MODULE / "doctype" / scrub(name) / f"{scrub(name)}.py").body
	return next(n for n in body if isinstance(n, ast.ClassDef) and n.name == name.replace(" ", ""))


@EVERY
def test_the_controller_is_typed_as_its_fields_are(name):
	"""`bench migrate` in developer mode writes them; and so does `frappe.types.exporter.TypeExporter`."""
	typed = {
		ast.unparse(node.target): ast.unparse(node.annotation)
		for node in ast.walk(controller(name))
		if isinstance(node, ast.AnnAssign)
	}
	expected = {
		field["fieldname"]: annotation(field) for field in data_fields(name) if field["fieldtype"] != "Button"
	}
	if doctypes()[name].get("istable"):
		expected |= dict.fromkeys(("parent", "parentfield", "parenttype"), "DF.Data")
	assert typed == expected


@EVERY
def test_what_a_controller_says_of_itself_stands_first(name):
	"""After the block of types it would be a string that nothing reads."""
	texts = [
		node
		for node in controller(name).body[1:]
		if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
	]
	assert not texts
