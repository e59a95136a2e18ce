// Writes the templates without types: node strip_types.cjs TEMPLATES OUT. Needs typescript and prettier beside it.
const fs = require("node:fs");
const path = require("node:path");
const ts = require("typescript");
const prettier = require("prettier");

const [templates, out] = process.argv.slice(2);

async function main() {
  for (const folder of ["_chatkit", "api", "attachments"]) {
    fs.mkdirSync(path.join(out, folder), { recursive: true });
    for (const name of fs.readdirSync(path.join(templates, folder))) {
      if (!/\.tsx?$/.test(name)) continue;
      const marked = fs
        .readFileSync(path.join(templates, folder, name), "utf8")
        .replace(/^\s*$/gm, "/*__blank__*/");
      const { outputText } = ts.transpileModule(marked, {
        fileName: name,
        compilerOptions: { target: "ESNext", module: "ESNext", jsx: "preserve", removeComments: false, verbatimModuleSyntax: true },
      });
      const plain = outputText.replace(/\/\*__blank__\*\//g, "").replace(/\n{3,}/g, "\n\n");
      const text = await prettier.format(plain, { parser: "babel", printWidth: 128 });
      fs.writeFileSync(path.join(out, folder, name.replace(/\.tsx$/, ".jsx").replace(/\.ts$/, ".js")), text);
    }
  }
}

main();
