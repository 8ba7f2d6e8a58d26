// Looks at `pages` of the book in `theme`, each at two widths, and then searches. What comes of it goes to `listener`.
const channel = (value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const parse = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
const luminance = (colour) => {
  const [r, g, b] = parse(colour).map((value) => channel(value / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
};

const opened = (address, width) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.style = `border: 0; width: ${width}px; height: 900px`;
  frame.onload = () => resolve(frame);
  frame.src = address;
  document.body.append(frame);
});

const look = (frame, name, width) => {
  const page = frame.contentDocument;
  const style = (element) => frame.contentWindow.getComputedStyle(element);
  page.querySelectorAll("details").forEach((it) => it.open = true);
  const root = page.documentElement;
  const content = page.querySelector("#mdbook-content");
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = style(at).backgroundColor;
      if (parse(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  // What is wider than the page may be moved within a box of its own.
  const moves = (element) => {
    for (let at = element; at && at !== content; at = at.parentElement) {
      if (["auto", "scroll", "hidden"].includes(style(at).overflowX)) return true;
    }
    return false;
  };
  const wide = Array.from(content.querySelectorAll("*"))
    .filter((it) => !it.closest("svg") && it.getBoundingClientRect().right > root.clientWidth + 0.5 && !moves(it))
    .map((it) => `${it.tagName} ${it.textContent.slice(0, 40)}`);
  const pictures = Array.from(content.querySelectorAll("svg.wire, img"));
  const hidden = pictures
    .filter((it) => {
      const box = it.getBoundingClientRect();
      return box.width < 200 || box.height < 30 || box.right > root.clientWidth + 0.5;
    })
    .map((it) => it.parentElement.getAttribute("aria-label") ?? it.alt);
  const faint = [];
  for (const text of content.querySelectorAll("svg.wire text")) {
    const grounds = [behind(text.closest("svg"))];
    const note = text.closest("svg").querySelector(".note");
    if (note) grounds.push(style(note).fill);
    for (const ground of grounds) {
      const ratio = contrast(style(text).fill, ground);
      if (ratio < 4.5) faint.push(`${text.textContent} ${style(text).fill} on ${ground}`);
    }
  }
  return {
    name, width, wide, hidden, faint, pictures: pictures.length,
    overflow: root.scrollWidth - root.clientWidth,
    theme: ["light", "rust", "coal", "navy", "ayu"].find((it) => root.classList.contains(it)),
  };
};

const results = (frame) => new Promise((resolve) => {
  const list = frame.contentDocument.querySelector("#mdbook-searchresults");
  const ask = () => {
    const links = Array.from(list.querySelectorAll("a"), (it) => it.getAttribute("href"));
    if (links.length > 0) resolve(links);
    return links.length > 0;
  };
  if (!ask()) new MutationObserver(ask).observe(list, { childList: true, subtree: true });
});

addEventListener("load", async () => {
  localStorage.setItem("mdbook-theme", theme);
  const frames = [];
  for (const name of pages) {
    for (const width of [1280, 360]) {
      const frame = await opened(name, width);
      frames.push(look(frame, name, width));
      frame.remove();
    }
  }
  const search = await results(await opened("index.html?search=half-close", 1280));
  await fetch(listener, { method: "POST", mode: "no-cors", body: JSON.stringify({ frames, search }) });
});
