"""The rows of the sample data: a small shop on a harbour street and the people who come to it."""

# (customer, type, first name and last name of the contact)
CUSTOMERS = (
	("Harbour Street Books", "Company", "Olivia", "Brandt"),
	("Bluebell Florist", "Company", "Tomas", "Bluebell"),
	("Kestrel Architects", "Company", "Ines", "Kestrel"),
	("Old Mill Bakery", "Company", "Jonas", "Miller"),
	("Greta Lindholm", "Individual", "Greta", "Lindholm"),
	("Marsh & Sons Carpentry", "Company", "Peter", "Marsh"),
	("Nightingale Music School", "Company", "Rosa", "Delgado"),
	("Quayside Dental", "Company", "Dr. Amir", "Haddad"),
	("Saltwater Surf Club", "Company", "Noah", "Finn"),
	("Tilda Okafor", "Individual", "Tilda", "Okafor"),
	("Vesper Hotel", "Company", "Camille", "Laurent"),
	("Willow Kindergarten", "Company", "Hanna", "Weber"),
)

# (customer, note, kind, topic, certainty, via, who heard it, days ago, more); a date is (days from today, years ago)
NOTES = (
	("Harbour Street Books", "Rex the greyhound had surgery. Ask how he is.", "Moment", "Pet", "Told Us", "Phone", "priya", 21, {"about_contact": True}),
	("Harbour Street Books", "May prefer oat milk", "Fact", "Food and Drink", "Noticed", "Visit", "ana", 40, {"about_contact": True}),
	("Harbour Street Books", "Runs the harbour marathon every spring.", "Fact", "Hobby", "Told Us", "In Person", "priya", 120, {}),
	("Harbour Street Books", "Olivia's birthday", "Occasion", "Celebration", "Confirmed", "In Person", "ana", 200, {"occasion_on": (9, 44), "repeats_yearly": 1, "about_contact": True}),
	("Harbour Street Books", "No alcohol, please: not even as a thank-you.", "Never", "Preference", "Told Us", "In Person", "maya", 300, {"stops": "alcohol"}),
	("Bluebell Florist", "Tomas is waiting for the results of his daughter's exam.", "Moment", "Family", "Told Us", "In Person", "ana", 6, {"about_contact": True}),
	("Bluebell Florist", "Always reads the small print: send terms early.", "Fact", "Work", "Noticed", "Email", "priya", 90, {}),
	("Bluebell Florist", "The shop was founded", "Occasion", "Celebration", "Told Us", "Phone", "priya", 150, {"occasion_on": (3, 25), "repeats_yearly": 1}),
	("Kestrel Architects", "Moving to the new office on the pier.", "Moment", "Work", "Told Us", "Email", "ana", 12, {}),
	("Kestrel Architects", "Ines takes her tea black, no sugar.", "Fact", "Food and Drink", "Confirmed", "Visit", "ana", 180, {"pinned": 1, "about_contact": True}),
	("Kestrel Architects", "May not accept gifts above 10 euros: company policy.", "Never", "Work", "Confirmed", "Email", "maya", 250, {"stops": "gift"}),
	("Kestrel Architects", "Loves lighthouses and old maps.", "Fact", "Hobby", "Told Us", "In Person", "priya", 75, {}),
	("Old Mill Bakery", "The oven broke; they bake in a neighbour's kitchen.", "Moment", "Hard Time", "Told Us", "Phone", "priya", 4, {"sensitive": 0}),
	("Old Mill Bakery", "Jonas gets up at three: call before noon.", "Fact", "Work", "Told Us", "In Person", "ana", 60, {"pinned": 1}),
	("Old Mill Bakery", "Collects enamel mugs.", "Fact", "Hobby", "Noticed", "Visit", "priya", 33, {}),
	("Greta Lindholm", "Her first grandchild is expected.", "Moment", "Family", "Told Us", "In Person", "priya", 10, {}),
	("Greta Lindholm", "Name day", "Occasion", "Celebration", "Told Us", "In Person", "priya", 100, {"occasion_on": (0, 0), "repeats_yearly": 1}),
	("Greta Lindholm", "Prefers a letter to an email.", "Fact", "Preference", "Told Us", "Phone", "ana", 210, {}),
	("Greta Lindholm", "Recovering from a hip operation.", "Moment", "Health", "Told Us", "Phone", "priya", 8, {"sensitive": 1}),
	("Marsh & Sons Carpentry", "The younger son takes over the workshop in spring.", "Moment", "Family", "Told Us", "Visit", "maya", 25, {}),
	("Marsh & Sons Carpentry", "Please no phone calls during work.", "Never", "Preference", "Told Us", "Visit", "maya", 80, {"stops": "call"}),
	("Marsh & Sons Carpentry", "Supports the local rowing club.", "Fact", "Hobby", "Noticed", "Visit", "ana", 95, {}),
	("Nightingale Music School", "Winter concert", "Occasion", "Celebration", "Told Us", "Email", "ana", 14, {"occasion_on": (12, 0)}),
	("Nightingale Music School", "Rosa plays the cello; her dog is called Pablo.", "Fact", "Pet", "Told Us", "In Person", "priya", 130, {"about_contact": True}),
	("Nightingale Music School", "Two teachers are ill, and Rosa covers for them.", "Moment", "Work", "Told Us", "Phone", "ana", 3, {}),
	("Quayside Dental", "Dr. Haddad speaks Arabic and French.", "Fact", "Preference", "Confirmed", "In Person", "priya", 160, {}),
	("Quayside Dental", "Fasts during Ramadan: no lunch invitations then.", "Fact", "Preference", "Told Us", "In Person", "maya", 240, {"sensitive": 1}),
	("Quayside Dental", "Looking for a place for his son's football team.", "Moment", "Family", "Told Us", "Phone", "ana", 18, {}),
	("Saltwater Surf Club", "Noah's van was stolen last week.", "Moment", "Hard Time", "Told Us", "In Person", "ana", 5, {}),
	("Saltwater Surf Club", "The usual: two hampers before each long weekend.", "Fact", "Preference", "Confirmed", "In Person", "priya", 45, {"pinned": 1}),
	("Saltwater Surf Club", "Noah is vegan.", "Never", "Food and Drink", "Told Us", "In Person", "ana", 70, {"stops": "food"}),
	("Tilda Okafor", "Defends her thesis soon.", "Moment", "Work", "Told Us", "Message", "priya", 15, {"remember_until": (20, 0)}),
	("Tilda Okafor", "Her cat is called Biscuit.", "Fact", "Pet", "Told Us", "In Person", "priya", 50, {}),
	("Tilda Okafor", "Seems to like lemon cake", "Fact", "Food and Drink", "Noticed", "In Person", "ana", 22, {}),
	("Vesper Hotel", "Camille opens a second house in the old town.", "Moment", "Work", "Told Us", "Visit", "maya", 28, {}),
	("Vesper Hotel", "Wedding anniversary of the owners", "Occasion", "Celebration", "Told Us", "In Person", "maya", 330, {"occasion_on": (6, 17), "repeats_yearly": 1}),
	("Vesper Hotel", "Between us: they think about selling.", "Fact", "Work", "Told Us", "In Person", "maya", 30, {"visibility": "Only Me"}),
	("Willow Kindergarten", "The children paint for the summer fair.", "Moment", "Celebration", "Told Us", "Email", "ana", 9, {}),
	("Willow Kindergarten", "No photographs of the children, ever.", "Never", "Preference", "Confirmed", "Email", "maya", 190, {"stops": "photo, public"}),
	("Willow Kindergarten", "Hanna bikes to work in any weather.", "Fact", "Hobby", "Noticed", "In Person", "priya", 66, {}),
)

# (beginning of the note, who used it, what they said, days ago)
USES = (
	("Loves lighthouses", "ana", "She sails there every summer.", 40),
	("Rex the greyhound", "ana", "He eats again and sleeps a lot.", 16),
	("Looking for a place", "priya", "Still looking, near the park if possible.", 2),
)

# (customer, gesture type, cost, status, who, reaction, story)
GESTURES = (
	("Harbour Street Books", "Treat for the Pet", 6, "Given", "priya", "Delighted", "Olivia sent a picture of Rex with the bone."),
	("Kestrel Architects", "Handwritten Card", 3, "Given", "ana", "Pleased", ""),
	("Old Mill Bakery", "Help with an Errand", 10, "Given", "priya", "Delighted", "We drove two trays of rolls across town."),
	("Vesper Hotel", "Lunch Together", 30, "Awaiting Approval", "ana", "", ""),
	("Greta Lindholm", "Flowers", 18, "Given", "ana", "Delighted", ""),
	("Tilda Okafor", "Coffee on the House", 4, "Given", "maya", "Pleased", ""),
	("Nightingale Music School", "Book", 18, "Idea", "priya", "", ""),
	("Saltwater Surf Club", "Quick Call", 0, "Given", "ana", "Pleased", "He was glad that somebody asked about the van."),
	("Bluebell Florist", "Something Sweet", 8, "Cancelled", "priya", "", ""),
)

# (customer, what, due in days, who, repeats, status, outcome)
FOLLOW_UPS = (
	("Harbour Street Books", "send the marathon book", -1, "priya", "Never", "Open", ""),
	("Bluebell Florist", "ask how the exam went", 0, "ana", "Never", "Open", ""),
	("Kestrel Architects", "bring bread and salt to the new office", 6, "ana", "Never", "Open", ""),
	("Old Mill Bakery", "ask whether the oven is repaired", 2, "priya", "Never", "Open", ""),
	("Greta Lindholm", "call about the delivery", -3, "priya", "Never", "Later", ""),
	("Marsh & Sons Carpentry", "visit the workshop", 14, "maya", "Months", "Open", ""),
	("Nightingale Music School", "ask for two concert tickets", 4, "ana", "Never", "Open", ""),
	("Quayside Dental", "send the list of football grounds", -6, "ana", "Never", "Done", "He was very pleased, and trains on Tuesdays now."),
	("Saltwater Surf Club", "ask about the van", 0, "ana", "Weeks", "Done", "The police found it."),
	("Tilda Okafor", "wish luck for the thesis", 5, "priya", "Never", "Open", ""),
	("Vesper Hotel", "quarterly visit", -10, "maya", "Months", "Skipped", "Closed for renovation."),
	("Willow Kindergarten", "look in after the last order", 30, "ana", "After Last Invoice", "Open", ""),
)
