"""Replace the message templates of the first versions, which greeted a company like a person. Templates that a
site has changed stay as they are."""

import frappe

from micro_experiences.setup import seeds

# Gesture type -> message template of the first versions.
FORMER_TEMPLATES = {
	"A Kind Word": "Hello {{ contact_name or customer_name }}, I was thinking of you. How are things?",
	"Quick Call": "Hello {{ contact_name or customer_name }}, this is {{ my_name }}. I'm just calling to ask how you are.",
	"Handwritten Card": "Dear {{ contact_name or customer_name }}, we are thinking of you. Warm wishes, {{ my_name }}",
	"Get Well Card": "Dear {{ contact_name or customer_name }}, get well soon, and take all the time you need. {{ my_name }}",
	"Birthday Card": "Dear {{ contact_name or customer_name }}, happy birthday from all of us! {{ my_name }}",
	"Coffee on the House": "This one is on us today, {{ contact_name or customer_name }}.",
	"Something Sweet": "Here is a little something for you, {{ contact_name or customer_name }}.",
	"Flowers": "Dear {{ contact_name or customer_name }}, with warm wishes from all of us. {{ my_name }}",
	"Book": "Dear {{ contact_name or customer_name }}, this made me think of you. {{ my_name }}",
	"Bottle of Wine": "Here's to your good news, {{ contact_name or customer_name }}!",
	"Lunch Together": "I would love to take you to lunch, {{ contact_name or customer_name }}. When would suit you?",
	"Help with an Errand": "Leave that to us, {{ contact_name or customer_name }}. It's on our way.",
}


def execute():
	templates = {name: template for name, *_values, template in seeds.GESTURE_TYPES}
	for name, former in FORMER_TEMPLATES.items():
		frappe.db.set_value(
			"Gesture Type",
			{"name": name, "message_template": former},
			"message_template",
			templates[name],
			update_modified=False,
		)
