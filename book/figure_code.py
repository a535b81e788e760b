"""The code of a figure stands folded below what is said about it, in one piece, under the figure's own title."""

import itertools
from html import escape

from docutils import nodes

LABELS = {True: "Code of this figure: {}", False: "Code of this output"}
REMARKS = "What to notice"


class FoldedCode(nodes.Element):
    """Cells of code under a line that unfolds them; ``label`` says what the code is of."""


def setup(app):
    app.add_node(FoldedCode, html=(_begin, _end))
    app.connect("doctree-read", _gather)


def _begin(translator, node):
    translator.body.append(f'<details class="folded-code"><summary>{escape(node["label"])}</summary>\n')


def _end(translator, node):
    translator.body.append("</details>\n")


def _gather(app, doctree):
    _link_figures([figure for figure in doctree.findall(nodes.figure) if figure["ids"]])
    for parent in {id(cell.parent): cell.parent for cell in doctree.findall(_is_cell)}.values():
        _gather_below(parent)


def _link_figures(figures):
    """By keyboard one goes from figure to figure, past all controls; the link is seen when it has the focus."""
    for figure, following in itertools.pairwise(figures):
        words = f"Next figure: {_title(following)}"
        link = f'<a class="to-figure" href="#{following["ids"][0]}">{escape(words)}</a>'
        figure.insert(0, nodes.raw("", link, format="html"))


def _is_cell(node):
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _gather_below(parent):
    """Hidden cells wait for the next output that is their figure's."""
    waiting = []
    for cell in [child for child in parent.children if _is_cell(child)]:
        if cell.get("hide_mode") == "input":
            waiting.append(cell.children[0])
            cell.remove(cell.children[0])
            del cell["hide_mode"]
        shows = next(cell.findall(nodes.figure), None)
        if waiting and (shows is not None or cell.children and cell["classes"] and not _has_source(cell)):
            label = LABELS[shows is not None].format(_title(shows))
            parent.insert(_below(parent, cell), FoldedCode("", *waiting, label=label))
            waiting = []
        if not cell.children:
            parent.remove(cell)
    if waiting:
        end = next(
            (i for i, node in enumerate(parent.children) if isinstance(node, nodes.section)), len(parent.children)
        )
        parent.insert(end, FoldedCode("", *waiting, label="Code"))


def _has_source(cell):
    return cell.children[0].get("nb_element") == "cell_code_source"


def _title(figure):
    """What the caption begins with, in bold."""
    strong = next(figure.findall(nodes.strong), None) if figure is not None else None
    return strong.astext().rstrip(".") if strong is not None else "a picture"


def _below(parent, cell):
    """The place below the cell, or below the remarks on what it shows if its text has some."""
    after = place = parent.index(cell) + 1
    for i, node in enumerate(parent.children[after:], after):
        if _is_cell(node) or isinstance(node, nodes.section):
            break
        if node.astext().startswith(REMARKS):
            place = i + 1
            while place < len(parent.children) and isinstance(parent.children[place], nodes.bullet_list):
                place += 1
            break
    return place
