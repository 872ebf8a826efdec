// Makes one element's content equal another's with as few changes as possible, so that focus, scroll positions,
// open details and running transitions stay. Elements with `data-still` belong to a script and are not changed.

/** State that the reader sets, which an update must not undo. */
const KEPT = { DETAILS: ["open"], DIALOG: ["open"] };

/** A form that does something else is another form: nobody may press it for the one that stood there. */
function doesTheSame(one, other) {
  return one.nodeName !== "FORM" || one.getAttribute("action") === other.getAttribute("action");
}

function sameKind(one, other) {
  const alike = one.nodeType === other.nodeType && one.nodeName === other.nodeName;
  return alike && (one.id ?? "") === (other.id ?? "") && doesTheSame(one, other);
}

function morphAttributes(target, source) {
  const kept = KEPT[target.nodeName] ?? [];
  for (const { name } of [...target.attributes]) {
    if (!source.hasAttribute(name) && !kept.includes(name)) target.removeAttribute(name);
  }
  for (const { name, value } of source.attributes) {
    if (!kept.includes(name) && target.getAttribute(name) !== value) target.setAttribute(name, value);
  }
}

function morphNode(target, source) {
  if (target.nodeType !== Node.ELEMENT_NODE) {
    if (target.nodeValue !== source.nodeValue) target.nodeValue = source.nodeValue;
    return;
  }
  if ("still" in target.dataset) return;
  // Times were rewritten for the reader's time zone, so compare the moment.
  if (target.nodeName === "TIME" && target.dateTime === source.dateTime) return;
  morphAttributes(target, source);
  morphChildren(target, source);
}

/** The child of `target`, from `start` on, that matches `source`: by id, else the next one. */
function partner(start, source) {
  if (!start || sameKind(start, source)) return start;
  if (!source.id) return null;
  for (let node = start.nextSibling; node; node = node.nextSibling) if (sameKind(node, source)) return node;
  return null;
}

export function morphChildren(target, source) {
  let next = target.firstChild;
  for (const wanted of [...source.childNodes]) {
    const found = partner(next, wanted);
    if (!found) {
      target.insertBefore(document.importNode(wanted, true), next);
      continue;
    }
    if (found !== next) target.insertBefore(found, next);
    else next = next.nextSibling;
    morphNode(found, wanted);
  }
  while (next) {
    const surplus = next;
    next = next.nextSibling;
    surplus.remove();
  }
}

export function morph(target, source) {
  morphAttributes(target, source);
  morphChildren(target, source);
}
