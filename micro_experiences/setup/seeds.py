"""The initial records of a new site: topics, gesture types and the role."""

from micro_experiences.domain import restrictions
from micro_experiences.domain.visibility import MANAGER_ROLE

ROLES = (MANAGER_ROLE,)

# Lists that show six columns on every screen.
WIDE_LISTS = ("Personal Note", "Gesture", "Follow Up Task")

# (topic, icon, sensitive by default)
TOPICS = (
	("Family", "users", 0),
	("Pet", "heart", 0),
	("Health", "heart-active", 1),
	("Work", "organization", 0),
	("Hobby", "star", 0),
	("Travel", "map", 0),
	("Celebration", "gift", 0),
	("Food and Drink", "coffee", 0),
	("Preference", "like", 0),
	("Hard Time", "support", 1),
)

# What a Never note can rule out. The app knows words of these in many languages.
RESTRICTIONS = restrictions.NAMES

# (type, channel, usual cost, involves, message template). Without a known person, the greeting is neutral.
GESTURE_TYPES = (
	(
		"A Kind Word",
		"In Person",
		0,
		"nothing",
		"Hello{% if person_name %} {{ person_name }}{% endif %}, I was thinking of you. How are things?",
	),
	(
		"Quick Call",
		"Phone",
		0,
		"call",
		"Hello{% if person_name %} {{ person_name }}{% endif %}, this is {{ my_name }}. I'm just calling to ask how you are.",
	),
	(
		"Handwritten Card",
		"Post",
		3,
		"mail",
		"{% if person_name %}Dear {{ person_name }}{% else %}Hello{% endif %}, we are thinking of you. Warm wishes, {{ my_name }}",
	),
	(
		"Get Well Card",
		"Post",
		3,
		"mail",
		"{% if person_name %}Dear {{ person_name }}{% else %}Hello{% endif %}, get well soon, and take all the time you need. {{ my_name }}",
	),
	(
		"Birthday Card",
		"Post",
		3,
		"mail",
		"{% if person_name %}Dear {{ person_name }}{% else %}Hello{% endif %}, happy birthday from all of us! {{ my_name }}",
	),
	(
		"Coffee on the House",
		"In Person",
		4,
		"food",
		"This one is on us today{% if person_name %}, {{ person_name }}{% endif %}.",
	),
	(
		"Something Sweet",
		"In Person",
		8,
		"food, gift",
		"Here is a little something for you{% if person_name %}, {{ person_name }}{% endif %}.",
	),
	(
		"Treat for the Pet",
		"In Person",
		6,
		"gift",
		"And here is a little treat for your pet.",
	),
	(
		"Flowers",
		"Post",
		25,
		"gift, mail",
		"{% if person_name %}Dear {{ person_name }}{% else %}Hello{% endif %}, with warm wishes from all of us. {{ my_name }}",
	),
	(
		"Book",
		"Post",
		18,
		"gift, mail",
		"{% if person_name %}Dear {{ person_name }}{% else %}Hello{% endif %}, this made me think of you. {{ my_name }}",
	),
	(
		"Bottle of Wine",
		"In Person",
		15,
		"alcohol, gift",
		"Here's to your good news{% if person_name %}, {{ person_name }}{% endif %}!",
	),
	(
		"Lunch Together",
		"In Person",
		30,
		"food",
		"I would love to take you to lunch{% if person_name %}, {{ person_name }}{% endif %}. When would suit you?",
	),
	(
		"Help with an Errand",
		"Visit",
		10,
		"nothing",
		"Leave that to us{% if person_name %}, {{ person_name }}{% endif %}. It's on our way.",
	),
)

# The workspace block that shows administrators the state of reminders.
REMINDER_HEALTH_BLOCK = {
	"name": "Reminder Health",
	"private": 0,
	"html": '<div class="mx-health"></div>',
	"script": "window.micro_experiences?.show_health(root_element);",
	"style": """
.mx-health { padding: 0 4px; }
.mx-health-trouble { padding: 8px 12px; border-radius: 8px; background: var(--bg-orange); color: var(--text-on-orange); }
.mx-health-facts { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 0 0 8px; }
.mx-health-facts dt { font-weight: normal; color: var(--text-muted); }
.mx-health-facts dd { margin: 0; }
.mx-health-rows { list-style: none; margin: 0 0 8px; padding: 0; }
.mx-health-rows li { display: flex; flex-wrap: wrap; gap: 4px 12px; padding: 6px 0; border-top: 1px solid var(--border-color); }
.mx-health-since { color: var(--text-muted); }
.mx-health-because { flex: 1 1 16em; overflow-wrap: anywhere; }
""",
	"roles": [{"role": "Micro Experiences Manager"}, {"role": "System Manager"}],
}
