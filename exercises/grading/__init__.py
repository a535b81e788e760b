"""From hand-out to marks, for instructors: ``python -m mlkit.grading --help``.

The notebooks, their marking and the gradebook are nbgrader's; how hand-ins are run is our own, because one hand-in
must never spoil another. nbgrader comes with ``pip install -e ".[grading]"`` and is imported only where it is used.

The files, in reading order: ``course`` (where things are), ``student_version`` (hand out), ``names`` and
``collect`` (take in), ``repair`` (put tests back), ``run_one``, ``cell_runner`` and ``in_kernel`` (run one hand-in),
``sandbox`` (around it), ``marks`` (what it earned and why), ``gradebook`` and ``by_hand`` (keep marks), ``autograde``
(all of it, for a class), ``feedback`` and ``export`` (give back), ``commands`` (the command line).
"""
