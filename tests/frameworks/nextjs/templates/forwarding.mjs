// Hands forms to the route's forward and tells what it answered: node forwarding.mjs FORWARD BACKEND
const [module, backend] = process.argv.slice(2);
process.env.CHATKIT_BACKEND_URL = backend;
const { forward, status } = await import(module);

async function post(size, token, headers = {}) {
  const form = new FormData();
  form.append("file", new Blob([new Uint8Array(size).fill(255)]), "a.png");
  const answer = await forward(new Request("http://site/api/chatkit", { method: "POST", body: form, headers }), token);
  return [answer.status, await answer.text()];
}

console.log(
  JSON.stringify({
    small: await post(3, "ann"),
    large: await post(6 * 1024 * 1024, "ann"),
    cookie: await post(3, { cookie: "session=ann" }),
    nobody: await post(3, ""),
    elsewhere: await post(3, "ann", { "sec-fetch-site": "cross-site" }),
    status: typeof status,
  }),
);
