import type { Metadata } from "next";
import { cookies } from "next/headers";
import Link from "next/link";
import type { ReactNode } from "react";
import { signOut } from "../session";
import "./globals.css";

export const metadata: Metadata = {
  title: "Paperback",
  description: "A small bookshop with opinions.",
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const signedIn = (await cookies()).has("session");
  return (
    <html lang="en">
      <body>
        <header className="top">
          <Link href="/" className="brand">
            Paperback
          </Link>
          {signedIn ? (
            <form action={signOut}>
              <button>Sign out</button>
            </form>
          ) : (
            <Link href="/login">Sign in</Link>
          )}
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}
