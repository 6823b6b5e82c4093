// Exercises run in Firefox: node firefox.mjs FIREFOX PAGE FIRST, with {NAME: CODE} on standard input and FIRST
// an expression for the page. Prints what each one's place then says, and what came of keys pressed in the
// last editor: {said: [{status, text}], typed}.
import { text } from "node:stream/consumers";
import { launch } from "puppeteer-core";

const [executablePath, address, first] = process.argv.slice(2);
const answers = Object.entries(JSON.parse(await text(process.stdin)));
const browser = await launch({ browser: "firefox", executablePath, headless: true });
try {
  const page = await browser.newPage();
  await page.goto(address);
  await page.evaluate(first);
  const said = [];
  let editor;
  for (const [name, code] of answers) {
    const there = await page.$(`gradus-exercise[data-name="${name}"]`);
    // What is far from the screen is not laid out, and has no text to be seen.
    await there.evaluate((node) => { node.scrollIntoView(); });
    await there.$eval("details", (details) => { details.open = true; });
    editor = await there.waitForSelector("textarea");
    await editor.evaluate((node, code) => {
      node.value = code;
      node.dispatchEvent(new Event("input"));
    }, code);
    await there.$eval("button", (button) => button.click());
    const status = () => there.$eval("[role=status]", (line) => line.innerText);
    const end = Date.now() + 120_000;
    while (!/[✓✗]|could not|stopped/.test(await status()) && Date.now() < end)
      await new Promise((done) => setTimeout(done, 100));
    said.push({ status: await status(), text: await there.evaluate((node) => node.innerText) });
  }
  await editor.evaluate((node) => { node.value = ""; });
  await editor.type("def f(x):");
  await editor.press("Enter");
  await editor.type("return x");
  console.log(JSON.stringify({ said, typed: await editor.evaluate((node) => node.value) }));
} finally {
  await browser.close();
}
