// What eslint checks, and which globals each kind of script may use. What is listed nowhere here is an error.

import js from "@eslint/js";
import globals from "globals";

// The Desk's own; `cur_frm` is left out on purpose: a script is given its form.
// `micro_experiences` is what the bundle has for the scripts of DocTypes and pages.
const DESK = { frappe: "readonly", __: "readonly", $: "readonly", micro_experiences: "readonly" };

export default [
	{ ignores: ["micro_experiences/public/dist/", ".*/", "!.ci/"] },
	js.configs.recommended,
	{
		rules: {
			eqeqeq: ["error", "always", { null: "ignore" }],
			"no-eval": "error",
			"no-implied-eval": "error",
			"no-new-func": "error",
			"no-var": "error",
			"prefer-const": "error",
		},
	},
	// Modules in a browser. The panel knows no framework: what it needs of its host is passed in.
	{
		files: ["micro_experiences/public/js/**/*.js", "preview/static/**/*.js"],
		languageOptions: { sourceType: "module", globals: globals.browser },
	},
	{
		files: ["micro_experiences/public/js/{forms,bell,health,follow_ups,privacy}/**/*.js"],
		languageOptions: { globals: DESK },
	},
	// Frappe joins them with other apps' scripts of the same DocType.
	{
		files: ["micro_experiences/micro_experiences/**/*.js"],
		languageOptions: { sourceType: "script", globals: DESK },
	},
	{
		files: ["**/*.cjs"],
		languageOptions: { sourceType: "commonjs", globals: globals.node },
	},
];
