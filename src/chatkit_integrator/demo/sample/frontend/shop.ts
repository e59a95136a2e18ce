export type Book = { id: number; title: string; author: string; about: string };

export const BACKEND = process.env.SHOP_BACKEND_URL ?? "http://127.0.0.1:8000";

export async function books(): Promise<Book[]> {
  return (await fetch(`${BACKEND}/api/books`, { cache: "no-store" })).json();
}

export async function book(id: string): Promise<Book | null> {
  const response = await fetch(`${BACKEND}/api/books/${encodeURIComponent(id)}`, { cache: "no-store" });
  return response.ok ? response.json() : null;
}
