"""Print the lowest version that pyproject.toml allows of everything it asks for, as constraints for pip.

``make lowest`` installs them and runs the tests: a bound that nobody has tried is a guess.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lowest_versions():
    """The lowest version of each requirement, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    return dict(re.match(r"([\w-]+)>=([\w.]+)", one).groups() for one in asked)


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in sorted(lowest_versions().items()))
