// A part of a page our own server rendered and escaped.

export function parseItem(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}
