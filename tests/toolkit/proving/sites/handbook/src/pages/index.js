import React from "react";

export default function Home() {
  return (
    <main>
      <h1>The handbook</h1>
      <p>How things are done here.</p>
    </main>
  );
}
