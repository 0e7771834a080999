// Makes the servers of a Node process listen on 127.0.0.1 unless they name another host: node --require loopback.cjs …
"use strict";

const net = require("node:net");

const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (...args) {
	const [first, second] = args;
	const is_port = typeof first === "number" || (typeof first === "string" && /^\d+$/.test(first));
	if (first && typeof first === "object" && "port" in first && !first.host && !first.path) {
		args[0] = { ...first, host: "127.0.0.1" };
	} else if (is_port && typeof second !== "string") {
		// The host may be missing or undefined.
		args.splice(1, args.length > 1 && second == null ? 1 : 0, "127.0.0.1");
	} else if (args.length === 0 || typeof first === "function" || first == null) {
		args = [{ port: 0, host: "127.0.0.1" }, ...args.filter((one) => typeof one === "function")];
	}
	return listen.apply(this, args);
};
