const MOST_HEADINGS = 12;
const LONGEST = 300;

/** Reads the page as it is now; called with every message, so that it is right after client-side navigation too. */
export function readPageContext() {
  const description = document.querySelector('meta[name="description"]')?.content ?? "";
  const headings = Array.from(document.querySelectorAll("h1, h2, h3"))
    .filter((heading) => heading.getClientRects().length && !heading.closest("[data-chatkit-widget]")) // pages left are hidden
    .map((heading) => heading.textContent?.trim().slice(0, LONGEST) ?? "")
    .filter(Boolean)
    .slice(0, MOST_HEADINGS);
  return {
    url: location.origin + location.pathname, // queries can hold secrets
    path: location.pathname,
    title: document.title.slice(0, LONGEST),
    description: description.slice(0, LONGEST),
    headings,
  };
}

/** What the assistant is told about the person: add a name or a role here, but never an id or a token, which prove nothing. */
export function readUserInfo() {
  return { locale: navigator.language, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}
