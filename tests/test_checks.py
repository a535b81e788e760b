"""The exercise checkers: whatever an answer does gets a clear line, and the notebook goes on."""

import copy
import json
import ntpath
import pickle
import re
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from exercise_fixtures import question_keys

from mlkit import perceptron
from mlkit.checks import check, find_question, guard, load_chapter
from mlkit.checks.expect import NotYet, a_number, a_tuple, an_array, close, require
from mlkit.checks.grading_day import PRIVATE
from mlkit.checks.guard import PATIENCE, Limit, OutOfTime, guarded, is_stub, pace, time_limit
from mlkit.checks.question import SECONDS, UNSEEN, Question
from mlkit.checks.score import Line, Score
from mlkit.grading.run_one import CHECKS_OWN_LIMIT

KEY = "02-activations/made-for-a-test"


@pytest.fixture
def double():
    """A question that asks for a function that doubles, with two parts and three mistakes."""
    question = Question(KEY, takes=("z",), draw=lambda rng: (rng.normal(size=3),), seconds=0.5)

    @question.part("an array of the same shape")
    def _(answer, rng):
        an_array(answer(rng.normal(size=(2, 3))), (2, 3))

    @question.part("twice the input", points=2)
    def _(answer, rng):
        z = rng.normal(size=5)
        close(answer(z), 2 * z, "it is not twice the input")

    question.mistake("squared", lambda z: z**2, "You squared.", section="The gallery")
    question.mistake("unchanged", lambda z: z, "Nothing was done.", section="The gallery")
    question.mistake("breaks", lambda z: z @ np.ones((7, 7)), "The shapes do not fit.", section="The gallery")
    return question


def said(score):
    return "\n".join(line.note for line in score.lines)


# What a right answer gets


@pytest.mark.parametrize("answer", [lambda z: 2 * z, lambda z: z + z, np.vectorize(lambda z: 2.0 * z)])
def test_a_right_answer_gets_all_points_however_it_is_written(double, answer):
    score = double.score(answer)
    assert (score, score.points, score.mistake) == (4.0, 4, None)
    assert [line.status for line in score.lines] == ["right"] * 3


def test_a_constant_that_fits_the_first_numbers_does_not_pass(double):
    seen = []

    def remembers(z):
        seen.append(z.copy())
        return 2 * z if len(seen) <= 2 else 2 * seen[-2][: z.size] if z.ndim == 1 else 2 * z

    score = double.score(remembers)
    assert score == 3
    assert score.lines[-1].title == UNSEEN
    assert score.lines[-1].status == "not yet"


def test_extra_arguments_with_defaults_are_welcome(double):
    assert double.score(lambda z, factor=2: factor * z) == 4


# What is not written


def stub(z):
    """Return twice z."""
    ...


def half_written(z):
    a = ...
    return a


def computed_with_dots(z):
    return z * ...


def raises_not_implemented(z):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [stub, half_written, computed_with_dots, raises_not_implemented, None, ...])
def test_a_stub_gets_nothing_and_is_called_not_written_yet(double, answer):
    score = double.score(answer)
    assert score == 0
    assert score.lines[0].status == "not written yet"
    assert score.mistake is None


def test_a_function_that_computes_is_no_stub():
    assert [is_stub(f) for f in (stub, lambda z: 2 * z, lambda z: 0, len)] == [True, False, False, False]


class WithStub:
    def forward(self, z):
        return z

    def backward(self, grad): ...


def test_a_class_with_a_method_that_is_a_stub_is_not_written_yet():
    question = Question(KEY, observe=lambda answer, rng: 0, methods=("forward", "backward"))
    question.part("something")(lambda answer, rng: None)
    assert question.score(WithStub).lines[0].status == "not written yet"
    assert "no method `backward`" in said(question.score(type("Half", (), {"forward": lambda self: 1})))


# What an answer can do wrong, and the line it gets


def endless(z):
    while True:
        pass


def hides_exceptions(z):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def changes_its_input(z):
    z *= 2
    return z


def leaves(z):
    sys.exit()


def calls_itself(z):
    return calls_itself(z)


def breaks_mlkit(z):
    return perceptron.predict(z, np.ones(1), 0.0)


def divides(z):
    factor = 1 / 0
    return factor * z


WRONG = [
    (lambda z: print(z), "it returned None: is a `return` missing?"),
    (lambda z: list(2 * z), "the result is a list; a NumPy array of shape (2, 3) was wanted"),
    (lambda z: "2z", "the result is a str"),
    (lambda z: z[0], "the result has shape (3,); (2, 3) was wanted"),
    (lambda z: z > 0, "holds True and False; numbers were wanted"),
    (lambda z: z * np.nan, "contains NaN"),
    (lambda z: z.astype(complex), "holds values of type complex128"),
    (lambda: 2, "it must accept (z); yours takes ()"),
    (lambda x, y: 2 * x, "it must accept (z); yours takes (x, y)"),
    (np.ones(3), "a function of (z) was wanted, got ndarray: pass its name, without brackets"),
    (changes_its_input, "it changed its input `z`"),
    (endless, "still running after"),
    (hides_exceptions, "still running after"),
    (leaves, "it ends the whole program"),
    (calls_itself, "it calls itself without end"),
    (breaks_mlkit, "(in the line `return perceptron.predict(z, np.ones(1), 0.0)`)"),
    (divides, "ZeroDivisionError: division by zero (in the line `factor = 1 / 0`)"),
    (lambda z: 3 * z, "it is not twice the input"),
]


@pytest.mark.parametrize(("answer", "line"), WRONG, ids=[line[:40] for _, line in WRONG])
def test_whatever_goes_wrong_gets_a_clear_line_and_no_full_marks(double, answer, line):
    score = double.score(answer)
    assert score < 4
    assert line in said(score)


def test_an_endless_loop_costs_its_seconds_once(double):
    start = time.process_time()
    score = double.score(endless)
    assert time.process_time() - start < 1.0  # 0.5 s for all parts together
    assert [line.status for line in score.lines] == ["not yet", "not tried", "not tried"]


def test_prints_and_warnings_are_kept_from_the_page_and_cost_nothing(double, capfd):
    def noisy(z):
        print("x" * 1_000_000)
        print("trouble", file=sys.stderr)
        warnings.warn("think again", stacklevel=1)
        np.log(-np.ones(1))
        return 2 * z

    score = double.score(noisy)
    assert score == 4
    assert capfd.readouterr() == ("", "")
    assert "it printed 1,000,009 characters (not shown)" in said(score)
    assert "warn" not in said(score)  # of a right answer nobody needs to hear that
    score = double.score(lambda z: noisy(z) + 1)
    assert "it warned: UserWarning: think again" in said(score)
    assert "RuntimeWarning: invalid value encountered in log" in said(score)


def test_someone_who_presses_stop_is_heard(double):
    def stopped(z):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        double.score(stopped)


def test_inputs_may_be_changed_where_that_is_asked():
    question = Question(KEY, takes=("w",), draw=lambda rng: (rng.normal(size=3),), may_change=True)
    question.part("doubled")(lambda answer, rng: close(answer(np.ones(2)), [2, 2], "no"))
    assert question.score(changes_its_input) == 2


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ({"w": np.ones(2)}, lambda d: d.update(w=np.zeros(2))),
        ({"w": 1.0}, lambda d: d.pop("w")),
        ([1.0, np.ones(2)], lambda numbers: numbers.append(3)),
        ([1.0, 2.0], lambda numbers: numbers.reverse()),
    ],
)
def test_a_changed_dictionary_or_list_is_noticed(given, change):
    question = Question(KEY, takes=("given",), draw=lambda rng: (given,))
    question.part("left as it came")(lambda answer, rng: answer(given))
    assert "it changed its input `given`" in said(question.score(lambda given: change(given) or 1))
    assert question.score(lambda given: len(given)) == 2


def test_the_clock_also_runs_where_there_is_no_alarm():
    """In a thread, as on Windows or in a browser, lines are watched instead."""
    ended = []

    def run():
        try:
            with time_limit(0.2):
                endless(0)
        except OutOfTime:
            ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(5)
    assert ended == [True]


def test_what_counts_is_work_so_that_a_busy_machine_costs_nothing():
    """Twice as long on the clock as the limit, in a fraction of the processor's time: as where others take the rest."""

    def interrupted(z):
        time.sleep(0.2)
        return 2 * z

    assert guarded(lambda: interrupted(1), 0.1).value == 2


def test_an_answer_that_waits_for_ever_is_stopped_too():
    start = time.monotonic()
    outcome = guarded(lambda: time.sleep(60), 0.1)
    assert not outcome.in_time
    assert time.monotonic() - start < 30


def test_where_work_takes_ten_times_as_long_an_answer_gets_ten_times_the_seconds(monkeypatch):
    """As in a browser: the same answer is to get the same verdict there."""
    monkeypatch.setattr(guard, "pace", lambda: 10.0)
    assert guarded(lambda: works_for(0.5), 0.1).value == "done"
    outcome = guarded(lambda: works_for(60), 0.2)
    assert not outcome.in_time
    assert outcome.problem.startswith("it was still running after 2 s")
    limit = Limit(1.0)
    works_for(0.2)
    assert 0.9 < limit.left() < 0.99


def works_for(seconds):
    start = time.process_time()
    while time.process_time() - start < seconds:
        pass
    return "done"


def test_a_machine_that_is_a_little_slower_or_much_faster_keeps_the_limits_as_they_are():
    assert pace() == 1 or pace() > 2


def test_grading_lets_a_check_speak_first():
    assert CHECKS_OWN_LIMIT >= SECONDS * PATIENCE


def test_the_alarm_is_put_back():
    import signal

    before = signal.getsignal(signal.SIGALRM)
    guarded(lambda: endless(0), 0.1)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


# Mistakes


def test_a_mistake_is_named_by_what_it_returns(double):
    score = double.score(lambda z: z * z)
    assert (score, score.mistake) == (1, "squared")
    assert "Likely mistake: squared. You squared. See chapter 2, “The gallery”." in str(score)


def test_a_mistake_that_raises_is_named_by_its_message(double):
    def breaks(z):
        more = np.ones((7, 7))
        return z @ more

    assert double.score(breaks).mistake == "breaks"


def test_a_mistake_nobody_knows_gets_no_name(double):
    assert double.score(lambda z: z + 1).mistake is None


def test_a_mistake_can_be_found_by_a_function():
    question = Question(KEY, takes=("z",), draw=lambda rng: (rng.normal(size=3),))
    question.part("doubled")(lambda answer, rng: close(answer(np.ones(2)), [2, 2], "no"))
    question.mistake("forgetful", found=lambda answer, rng: answer(np.zeros(1)) == 1, hint="h", section="s")
    assert question.score(lambda z: 3 * z).mistake is None
    assert question.score(lambda z: np.ones_like(z)).mistake == "forgetful"


def test_a_mistake_that_never_ends_is_named_by_the_clock(double):
    double.mistake("forgets to stop", endless, "Nothing ends your loop.", section="The gallery", endless=True)
    assert double.score(hides_exceptions).mistake == "forgets to stop"
    assert double.score(lambda z: z * z).mistake == "squared"


def test_the_search_for_a_mistake_calls_the_answer_seldom(double):
    for n in range(20):
        double.mistake(f"number {n}", lambda z, n=n: z + 1 + n, "You added.", section="The gallery")
    calls = []
    assert double.score(lambda z: calls.append(1) or 0.5 * z).mistake is None
    assert len(calls) <= 7  # two parts, four drawings, and once more


def test_a_small_number_is_no_warning(double):
    assert said(double.score(lambda z: 2 * z + np.exp(-1000 * np.ones(1)))).count("warned") == 0


# The instructor's day


@pytest.fixture
def secret(tmp_path, monkeypatch):
    (tmp_path / "seed").write_text("123456")
    (tmp_path / "tests").mkdir()
    monkeypatch.setenv("NN_GRADING", str(tmp_path))
    yield tmp_path
    PRIVATE.clear()


def test_the_instructors_tests_decide_the_last_point_and_are_never_shown(double, secret):
    source = """
from mlkit.checks.expect import require
from mlkit.checks.grading_day import private_test

@private_test("02-activations/made-for-a-test")
def _(answer, rng):
    require(answer(1e9) == 2e9, "a secret sentence")
"""
    (secret / "tests" / "02-activations.py").write_text(source)
    assert double.score(lambda z: 2 * z) == 4
    clipped = double.score(lambda z: np.minimum(2 * z, 1e6))
    assert clipped == 3
    assert "secret" not in str(clipped) + clipped.html()


def test_the_secret_seed_draws_other_numbers(double, secret):
    seen = []
    double.score(lambda z: seen.append(z) or 2 * z)
    (secret / "seed").write_text("654321")
    double.score(lambda z: seen.append(z) or 2 * z)
    first, second = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    equal = [a.shape == b.shape and np.array_equal(a, b) for a, b in zip(first, second, strict=True)]
    assert equal == [True, True, False, False]


def test_a_folder_without_a_seed_is_an_error_and_not_a_lost_point(double, secret):
    (secret / "seed").unlink()
    with pytest.raises(RuntimeError, match="seed"):
        double.score(lambda z: 2 * z)


# Doors


def test_an_unknown_question_names_its_neighbors():
    with pytest.raises(
        ValueError, match="there is no question '02-activations/rleu'; did you mean '02-activations/relu'"
    ):
        check("02-activations/rleu", len)
    with pytest.raises(ValueError, match="there is no chapter '9-x'; the chapters are 01-perceptron"):
        find_question("9-x/y")
    assert "02-activations/relu" in load_chapter("02-activations")


def test_a_question_needs_one_way_to_tell_mistakes_apart():
    with pytest.raises(ValueError, match="draw or observe"):
        Question(KEY)
    with pytest.raises(ValueError, match="takes"):
        Question(KEY, draw=lambda rng: ())


# Sentences


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: require(False, "no"), "no"),
        (lambda: an_array(np.ones(2), ()), r"the result has shape \(2,\); a single number was wanted"),
        (lambda: a_number(True), "the result is a bool; a number was wanted"),
        (lambda: a_tuple(np.ones(2), 2), "2 values were wanted"),
        (lambda: a_tuple((1, 2, 3), 2, "what backward returns"), "what backward returns has 3 values; 2 were wanted"),
        (lambda: close(np.ones(2), np.ones(3), "no"), r"shape \(2,\); \(3,\) was wanted"),
    ],
)
def test_what_is_not_right_is_said(action, message):
    with pytest.raises(NotYet, match=message):
        action()


def test_a_message_of_close_never_tells_the_wanted_value():
    with pytest.raises(NotYet) as told:
        close(np.array(0.25), 0.123456789, "it is too large")
    assert "0.12" not in str(told.value)


# What is shown


SCORE = Score(
    1, key="02-activations/relu", points=3, mistake=None,
    lines=[Line("<b>`z`</b>", "right", 1, 1), Line("two", "not yet", 0, 1, "a < b"), Line("three", "not tried", 0, 1)],
)  # fmt: skip


def test_a_score_is_its_number_to_nbgrader_and_a_table_to_a_person():
    assert repr(SCORE) == "1.0"
    assert float(repr(SCORE)) == SCORE
    assert str(SCORE).splitlines() == [
        "relu: 1 of 3 points",
        "✓ right: <b>`z`</b>",
        "✗ not yet: two (a < b)",
        "– not tried: three",
    ]


def test_the_table_escapes_what_it_shows_and_says_in_words_what_it_says_in_color():
    page = SCORE.html()
    assert "&lt;b&gt;<code>z</code>&lt;/b&gt;" in page
    assert "a &lt; b" in page
    assert "✓ right" in page
    assert "✗ not yet" in page
    assert "role='status'" in page
    assert "var(--jp-success-color1" in page


def test_the_hint_links_to_the_section(double):
    page = double.score(lambda z: z).html()
    assert "<a href='../../chapters/02-activations.ipynb#cell-id=the-gallery' data-section='The gallery' " in page
    assert ">chapter 2, “The gallery”</a>" in page


# Limits inside limits


def for_ever():
    while True:
        pass


@pytest.mark.parametrize("thread", [False, True])
def test_a_limit_inside_another_does_not_cancel_it(thread):
    """By an alarm in the main thread, by looking at the clock in another."""

    def work():
        guarded(lambda: 1, seconds=60)
        for_ever()

    def inner_is_longer():
        return guarded(for_ever, seconds=60)

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit if thread else lambda f, *a: SimpleNamespace(result=lambda: f(*a))
        assert not call(guarded, work, 0.3).result().in_time
        outer = call(guarded, inner_is_longer, 0.3).result()
        assert not (outer.value or outer).in_time  # the outer one may be stopped just before it hears of the inner one
        assert call(guarded, lambda: guarded(for_ever, seconds=0.2).in_time, 30).result().value is False


# Copies


def test_a_score_is_the_same_after_a_way_as_data(double):
    for answer in (lambda z: 2 * z, lambda z: z**2, lambda z: z, 3):
        score = double.score(answer)
        again = Score.from_data(json.loads(json.dumps(score.data)))
        assert (str(again), again.html(), again) == (str(score), score.html(), score)
        assert again.mistake == score.mistake


LINE = {"title": "t", "status": "right", "earned": 1, "points": 1, "note": "", "in_time": True}
DATA = {"key": "01-a/b", "earned": 1, "points": 2, "lines": [LINE], "mistake": None}
SAID = {"name": "n", "hint": "h", "section": "s", "chapter": "01-a", "clue": False}


@pytest.mark.parametrize(
    "wrong",
    [
        {"earned": "2"}, {"earned": 3}, {"earned": -1}, {"earned": float("nan")}, {"earned": True}, {"earned": 10**400},
        {"points": None}, {"key": 3}, {"lines": None}, {"lines": [{}]}, {"lines": ["right"]}, {"lines": 3},
        {"lines": [LINE | {"status": "<b>"}]}, {"lines": [LINE | {"earned": "<b>"}]}, {"lines": [LINE | {"note": 1}]},
        {"mistake": "a name"}, {"mistake": SAID | {"hint": None}}, {"mistake": SAID | {"clue": "no"}},
        {"mistake": SAID | {"chapter": "<script>"}},
    ],
)  # fmt: skip
def test_what_is_no_data_of_a_score_is_refused(wrong):
    assert Score.from_data(DATA) == 1
    assert Score.from_data(DATA | {"mistake": SAID}).mistake == "n"
    for data in (DATA | wrong, list(wrong), None, "1.0"):
        with pytest.raises(ValueError, match="not the data of a score"):
            Score.from_data(data)


def test_whatever_stands_in_the_data_is_text_in_the_table():
    lines = [LINE | {"title": "<img src=x>", "note": "`<b>`"}]
    page = Score.from_data(DATA | {"key": "01-a/<i>", "lines": lines, "mistake": SAID | {"hint": "<u>"}}).html()
    assert not re.search("<(img|b|i|u)[ >]", page)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda score: pickle.loads(pickle.dumps(score))])
def test_a_score_can_be_copied_and_kept_in_a_file(copied):
    score = check("02-activations/relu", abs)
    again = copied(score)
    assert (again, again.mistake, again.lines) == (score, "absolute value", score.lines)
    assert str(again) == str(score)
    assert again.html() == score.html()


@pytest.mark.parametrize("name", ["key", "points", "lines", "mistake"])
def test_a_score_says_what_happened_and_cannot_be_told_otherwise(name):
    with pytest.raises(AttributeError):
        setattr(check("02-activations/relu", abs), name, None)


# Whose line it was


@pytest.mark.parametrize(
    ("filename", "learners"),
    [
        (r"C:\Python311\Lib\random.py", False),
        (r"c:\python311\lib\site-packages\scipy\special.py", False),
        (r"C:\Users\Ada\nn\mlkit\checks\expect.py", False),
        (r"C:\Users\Ada\AppData\Local\Temp\ipykernel_7\12.py", True),
        (r"C:\Users\Ada\nn\mine.py", True),
        ("<frozen importlib._bootstrap>", False),
    ],
)
def test_on_windows_too_only_a_learners_line_is_quoted(filename, learners):
    ours = (r"C:\Users\Ada\nn\mlkit", r"C:\Python311\Lib")
    assert guard._is_learners(filename, ours, ntpath.normcase) is learners


def test_the_line_of_a_library_is_not_quoted():
    problem = guarded(lambda: json.loads("{"), seconds=5).sentence
    assert "json.loads" in problem
    assert "raise JSONDecodeError" not in problem


# Whatever comes back


class Hostile:
    """An object that refuses whatever is asked of it."""

    def __bool__(self, *others):
        raise ArithmeticError("no truth")

    __eq__ = __len__ = __float__ = __array__ = __iter__ = __getitem__ = __repr__ = __lt__ = __bool__
    __hash__ = None


def itself():
    endless = []
    endless.append(endless)
    return endless


def objects():
    array = np.empty(2, dtype=object)
    array[0] = array[1] = Hostile()
    return array


ODD = {
    "None": lambda: None,
    "dots": lambda: ...,
    "text": lambda: "text",
    "bytes": lambda: b"bytes",
    "True": lambda: True,
    "a complex number": lambda: 1j,
    "nan": lambda: float("nan"),
    "a huge number": lambda: 10**400,
    "nothing": lambda: (),
    "four things": lambda: (1.0, np.zeros(3), None, "x"),
    "three arrays": lambda: (np.zeros(3), np.zeros(3), np.zeros(3)),
    "four arrays": lambda: (np.zeros(4), np.float64(0), np.ones(4), np.ones(4)),
    "five numbers": lambda: (1, 2, 3, 4, 5),
    "a ragged list": lambda: [[1, 2], [3]],
    "itself": itself,
    "a dictionary": lambda: {"loss": 1},
    "a set": lambda: {1, 2},
    "a generator": lambda: (i for i in range(3)),
    "a function": lambda: lambda *arguments: arguments,
    "a class": lambda: Hostile,
    "a hostile object": Hostile,
    "hostile objects": lambda: [Hostile(), Hostile()],
    "an array of objects": objects,
    "an array of text": lambda: np.array(["a", "b"]),
    "an empty array": lambda: np.zeros((0, 3)),
    "a matrix of nan": lambda: np.full((3, 3), np.nan),
    "a masked array": lambda: np.ma.masked_all(3),
    "a large array": lambda: np.zeros((300, 300)),
    "a record": lambda: np.zeros(2, dtype=[("a", float)]),
    "the module": lambda: np,
}


@pytest.mark.parametrize("key", question_keys())
def test_whatever_an_answer_returns_check_gives_a_score(key):
    question = find_question(key)
    for name, made in ODD.items():
        for answer in (lambda *given, made=made, **named: made(), made()):
            score = question.score(answer)
            assert isinstance(score, Score), name
            assert score < score.points, name
            assert str(score) and score.html(), name


def test_adams_results_in_another_order_get_a_score():
    def adam(w, g, m, v, t, learning_rate, beta1, beta2, epsilon):
        m, v, t = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2, t + 1
        step = learning_rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        return w - step, t, m, v

    score = check("05-sgd/adam", adam)
    assert score < score.points
