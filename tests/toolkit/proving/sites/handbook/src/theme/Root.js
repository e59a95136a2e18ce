import BrowserOnly from "@docusaurus/BrowserOnly";
import React from "react";

export default function Root({ children }) {
  return (
    <>
      {children}
      <BrowserOnly>
        {() => {
          const { Chat } = require("../chat/Chat");
          return <Chat />;
        }}
      </BrowserOnly>
    </>
  );
}
