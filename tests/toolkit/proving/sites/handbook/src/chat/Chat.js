import useDocusaurusContext from "@docusaurus/useDocusaurusContext";
import { ChatKit, useChatKit } from "@openai/chatkit-react";
import React, { useEffect, useState } from "react";

const withPage = (body) => {
  if (typeof body !== "string") return body;
  return JSON.stringify({ ...JSON.parse(body), metadata: { page_url: location.href, page_title: document.title } });
};

function Panel({ url, token }) {
  const { control } = useChatKit({
    api: {
      url,
      domainKey: "domain_pk_localhost_dev",
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set("Authorization", `Bearer ${token}`);
        return fetch(input, { ...init, headers, body: withPage(init?.body) });
      },
    },
    onError: ({ error }) => console.error("the chat:", error),
  });
  return <ChatKit control={control} style={{ position: "fixed", bottom: 80, right: 20, height: 500, width: 360 }} />;
}

export function Chat() {
  const { siteConfig } = useDocusaurusContext();
  const [open, setOpen] = useState(false);
  const [script, setScript] = useState("waiting");
  const [token] = useState(() => localStorage.getItem("auth_token"));
  useEffect(() => {
    const late = setTimeout(() => setScript((now) => (now === "waiting" ? "failed" : now)), 4000);
    void customElements.whenDefined("openai-chatkit").then(() => setScript("ready"));
    return () => clearTimeout(late);
  }, []);
  if (!token) return <a href="/sign-in">Sign in to ask</a>;
  return (
    <>
      <button style={{ position: "fixed", bottom: 20, right: 20 }} onClick={() => setOpen(!open)}>
        Ask the assistant
      </button>
      {open && script === "ready" && <Panel url={siteConfig.customFields.chatUrl} token={token} />}
      {open && script === "failed" && <p role="alert">The chat could not be loaded. Reload the page to try again.</p>}
    </>
  );
}
