// The panel's icons: one shape per meaning, so that nothing depends on color or on an emoji font.

const SVG = "http://www.w3.org/2000/svg";

const SHAPES = {
	promise: "M8 14.2a6.2 6.2 0 1 0 0-12.4 6.2 6.2 0 0 0 0 12.4ZM8 4.6V8l2.3 1.5",
	late: "M8 14.2a6.2 6.2 0 1 0 0-12.4 6.2 6.2 0 0 0 0 12.4ZM8 4.7v4M8 11.1v.2",
	never: "M8 14.2a6.2 6.2 0 1 0 0-12.4 6.2 6.2 0 0 0 0 12.4ZM3.7 3.7l8.6 8.6",
	occasion: "M2.5 4.2h11v9.3h-11ZM2.5 7h11M5.3 2.5v2.8M10.7 2.5v2.8M8 9v2.6M6.7 10.3h2.6",
	moment: "M8 13.4C4.4 10.8 2 8.7 2 6.1a3.1 3.1 0 0 1 6-1.2 3.1 3.1 0 0 1 6 1.2c0 2.6-2.4 4.7-6 7.3Z",
	pinned: "M5.6 2.2h4.8l-.6 4.2 2.3 2.4H3.9l2.3-2.4ZM8 8.8v5",
	fact: "M4 2.2h8v11.6L8 10.7l-4 3.1Z",
	ask: "M2.2 3h11.6v8.2H8.4L5.2 13.8v-2.6h-3ZM6.6 5.9a1.5 1.5 0 1 1 2 1.4c-.4.2-.6.4-.6.8M8 9.5v.1",
	hidden: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4ZM3 13 13 3",
	eye: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4ZM8 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z",
	fold: "M4 10l4-4 4 4",
	unfold: "M4 6l4 4 4-4",
	more: "M3.4 8h.2M7.9 8h.2M12.4 8h.2",
	jot: "M2.8 13.2l.7-2.9 7-7a1.5 1.5 0 0 1 2.2 2.2l-7 7Z",
	gesture:
		"M2.6 7.2h10.8v6.3H2.6ZM2 4.6h12v2.6H2ZM8 4.6v8.9M8 4.6C6.4 4.7 4.6 4 4.9 2.8 5.2 1.6 7.4 2 8 4.6ZM8 4.6c1.6.1 3.4-.6 3.1-1.8C10.8 1.6 8.6 2 8 4.6Z",
	follow_up: "M8 14.2a6.2 6.2 0 1 0 0-12.4 6.2 6.2 0 0 0 0 12.4ZM8 4.6V8l2.3 1.5",
	check: "M3.4 8.4l3 3 6.2-6.6",
};

export function icon(name) {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("class", `mx-icon mx-icon-${name}`);
	svg.setAttribute("viewBox", "0 0 16 16");
	svg.setAttribute("aria-hidden", "true");
	svg.setAttribute("focusable", "false");
	const path = document.createElementNS(SVG, "path");
	path.setAttribute("d", SHAPES[name] || SHAPES.fact);
	svg.append(path);
	return svg;
}
