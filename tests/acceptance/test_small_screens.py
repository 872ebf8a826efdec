"""On a phone of 390 pixels, nothing is cut off without a hint, targets can be hit, and no key is named."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.all_pages import MORE, list_addresses
from tests.acceptance.live_pages import Site, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: WCAG 2.2, success criterion 2.5.8.
_SMALLEST = 24
_FAULTS = """(smallest) => {
  const name = (one) => {
    const classes = one.className?.baseVal ?? one.className;
    return `${one.tagName.toLowerCase()}.${classes} "${one.textContent.trim().slice(0, 30)}"`;
  };
  const isSeen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const isDrawn = (one) => isSeen(one) && one.getClientRects().length;
  const all = [...document.body.querySelectorAll("*")].filter(isDrawn);
  // For screen readers alone, or a picture that is moved by hand.
  const spoken = ".visually-hidden, .skip, .header__new span, .photo-head__back span";
  const isSpared = (one) => one.closest(`${spoken}, svg, .stage, .review__frame, dialog`) !== null;
  const faults = [];

  // What scrolls sideways has shadows at its edges; other text fits, or ends in an ellipsis.
  const isFull = (one) => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1;
  for (const one of all.filter((one) => !isSpared(one) && isFull(one))) {
    const { overflowX, textOverflow, backgroundAttachment, webkitLineClamp } = getComputedStyle(one);
    if (overflowX === "visible" || one.tagName === "INPUT") continue;
    const isClipped = textOverflow === "ellipsis" || webkitLineClamp !== "none";
    if (isClipped || backgroundAttachment.includes("local")) continue;
    faults.push(`cut off (${overflowX}): ${name(one)} ${one.scrollWidth} > ${one.clientWidth}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) {
    const wide = all.filter((one) => !isSpared(one) && one.getBoundingClientRect().right > innerWidth + 1);
    faults.push(`wider than the screen: ${wide.slice(0, 4).map(name).join("; ")}`);
  }

  // Targets: that large, or so much to hit around their middle; links within a sentence are exempt.
  const hasWords = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const isInText = (one) => getComputedStyle(one).display === "inline" && hasWords(one.parentElement);
  const fields = "input:not([type=hidden]), select, textarea";
  const targets = `a[href], button, summary, ${fields}, [role=button], [role=radio]`;
  const half = smallest / 2 - 0.5;
  for (const target of all.filter((one) => one.matches(targets) && !isSpared(one))) {
    const isChoice = target.matches("input[type=checkbox], input[type=radio]");
    const box = isChoice ? target.closest("label") ?? target : target;
    const { width, height } = box.getBoundingClientRect();
    if (Math.min(width, height) >= smallest - 0.5 || isInText(target)) continue;
    box.scrollIntoView({ block: "center", inline: "center" });
    const frame = box.getBoundingClientRect();
    const [x, y] = [frame.x + frame.width / 2, frame.y + frame.height / 2];
    const isHit = ([dx, dy]) => box.contains(document.elementFromPoint(x + dx, y + dy));
    if ([[-half, 0], [half, 0], [0, -half], [0, half]].every(isHit)) continue;
    faults.push(`small target: ${name(target)} ${Math.round(width)} x ${Math.round(height)}`);
  }
  for (const key of all.filter((one) => one.matches("kbd, [data-help], #help-open"))) {
    faults.push(`key hint: ${name(key)}`);
  }
  return faults;
}"""


def test_every_page_fits_a_phone(browser: Browser, filled_site: Site, tmp_path: Path) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    faults, opened = [], 0
    with visiting(browser, filled_site, reduced_motion="reduce", **phone) as visitor:
        page = visitor.page
        for path in (*list_addresses(tmp_path).values(), *MORE):
            address = filled_site.address + path
            answer = page.request.get(address, headers={"Accept": "text/html"}, max_redirects=0)
            if answer.status == 404 and path not in MORE:
                # It is the page of what is not there, which is among MORE.
                continue
            if "text/html" in answer.headers.get("content-type", "") and answer.status != 302:
                page.goto(address)
                faults += [f"{path} {fault}" for fault in page.evaluate(_FAULTS, _SMALLEST)]
                opened += 1
    assert faults == [], "\n".join(faults)
    assert opened > 40


def test_the_tab_of_the_page_is_in_sight(browser: Browser, filled_site: Site) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting(browser, filled_site, **phone) as visitor:
        for path, words in (
            ("/activity", "Activity"),
            ("/duplicates", "Duplicates"),
            ("/exchange", "Import"),
        ):
            visitor.goto(path)
            tab = visitor.page.locator("nav.subnav [aria-current]")
            expect(tab).to_contain_text(words)
            expect(tab).to_be_in_viewport(ratio=1)
        visitor.goto("/review/guide")
        expect(visitor.page.locator(".chips [aria-current]")).to_be_in_viewport(ratio=1)
        assert visitor.page.evaluate("scrollY") == 0 and visitor.complaints == []
