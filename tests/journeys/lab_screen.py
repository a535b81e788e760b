"""What a learner does in JupyterLab, on a computer or in a browser: one question, answered wrongly and then right."""

import re

from mlkit.checks import load_chapter

SECONDS = 60  # the longest that anything may take: a server or a kernel that starts on a busy machine

QUESTION = load_chapter("01-perceptron")["01-perceptron/update"]
MISTAKE = next(mistake for mistake in QUESTION.mistakes if mistake.name == "the target alone")
IMPORTS = "from mlkit import datasets"
WRONG = "return weights + learning_rate * target * x, bias + learning_rate * target"
RIGHT = """error = target - (x @ weights + bias > 0)
return weights + learning_rate * error * x, bias + learning_rate * error"""

SHOWN = ".lm-DockPanel .jp-MainAreaWidget:not(.lm-mod-hidden)"  # the tab in front
POP_UPS = ".jp-Dialog, .Toastify__toast"

# Whether a heading is seen, in the upper third of the notebook, with nothing lying on it.
IN_VIEW = """(title) => {
  const frame = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer');
  const named = (heading) => heading.textContent.replace('¶', '').trim() === title;
  const heading = [...(frame?.querySelectorAll('h2') ?? [])].find(named);
  if (!heading) return false;
  const [outer, box] = [frame, heading].map((element) => element.getBoundingClientRect());
  const top = document.elementFromPoint(box.left + 20, box.top + box.height / 2);
  return outer.top <= box.top && box.bottom < outer.top + outer.height / 3 && heading.contains(top);
}"""


def shown(page, selector, **options):
    return page.locator(f"{SHOWN} {selector}", **options)


def cell(page, code):
    return shown(page, ".jp-CodeCell", has_text=code)


def run(cell):
    """Run a cell and wait until its new number is there."""
    from playwright.sync_api import expect

    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.text_content()
    cell.locator(".cm-content").click()
    cell.page.keyboard.press("Shift+Enter")
    expect(prompt).not_to_have_text(before, timeout=1000 * SECONDS)
    expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=1000 * SECONDS)


def the_exercises_open(page):
    """They are in front, and their kernel is ready: a cell that is run before is passed over."""
    shown(page, "h1", has_text="Exercises: The perceptron").wait_for()
    page.locator("#jp-main-statusbar", has_text=re.compile(r"\| Idle")).wait_for()


def write(page, old, new):
    """Put the cursor behind the line ``old`` of the answer, mark it, and type."""
    cell(page, "def update(").locator(".cm-line").get_by_text(old, exact=True).click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    page.keyboard.type(new)


def check(page):
    """Run the answer and the check below it; returns what the check says."""
    run(cell(page, "def update("))
    run(cell(page, f'check("{QUESTION.key}"'))
    return cell(page, f'check("{QUESTION.key}"').locator(".mlkit-check")


def check_of(page, name):
    """What another question's check says of the answer as it stands there."""
    run(cell(page, f"def {name}("))
    run(cell(page, f'check("01-perceptron/{name}"'))
    return cell(page, f'check("01-perceptron/{name}"').locator(".mlkit-check").text_content()


def tab(page, name):
    return page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text=name)


def follow_hint(page):
    """Open the mistake's name, if it is closed, and click the link: the section that it names comes into view."""
    name = shown(page, ".mlkit-check summary")
    if name.locator("xpath=..").get_attribute("open") is None:
        name.click()
    shown(page, ".mlkit-check details a").click()
    page.wait_for_function(IN_VIEW, arg=MISTAKE.section)


def to_the_top(page):
    """Turn the wheel until the section is out of sight."""
    shown(page, ".jp-WindowedPanel-outer").hover()
    page.mouse.wheel(0, -1_000_000)
    page.wait_for_function(f"(title) => !({IN_VIEW})(title)", arg=MISTAKE.section)


def close_the_chapter(page):
    """JupyterLab notes the version of Python in a notebook; once that is saved by itself, nothing is asked."""
    from playwright.sync_api import expect

    expect(tab(page, "01-perceptron.ipynb")).not_to_have_class(re.compile("jp-mod-dirty"), timeout=1000 * SECONDS)
    tab(page, "01-perceptron.ipynb").locator(".lm-TabBar-tabCloseIcon").click()
    tab(page, "01-perceptron.ipynb").wait_for(state="detached")


def back_to_the_exercises(page):
    tab(page, "perceptron.ipynb").filter(has_not_text="01-").click()


def nothing_popped_up(page):
    texts = page.locator(POP_UPS).all_text_contents()
    assert texts == [], f"JupyterLab says {texts}"


def full_marks():
    return f"{QUESTION.points} of {QUESTION.points} points"


def save(page):
    """Wait until JupyterLab has saved by itself, and save once more, as people do.

    Asked while it is at it, JupyterLab compares the file's time with that of the save before, and may say that the file
    has changed on disk.
    """
    from playwright.sync_api import expect

    here = page.locator(".lm-DockPanel-tabBar .lm-mod-current")
    expect(here).not_to_have_class(re.compile("jp-mod-dirty"), timeout=1000 * SECONDS)
    page.keyboard.press("Control+s")
    expect(here).not_to_have_class(re.compile("jp-mod-dirty"), timeout=1000 * SECONDS)
