"""Chapter 3: slopes by nudging, by the sum over paths, by the walk back, and by dual numbers."""

from . import duals, graphs

QUESTIONS = (  # in the order in which the notebook asks them
    graphs.slope,
    graphs.node,
    graphs.paths,
    graphs.backward,
    duals.dual,
    duals.choose_h,
)
