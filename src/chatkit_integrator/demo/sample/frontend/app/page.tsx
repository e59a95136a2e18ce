import Link from "next/link";
import { books } from "../shop";

export default async function Shelf() {
  const shelf = await books();
  return (
    <>
      <h1>On our shelves this week</h1>
      <ul className="shelf">
        {shelf.map((book) => (
          <li key={book.id}>
            <Link href={`/books/${book.id}`}>{book.title}</Link>
            <p>{book.author}</p>
          </li>
        ))}
      </ul>
    </>
  );
}
