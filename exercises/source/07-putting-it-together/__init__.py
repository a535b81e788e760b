"""Chapter 7: parts and scales of the data, when to stop, who is better, and the project with its report."""

from . import data, judging, project, report

QUESTIONS = (  # in the order in which the notebook asks them
    data.splits,
    data.standardize,
    judging.stop_early,
    judging.compare,
    project.fit,
    report.report,
)
