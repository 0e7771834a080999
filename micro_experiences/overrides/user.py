"""Everything the app does to a User."""

from micro_experiences.services import budgets, cleanup, ledger
from micro_experiences.services.time_zone_changes import move_reminders
from micro_experiences.utils.background_jobs import enqueue_after_commit
from micro_experiences.utils.resilience import fail_safe
from micro_experiences.utils.users import clear_first_names


@fail_safe
def on_update(doc, method=None) -> None:
	"""Clear the cached first names, because one may have changed, and move the reminders of a user whose time zone
	changed (`User.on_update`)."""
	clear_first_names()
	before = doc.get_doc_before_save()
	if before and before.time_zone != doc.time_zone:
		enqueue_after_commit(move_reminders, user=doc.name)


def before_rename(doc, method, old: str, new: str, merge: bool = False) -> None:
	"""Keep one reminder preference when users are merged (`User.before_rename`)."""
	if merge:
		cleanup.remove_duplicate_preference(old, new)


def after_rename(doc, method, old: str, new: str, merge: bool = False) -> None:
	"""Update the budgets and wallets of a renamed or merged user (`User.after_rename`)."""
	if merge:
		cleanup.remove_duplicate_holders(new)
	ledger.rename_holder(new)


def on_trash(doc, method=None) -> None:
	"""Replace or clear the links to a deleted user (`User.on_trash`)."""
	cleanup.clear_deleted_user(doc)
	budgets.clear_references(doc)
