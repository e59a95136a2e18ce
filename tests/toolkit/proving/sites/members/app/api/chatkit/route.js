import { member } from "../../../people";

const BACKEND = process.env.CHATKIT_BACKEND_URL ?? "http://localhost:8000";

export async function POST(request) {
  const email = await member();
  if (!email) return Response.json({ detail: "Sign in first." }, { status: 401 });
  const answer = await fetch(`${BACKEND}/chatkit`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer of-${email}` },
    body: await request.text(),
  });
  return new Response(answer.body, { status: answer.status, headers: { "content-type": answer.headers.get("content-type") ?? "" } });
}
