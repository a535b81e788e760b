"""Chapter 6: how large weights should be, and what a network shows when they are not."""

from . import diagnosis, rules, scaling, units

QUESTIONS = (  # in the order in which the notebook asks them
    scaling.size_of_sums,
    scaling.variance_scaling,
    rules.initialize,
    units.different_units,
    units.scale_for,
    diagnosis.diagnose,
)
