// The theme of the system, under the attribute that the Desk uses; before the first paint.
{
	const dark = matchMedia("(prefers-color-scheme: dark)");
	const follow = () => (document.documentElement.dataset.theme = dark.matches ? "dark" : "light");
	dark.addEventListener("change", follow);
	follow();
}
