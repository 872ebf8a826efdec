"""In a real browser: `keys.js`, the module of all pages, names key presses alike on every keyboard layout."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

_SCRIPTS = Path(__file__).resolve().parents[2] / "web" / "static" / "js"
#: The bindings of the page below; each puts its name into `done`.
_BOUND = (
    *("z", "Z", "a", "m", "q", "w", "1", "3", "0", "[", "]", "-", "+"),
    *("ArrowLeft", "Escape", "Ctrl+z", "Ctrl+Z"),
)
_PAGE = """<!doctype html><title>Keys</title><input id="field">
<input type="checkbox" id="checkbox"><p id="editable" contenteditable>Text</p>
<button id="button">Button</button><dialog id="keys"><p>Keys</p></dialog>"""
_BIND = """async ([bound]) => {
  const { onKeys } = await import("/keys.js");
  window.done = [];
  onKeys(Object.fromEntries(bound.map((name) => [name, () => void done.push(name)])));
}"""
_PRESS = """([target, details]) => {
  done.length = 0;
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...details });
  document.querySelector(target).dispatchEvent(event);
  return [done.join(" "), event.defaultPrevented];
}"""

#: Presses of one layout in turn: key, code, modifiers, and the binding that they mean ("" for none).
_Presses = tuple[tuple[str, str, str, str], ...]
_LAYOUTS: dict[str, _Presses] = {
    "US": (
        ("z", "KeyZ", "", "z"), ("Z", "KeyZ", "shift", "Z"), ("3", "Digit3", "", "3"),
        ("#", "Digit3", "shift", ""),
        ("1", "Numpad1", "", "1"), ("+", "Equal", "shift", "+"), ("?", "Slash", "shift", "?"),
        ("ArrowLeft", "ArrowLeft", "shift", "ArrowLeft"), ("End", "Numpad1", "", ""),
    ),
    "US with Caps Lock": (
        ("Z", "KeyZ", "caps", "z"), ("z", "KeyZ", "caps shift", "Z"), ("3", "Digit3", "caps", "3"),
        ("Z", "KeyZ", "caps ctrl", "Ctrl+z"),
    ),
    "Russian": (
        ("я", "KeyZ", "", "z"), ("Я", "KeyZ", "shift", "Z"), ("Я", "KeyZ", "caps", "z"),
        ("ф", "KeyA", "", "a"),
        ("х", "BracketLeft", "", "["), ("ъ", "BracketRight", "", "]"), ("я", "KeyZ", "ctrl", "Ctrl+z"),
        ("?", "Digit7", "shift", "?"), ("щ", "KeyO", "", ""),
    ),
    "Greek": (("ζ", "KeyZ", "", "z"), ("α", "KeyA", "", "a"), (";", "KeyQ", "", "q")),
    "Hebrew": (("ש", "KeyA", "", "a"), ("ז", "KeyZ", "", "z"), ("'", "KeyW", "", "w")),
    "Arabic": (("ئ", "KeyZ", "", "z"), ("؟", "Slash", "shift", "?")),
    "French": (
        ("&", "Digit1", "", "1"), ('"', "Digit3", "", "3"), ("à", "Digit0", "", "0"),
        ("1", "Digit1", "shift", "1"),
        ("w", "KeyZ", "", "w"), ("z", "KeyW", "", "z"), ("q", "KeyA", "", "q"),
        ("Dead", "BracketLeft", "", "["),
        ("-", "Digit6", "", "-"), (",", "KeyM", "", ""),
    ),
    "German": (
        ("y", "KeyZ", "", ""), ("z", "KeyY", "", "z"), ("[", "Digit8", "altgr", "["),
        ("]", "Digit9", "altgr ctrl alt", "]"), ("ü", "BracketLeft", "", "["), ("-", "Slash", "", "-"),
    ),
    "Czech": (("+", "Digit1", "", "1"), ("š", "Digit3", "", "3"), ("é", "Digit0", "", "0")),
    "Dvorak": (
        (";", "KeyZ", "", ""), ("z", "Slash", "", "z"), ("a", "KeyA", "", "a"), ("[", "Minus", "", "["),
        ("/", "BracketLeft", "", ""), ("'", "KeyQ", "", ""),
    ),
    "with modifiers, which are the browser's": (
        ("a", "KeyA", "ctrl", ""), ("a", "KeyA", "meta", ""), ("a", "KeyA", "alt", ""),
        ("3", "Digit3", "ctrl", ""),
        ("ArrowLeft", "ArrowLeft", "alt", ""), ("z", "KeyZ", "meta", "Ctrl+z"),
        ("Z", "KeyZ", "ctrl shift", "Ctrl+Z"),
    ),
    "of an input method": (
        ("a", "KeyA", "composing", ""), ("Process", "KeyA", "", ""), ("Unidentified", "", "", ""),
        ("", "KeyA", "", ""),
        ("Shift", "ShiftLeft", "shift", ""),
    ),
}  # fmt: skip
_MODIFIERS = {
    "shift": "shiftKey",
    "ctrl": "ctrlKey",
    "alt": "altKey",
    "meta": "metaKey",
    "altgr": "modifierAltGraph",
    "caps": "modifierCapsLock",
    "composing": "isComposing",
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page whose scripts are those of the product."""
    with browser.new_page() as page:
        page.route(
            "http://keys.test/**/*.js",
            lambda route: route.fulfill(path=_SCRIPTS / route.request.url.removeprefix("http://keys.test/")),
        )
        page.route("http://keys.test/", lambda route: route.fulfill(body=_PAGE, content_type="text/html"))
        page.goto("http://keys.test/")
        page.evaluate(_BIND, [_BOUND])
        yield page


def _press(page: Page, key: str, code: str, modifiers: str = "", target: str = "body") -> tuple[str, bool]:
    """What the press did, and whether the page kept it from the browser."""
    details: dict[str, Any] = {"key": key, "code": code}
    details |= {_MODIFIERS[word]: True for word in modifiers.split()}
    done, kept = page.evaluate(_PRESS, [target, details])
    if page.locator("dialog[open]").count():
        page.evaluate("document.querySelector('dialog').close()")
        done = "?"
    return done, kept


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_keys_mean_the_same_on_every_layout(page: Page, layout: str) -> None:
    presses = _LAYOUTS[layout]
    done = [(press, _press(page, *press[:3])) for press in presses]
    assert done == [(press, (press[3], press[3] != "")) for press in presses]


def test_no_key_acts_while_somebody_types_or_a_dialog_is_open(page: Page) -> None:
    for target in ("#field", "#editable"):
        assert _press(page, "a", "KeyA", target=target) == ("", False)
    for target in ("#button", "#checkbox"):
        assert _press(page, "a", "KeyA", target=target) == ("a", True)
    assert _press(page, "ArrowLeft", "ArrowLeft", target="#checkbox") == ("", False)
    page.evaluate("document.querySelector('dialog').showModal()")
    assert page.evaluate(_PRESS, ["body", {"key": "a", "code": "KeyA"}]) == ["", False]
    page.evaluate("document.querySelector('dialog').close()")


def test_a_changed_key_of_the_review_is_kept_by_its_name(page: Page) -> None:
    found = page.evaluate("""async () => {
      const { Keymap, capOf } = await import("/review/keymap.js");
      const { nextKey, namesOf } = await import("/keys.js");
      const keymap = new Keymap({ skip: "x", undo: "z" }, {});
      const asked = nextKey();
      for (const [key, code] of [["Shift", "ShiftLeft"], ["я", "KeyZ"]]) {
        dispatchEvent(new KeyboardEvent("keydown", { key, code }));
      }
      keymap.set("skip", await asked);
      const kept = new Keymap({ skip: "x", undo: "z" }, {});
      return [keymap.keys, kept.find("z"), capOf("z"), capOf("Z"), capOf(" ")];
    }""")
    assert found == [{"skip": "z", "undo": "x"}, "skip", "Z", "Shift Z", "Space"]


def test_no_other_script_listens_to_keys() -> None:
    listening = re.compile(r"keydown|keyup|keypress|keyCode|event\.(key|code)\b")
    found = [path.name for path in _SCRIPTS.rglob("*.js") if listening.search(path.read_text())]
    assert found == ["keys.js"]
