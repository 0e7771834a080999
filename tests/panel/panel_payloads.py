"""A banner as the server sends it, to start each test from."""

PROMISE = {
	"type": "promise",
	"name": "T-1",
	"text": "You promised to send the marathon book: due yesterday",
	"source": "",
	"late": True,
	"mine": True,
}
MOMENT = {
	"type": "moment",
	"name": "N-1",
	"text": "Rex the greyhound had surgery. Ask how he is.",
	"source": "told to Priya by phone, 3 weeks ago",
	"said": "asked by Ana on 3 May: Rex is fine again",
}
FACT = {
	"type": "fact",
	"name": "N-2",
	"text": "May prefer oat milk?",
	"source": "noticed, not confirmed",
	"ask": True,
}
NEVER = {"type": "never", "name": "N-3", "text": "No alcohol, please.", "source": "told to Ana, 2 years ago"}


def banner(*items, **more):
	return {
		"customer": "CUST-1",
		"customer_name": "Harbour Street Books",
		"items": list(items),
		"more": 0,
		"promises": sum(item["type"] == "promise" for item in items),
		"wallet": {"left": 38.0, "text": "38.00 left", "low": False, "nudge": None},
		"can": {"jot": True, "gesture": True, "follow_up": True},
		**more,
	}
