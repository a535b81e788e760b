"""Every surface has the gradient and the minima it claims, and a descent on it is what the optimizer does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkit.gradient_check import central_difference, check_gradient
from mlkit.optimizers import OPTIMIZERS, SGD, Adam
from mlkit.surfaces import FAR_AWAY, SURFACES, descend, quadratic

EVERY = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
places = st.floats(-2.5, 2.5)


@EVERY
@given(x=places, y=places)
def test_the_gradient_is_right(surface, x, y):
    here = np.array([x, y])
    numeric = central_difference(surface, here)
    assert np.allclose(surface.gradient(here), numeric, rtol=1e-5, atol=1e-6)


@EVERY
def test_the_gradient_passes_the_book_s_own_check(surface):
    for point in np.random.default_rng(0).normal(size=(10, 2)):
        check_gradient(surface, surface.gradient(point), point)


@EVERY
def test_minima_are_lower_than_all_around(surface):
    around = np.stack([np.cos(np.linspace(0, 6, 40)), np.sin(np.linspace(0, 6, 40))], axis=1)
    for minimum in surface.minima:
        assert np.allclose(surface.gradient(minimum), 0, atol=1e-12)
        assert (surface(np.array(minimum) + 0.05 * around) > surface(minimum)).all()


@EVERY
def test_start_and_minima_are_on_the_map(surface):
    for place in (surface.start, *surface.minima):
        assert np.abs(np.array(place) - surface.center).max() < surface.lim


@EVERY
def test_many_points_at_once_are_the_same_as_one_by_one(surface):
    points = np.random.default_rng(1).normal(size=(3, 4, 2))
    assert surface(points).shape == (3, 4)
    assert surface.gradient(points).shape == (3, 4, 2)
    assert np.isclose(surface(points)[1, 2], surface(points[1, 2]))
    assert np.allclose(surface.gradient(points)[1, 2], surface.gradient(points[1, 2]))


@EVERY
def test_a_small_step_of_sgd_goes_down(surface):
    path = descend(surface, SGD(1e-3), surface.start, 20)
    assert (np.diff(surface(path)) < 0).all()


@pytest.mark.parametrize("angle", [0, 30, 45, 200])
def test_a_bowl_has_the_eigenvalues_it_was_given(angle):
    bowl = quadratic(0.5, 7, angle=angle)
    hessian = [central_difference(lambda p, k=k: bowl.gradient(p)[k], [0.3, -0.2]) for k in range(2)]
    assert np.allclose(np.linalg.eigvalsh(hessian), [0.5, 7], atol=1e-6)
    assert np.isclose(np.hypot(*bowl.start), np.hypot(2.6, 1.0))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_descend_is_the_optimizer_s_own_steps(name):
    surface, optimizer, w = SURFACES["rosenbrock"], OPTIMIZERS[name](0.01), np.array([-1.0, 0.5])
    path = descend(surface, OPTIMIZERS[name](0.01), w, 5)
    for place in path:
        assert np.array_equal(place, w)
        optimizer.step([w], [surface.gradient(w)])


def test_walkers_are_alone():
    surface, starts = SURFACES["saddle"], np.random.default_rng(2).normal(size=(4, 2))
    together = descend(surface, Adam(0.1), starts, 30)
    assert np.allclose(together[:, 2], descend(surface, Adam(0.1), starts[2], 30), rtol=0, atol=1e-14)


def test_who_runs_away_is_nan_and_leaves_the_others_alone():
    path = descend(SURFACES["rosenbrock"], SGD(0.1), [[50.0, 50.0], [1.0, 1.0]], 10)
    assert np.isnan(path[-1, 0]).all()
    assert np.array_equal(path[-1, 1], [1, 1])
    assert np.nanmax(np.abs(path)) < FAR_AWAY


def test_a_used_optimizer_starts_afresh():
    optimizer, surface = Adam(0.1), SURFACES["ravine"]
    first = descend(surface, optimizer, surface.start, 10)
    assert np.array_equal(first, descend(surface, optimizer, surface.start, 10))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: SURFACES["ravine"]([1.0, 2, 3]), "points must have shape"),
        (lambda: SURFACES["ravine"].gradient(1.0), "points must have shape"),
        (lambda: descend(SURFACES["ravine"], SGD(0.1), [1.0], 3), "start must have shape"),
        (lambda: descend(SURFACES["ravine"], SGD(0.1), [1.0, 1.0], -1), "steps must be"),
        (lambda: descend(SURFACES["ravine"], "sgd", [1.0, 1.0], 3), "optimizer must be an Optimizer"),
    ],
)
def test_what_does_not_fit_is_named(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("wrong", [np.nan, 1j, True, "1"])
def test_a_bowl_is_made_of_numbers(wrong):
    for arguments in ((wrong, 2), (1, wrong)):
        with pytest.raises(ValueError, match="(smallest|largest) must be a number"):
            quadratic(*arguments)
    with pytest.raises(ValueError, match="angle must be a number"):
        quadratic(1, 2, angle=wrong)


def test_a_surface_is_needed_to_descend():
    with pytest.raises(ValueError, match="surface must be a Surface"):
        descend(3, SGD(0.1), [0.0, 0.0], 1)
