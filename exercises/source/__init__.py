"""The questions of the exercises, a room for each chapter: its ``QUESTIONS`` are in the notebook's order."""
