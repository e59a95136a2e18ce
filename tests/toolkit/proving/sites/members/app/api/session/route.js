import { admit } from "../../../people";

export async function POST(request) {
  const form = await request.formData();
  const ticket = admit(form.get("email"), form.get("password"));
  const headers = new Headers({ location: ticket ? "/" : "/login" });
  if (ticket) headers.set("set-cookie", `ticket=${ticket}; Path=/; HttpOnly; SameSite=Lax`);
  return new Response(null, { status: 303, headers });
}
