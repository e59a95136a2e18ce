import { redirect } from "next/navigation";
import { member } from "../people";
import { Chat } from "./chat";

export default async function Page() {
  const email = await member();
  if (!email) redirect("/login");
  return (
    <main>
      <h1>Welcome, {email}</h1>
      <Chat />
    </main>
  );
}
