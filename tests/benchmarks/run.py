"""Time ``mlkit`` against a hand-fused NumPy loop, scikit-learn and, where it is installed, PyTorch.

    python tests/benchmarks/run.py --json benchmarks.json

One thread each. In every round all contenders train the same network on the same data once, one after the
other; a ratio compares two times of one round, so that a busy machine slows both. The table shows the
median ratio over the rounds and, in brackets, its quartiles.
"""

import one_thread  # noqa: F401  # isort: skip  (before NumPy is imported, or it is not heard)
import argparse
import json
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from contenders import CONTENDERS, prepare_mlkit


@dataclass(frozen=True)
class Case:
    """One network and how it is trained."""

    data: str
    sizes: tuple
    batch_size: int
    dtype: str
    optimizer: str
    activation: str = "relu"
    epochs: int = 10

    @property
    def name(self):
        return f"{self.data} {'-'.join(map(str, self.sizes))} b{self.batch_size} {self.dtype} {self.optimizer}"


def all_cases():
    shapes = [("digits", (64, 64, 10), 32), ("digits", (64, 64, 64, 10), 32), ("digits", (64, 256, 256, 10), 128)]
    cases = [
        Case(*shape, dtype, optimizer)
        for shape in shapes
        for dtype in ("float64", "float32")
        for optimizer in ("momentum", "adam")
    ]
    xor = [Case("xor", (2, 4, 2), 32, "float64", optimizer, "tanh", epochs=20) for optimizer in ("momentum", "adam")]
    return cases + xor


def load(case):
    """Return X, y and the initial weights of a case."""
    rng = np.random.default_rng(0)
    if case.data == "digits":
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True)
        X = X / 16
    else:
        X = rng.choice([-1.0, 1.0], size=(700, 2))
        y = (X[:, 0] != X[:, 1]).astype(int)
        X += rng.normal(0, 0.1**0.5, X.shape)
    pairs = zip(case.sizes, case.sizes[1:], strict=False)
    weights = [rng.normal(0, (2 / (n + m)) ** 0.5, (n, m)).astype(case.dtype) for n, m in pairs]
    return X.astype(case.dtype), y, weights


def interleaved(runs, rounds, clock=time.process_time):
    """Return the seconds of each of ``runs`` in each round, shape {name: (rounds,)}.

    With one thread, processor time is the time there would be on an idle machine; waiting does not count.
    """
    seconds = {name: np.empty(rounds) for name in runs}
    names = list(runs)
    for run in runs.values():
        run()  # warm up
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:  # nobody is always first
            start = clock()
            runs[name]()
            seconds[name][i] = clock() - start
    return seconds


def ratio(a, b):
    """Return quartiles of a/b as {"median": …, "low": …, "high": …}."""
    low, median, high = np.quantile(a / b, [0.25, 0.5, 0.75])
    return {"median": round(median, 3), "low": round(low, 3), "high": round(high, 3)}


def check_same_training(case, runs):
    """Stop unless all who use the same batches have the same losses: only equal work may be compared."""
    reference = runs["hand"]()
    for name in runs.keys() & {"mlkit", "torch"}:
        np.testing.assert_allclose(runs[name](), reference, rtol=0, atol=1e-7 if case.dtype == "float64" else 0.05)


def measure(case, rounds):
    data = load(case)
    names = [name for name in CONTENDERS if name != "torch" or find_spec("torch")]
    runs = {name: CONTENDERS[name](case, *data) for name in names}
    check_same_training(case, runs)
    seconds = interleaved(runs, rounds)
    steps = case.epochs * -(-len(data[0]) // case.batch_size)
    result = {
        "case": case.name,
        "microseconds_per_step": {n: round(np.median(s) / steps * 1e6, 1) for n, s in seconds.items()},
    }
    result["mlkit/hand"] = ratio(seconds["mlkit"], seconds["hand"])
    for name in names[2:]:
        result[f"{name}/mlkit"] = ratio(seconds[name], seconds["mlkit"])
    return result


def measure_replicas(rounds, replicas=100):
    case = Case("xor", (2, 4, 2), 32, "float64", "adam", "tanh", epochs=20)
    data = load(case)
    runs = {"one": prepare_mlkit(case, *data), "many": prepare_mlkit(case, *data, replicas=replicas)}
    seconds = interleaved(runs, rounds)
    return {"case": f"{replicas} replicas of {case.name}", "many/one": ratio(seconds["many"], seconds["one"])}


FIRST_RESULT = {
    "mlkit": "import numpy as np; from mlkit.network import Network; from mlkit.training import train; "
    "rng = np.random.default_rng(0); X = rng.normal(size=(700, 2)); y = (X[:, 0] * X[:, 1] > 0).astype(int); "
    "train(Network.mlp([2, 4, 2], rng=rng), X, y, optimizer='adam', epochs=5, rng=rng)",
    "sklearn": "import numpy as np, warnings; warnings.simplefilter('ignore'); "
    "from sklearn.neural_network import MLPClassifier; "
    "rng = np.random.default_rng(0); X = rng.normal(size=(700, 2)); y = (X[:, 0] * X[:, 1] > 0).astype(int); "
    "MLPClassifier((4,), activation='tanh', batch_size=32, max_iter=5, random_state=0).fit(X, y)",
    "torch": "import numpy as np, torch; torch.set_num_threads(1); "
    "rng = np.random.default_rng(0); X = torch.from_numpy(rng.normal(size=(700, 2))); "
    "y = (X[:, 0] * X[:, 1] > 0).long(); T = torch.nn; f = torch.float64; "
    "model = T.Sequential(T.Linear(2, 4, dtype=f), T.Tanh(), T.Linear(4, 2, dtype=f)); "
    "optimizer = torch.optim.Adam(model.parameters()); loss = T.CrossEntropyLoss()\n"
    "for _ in range(5):\n"
    "  for i in range(0, 700, 32):\n"
    "    optimizer.zero_grad(); loss(model(X[i:i + 32]), y[i:i + 32]).backward(); optimizer.step()",
}


def measure_first_result(rounds):
    """Time a new Python process until five epochs of XOR are done: imports and all that happens once."""
    names = [name for name in FIRST_RESULT if name != "torch" or find_spec("torch")]
    runs = {n: lambda n=n: subprocess.run([sys.executable, "-c", FIRST_RESULT[n]], check=True) for n in names}
    seconds = interleaved(runs, rounds, clock=time.perf_counter)
    return {
        "case": "first result, from a new process",
        "seconds": {n: round(float(np.median(s)), 3) for n, s in seconds.items()},
    }


def table(results):
    """Return the results of ``measure`` as lines of text."""

    def cell(result, key):
        r = result.get(key)
        return f"{r['median']:5.2f} ({r['low']:.2f}–{r['high']:.2f})" if r else "—"

    keys = ["mlkit/hand", "sklearn/mlkit", "torch/mlkit"]
    yield f"{'case':44}" + "".join(f"{key:>21}" for key in keys) + f"{'mlkit, µs/step':>16}"
    for result in results:
        cells = "".join(f"{cell(result, key):>21}" for key in keys)
        yield f"{result['case']:44}{cells}{result['microseconds_per_step']['mlkit']:16.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the results to this file")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    arguments = parser.parse_args()
    results = []
    for case in all_cases():
        if arguments.only in case.name:
            results.append(measure(case, arguments.rounds))
            lines = list(table(results))
            sys.stdout.write("\n".join(lines if len(results) == 1 else lines[-1:]) + "\n")
            sys.stdout.flush()
    extra = [measure_replicas(arguments.rounds), measure_first_result(5)] if not arguments.only else []
    for result in extra:
        sys.stdout.write(json.dumps(result) + "\n")
    if arguments.json:
        versions = {"python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine()}
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"versions": versions, "results": results + extra}, file, indent=1)


if __name__ == "__main__":
    main()
