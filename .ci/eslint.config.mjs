// What eslint checks, and which globals each kind of script may use. A global that is not listed here is an error.

import js from "@eslint/js";
import globals from "globals";

// The Desk's own globals; `cur_frm` is left out on purpose: a script is given its form.
// `micro_experiences` is what the bundle offers to the scripts of DocTypes and pages.
const DESK = {
	frappe: "readonly",
	__: "readonly",
	$: "readonly",
	micro_experiences: "readonly",
	// How the site writes amounts.
	format_currency: "readonly",
	get_number_format: "readonly",
	get_number_format_info: "readonly",
};

const SPOKEN = "label|title|message|placeholder";
const LITERAL =
	":matches(Literal[value=/[A-Za-z]/], TemplateLiteral:has(TemplateElement[value.raw=/[A-Za-z]/]))";

// A text that may hold somebody's words is never read as HTML.
const HTML = [
	{
		selector: "AssignmentExpression > MemberExpression.left[property.name=/^(inner|outer)HTML$/]",
		message: "Use textContent or build nodes.",
	},
	{
		selector: "CallExpression[callee.property.name=/^(insertAdjacentHTML|html)$/][arguments.length>0]",
		message: "Use textContent or build nodes.",
	},
	{
		selector: "CallExpression[callee.name='$'] > TemplateLiteral",
		message: "Use $('<b>').text(…).",
	},
	{
		selector:
			"CallExpression[callee.property.name=/^(append|prepend)$/] > :matches(Literal, TemplateLiteral)",
		message: "Use $('<b>').text(…).",
	},
	{
		selector: "CallExpression[callee.object.name='frappe'][callee.property.name=/^render/]",
		message: "Build nodes: a template escapes nothing.",
	},
	{ selector: "MemberExpression[object.name='document'][property.name='write']", message: "Build nodes." },
	{
		selector: "MemberExpression[object.property.name='dashboard'][property.name='add_comment']",
		message: "It reads its text as HTML and removes the messages of other apps.",
	},
	{
		selector: "MemberExpression[object.name='localStorage'][property.name='clear']",
		message: "Removes what others keep there.",
	},
];

// Another language has other words, in another order.
const TRANSLATED = [
	{
		selector:
			"CallExpression[callee.name='__'] > :matches(BinaryExpression, TemplateLiteral[expressions.length>0]):first-child",
		message: "Translate a literal with numbered placeholders.",
	},
	{
		selector: `CallExpression[callee.property.name=/^(throw|msgprint|show_alert|confirm|set_intro)$/] > ${LITERAL}:first-child`,
		message: "Translate it with __().",
	},
	{
		selector: `Property[key.name=/^(${SPOKEN})$/] > ${LITERAL}.value`,
		message: "Translate it with __().",
	},
];

// Frappe joins the scripts that all apps have for a DocType into one function, in which a name may exist once.
const NO_DECLARATION = [
	{ selector: "Program > :not(ExpressionStatement)", message: "Declare it inside a function." },
];

// Frappe shows a dialog when a request fails; only these may ask without one, so that a failure of the app stays quiet.
const ASK_QUIETLY = [
	"banner/host.js",
	"follow_ups/reminder_alert.js",
	"notifications/pending_actions.js",
	"wording/note_form_hint.js",
];
const OWN_REQUESTS = ["fetch", "XMLHttpRequest", "WebSocket", "EventSource"];

export default [
	{ ignores: ["micro_experiences/public/dist/", ".*/", "!.ci/"] },
	js.configs.recommended,
	{
		rules: {
			eqeqeq: ["error", "always", { null: "ignore" }],
			"no-console": ["error", { allow: ["error"] }],
			"no-eval": "error",
			"no-implied-eval": "error",
			"no-new-func": "error",
			"no-restricted-syntax": ["error", ...HTML],
			"no-script-url": "error",
			"no-var": "error",
			"prefer-const": "error",
		},
	},
	// Modules in a browser. The panel does not know the framework: what it needs of its host is passed in.
	{
		files: ["micro_experiences/public/js/**/*.js", "preview/static/**/*.js"],
		languageOptions: { sourceType: "module", globals: globals.browser },
	},
	{
		files: ["micro_experiences/public/js/**/*.js"],
		rules: { "no-restricted-syntax": ["error", ...HTML, ...TRANSLATED] },
	},
	{
		files: ["micro_experiences/public/js/**/*.js"],
		ignores: ["micro_experiences/public/js/panel/"],
		languageOptions: { globals: DESK },
	},
	{
		files: ["micro_experiences/**/*.js"],
		ignores: ASK_QUIETLY.map((file) => `**/${file}`),
		rules: { "no-restricted-globals": ["error", ...OWN_REQUESTS] },
	},
	{
		files: ["micro_experiences/micro_experiences/**/*.js"],
		languageOptions: { sourceType: "script", globals: DESK },
		rules: { "no-restricted-syntax": ["error", ...HTML, ...TRANSLATED] },
	},
	{
		files: ["micro_experiences/micro_experiences/doctype/**/*.js"],
		rules: { "no-restricted-syntax": ["error", ...HTML, ...TRANSLATED, ...NO_DECLARATION] },
	},
	// A calendar maps its title to the field of that name.
	{
		files: ["**/*_calendar.js"],
		rules: { "no-restricted-syntax": ["error", ...HTML, ...NO_DECLARATION] },
	},
	{
		files: ["**/*.cjs"],
		languageOptions: { sourceType: "commonjs", globals: globals.node },
	},
];
