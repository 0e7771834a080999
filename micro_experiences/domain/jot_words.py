"""The words by which a jotted sentence is read, in English, German, French and Spanish.

Data, not rules: word beginnings in lower case. "=" marks a whole word, a space a running phrase.
"""

TOPICS: dict[str, tuple[str, ...]] = {
	"Pet": ("=dog", "dogs", "=cat", "cats", "puppy", "kitten", "horse", "greyhound", "=vet", "hund", "katze", "pferd", "welpe", "chien", "=chat", "cheval", "perro", "gato", "caballo"),
	"Health": ("surgery", "operat", "hospital", "=ill", "illness", "=sick", "doctor", "injur", "pregnan", "diabet", "allerg", "krank", "arzt", "hôpital", "malad", "médecin", "enferm", "médico", "cirug"),
	"Family": ("daughter", "=son", "sons", "wife", "husband", "mother", "father", "child", "baby", "family", "grandchild", "grandson", "granddaughter", "sister", "brother", "tochter", "sohn", "mutter", "vater", "kinder", "familie", "enkel", "fille", "=fils", "femme", "mari", "=mère", "=père", "enfant", "famille", "hija", "hijo", "esposa", "marido", "madre", "padre", "familia"),
	"Celebration": ("birthday", "wedding", "anniversar", "jubilee", "graduat", "geburtstag", "hochzeit", "jubiläum", "anniversaire", "mariage", "cumpleaños", "boda", "aniversario"),
	"Hard Time": ("died", "death", "funeral", "stolen", "burgl", "accident", "divorce", "grief", "verstorben", "gestorben", "gestohlen", "unfall", "scheidung", "décès", "volé", "murió", "robado", "accidente", "divorcio"),
	"Travel": ("holiday", "vacation", "travel", "=trip", "flight", "urlaub", "reise", "vacances", "voyage", "vacaciones", "viaje"),
	"Hobby": ("marathon", "football", "tennis", "golf", "garden", "=runs", "running", "cycling", "piano", "guitar", "choir", "fishing", "sailing", "fußball", "laufen", "garten", "jardin", "musique", "fútbol", "pesca"),
	"Food and Drink": ("=tea", "coffee", "milk", "sugar", "wine", "beer", "vegan", "vegetarian", "gluten", "alcohol", "chocolate", "cake", "=tee", "kaffee", "milch", "zucker", "wein", "=bier", "alkohol", "=thé", "café", "=lait", "=vin", "=té", "leche", "vino"),
	"Work": ("promot", "new job", "retire", "startup", "colleague", "=shop", "office", "beförder", "rente", "büro", "retraite", "bureau", "jubil", "oficina"),
	"Preference": ("prefer", "likes", "loves", "favourite", "favorite", "always takes", "the usual", "mag ", "liebling", "préfère", "aime", "prefiere", "gusta"),
}

YEARLY = ("birthday", "anniversar", "=born", "name day", "geburtstag", "hochzeitstag", "=geboren", "anniversaire", "=né", "=née", "cumpleaños", "aniversario", "nació")

ASK = ("=ask", "=call", "=phone", "=ring", "=remind", "check in", "check how", "follow up", "get back", "come back to", "=send", "=write", "=frag", "=fragen", "nachfrag", "=anrufen", "melden", "=schicken", "demander", "appeler", "rappeler", "envoyer", "preguntar", "llamar", "enviar")

NEVER = ("never", "=avoid", "no alcohol", "no gifts", "not allowed", "must not", "does not drink", "doesn't drink", "don't call", "do not call", "may not accept", "gift ban", "allergic", "niemals", "=nie", "kein alkohol", "keine geschenke", "allergisch", "jamais", "pas d'alcool", "pas de cadeau", "allergique", "nunca", "sin alcohol", "alérgic")

HABIT = ("prefer", "likes", "loves", "takes", "always", "usually", "favourite", "favorite", "drinks", "plays", "collects", "speaks", "has a", "has two", "bevorzugt", "=mag", "liebt", "trinkt", "immer", "spielt", "préfère", "aime", "toujours", "=boit", "prefiere", "siempre", "toma")

PASSING = ("=ill", "=sick", "surgery", "hospital", "broke", "stolen", "moving", "worried", "tired", "waiting for", "just got", "looking for", "exam", "injur", "lost", "nervous", "krank", "operiert", "gestohlen", "umzug", "gebrochen", "malad", "volé", "déménag", "cassé", "enferm", "robado", "mudanza")
