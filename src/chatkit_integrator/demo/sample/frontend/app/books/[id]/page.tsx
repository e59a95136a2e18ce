import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { book } from "../../../shop";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const found = await book((await params).id);
  return { title: found ? `${found.title} · Paperback` : "Paperback", description: found?.about };
}

export default async function BookPage({ params }: Props) {
  const found = await book((await params).id);
  if (!found) notFound();
  return (
    <article>
      <h1>{found.title}</h1>
      <p className="author">by {found.author}</p>
      <p>{found.about}</p>
    </article>
  );
}
