"use client";
import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useEffect, useState } from "react";

const withPage = (body) =>
  typeof body === "string" ? JSON.stringify({ ...JSON.parse(body), metadata: { page_title: document.title } }) : body;

function Panel() {
  const { control } = useChatKit({
    api: {
      url: "/api/chatkit",
      domainKey: "domain_pk_localhost_dev",
      fetch: (input, init) => fetch(input, { ...init, body: withPage(init?.body) }),
    },
    onError: ({ error }) => console.error(error),
  });
  return <ChatKit control={control} style={{ height: 500, width: 360, display: "block" }} />;
}

export function Chat() {
  const [script, setScript] = useState("waiting");
  useEffect(() => {
    const late = setTimeout(() => setScript((now) => (now === "waiting" ? "failed" : now)), 4000);
    void customElements.whenDefined("openai-chatkit").then(() => setScript("ready"));
    return () => clearTimeout(late);
  }, []);
  if (script === "ready") return <Panel />;
  return <p role="status">{script === "failed" ? "The chat could not be loaded." : "Loading the chat…"}</p>;
}
