/*
 * Keeps the site's own server on this machine: loaded before it (NODE_OPTIONS), changes nothing of it.
 *
 * What it asks at the ports that its sources take for the backend goes to the tap; what it asks at other machines goes there too
 * where it is plain HTTP or a fetch, and is refused otherwise. PROOF_TAP is the tap's address, PROOF_PORTS those ports.
 */
"use strict";
const net = require("node:net");
const tap = new URL(process.env.PROOF_TAP ?? "http://127.0.0.1:9");
const ports = new Set((process.env.PROOF_PORTS ?? "").split(",").filter(Boolean).map(Number));
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\]|0\.0\.0\.0|::)$/;

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const isNormalized = Array.isArray(given[0]);
  const first = isNormalized ? given[0][0] : given[0];
  const options = first !== null && typeof first === "object" ? first : { port: first, host: typeof given[1] === "string" ? given[1] : undefined };
  if (options.path || options.port === undefined) return connect.apply(this, given);
  const isHere = LOOPBACK.test(options.host ?? "localhost");
  if (isHere && !ports.has(Number(options.port))) return connect.apply(this, given);
  if (!isHere && Number(options.port) !== 80) {
    const error = Object.assign(new Error(`connect ECONNREFUSED ${options.host}:${options.port}`), { code: "ECONNREFUSED" });
    process.nextTick(() => this.destroy(error));
    return this;
  }
  const instead = { ...options, host: tap.hostname, port: Number(tap.port), lookup: undefined };
  if (isNormalized) {
    given[0][0] = instead;
    return connect.apply(this, given);
  }
  return connect.call(this, instead, ...given.filter((one) => typeof one === "function"));
};

const ask = globalThis.fetch;
globalThis.fetch = function fetch(input, init) {
  const from = typeof input === "string" ? input : input instanceof URL ? input.href : (input?.url ?? "");
  const place = URL.canParse(from) ? new URL(from) : null;
  if (place === null || !/^https?:$/.test(place.protocol) || LOOPBACK.test(place.hostname)) return ask(input, init);
  const target = new URL(place.pathname + place.search, tap);
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set("x-proof-original", place.origin);
  if (input instanceof Request) return ask(new Request(target, input), { ...init, headers });
  return ask(target, { ...init, headers });
};
