"""The questions of the exercise notebooks, one file for each chapter: parts, and the mistakes people make."""
