"""The code of the book *Neural Networks, One Neuron at a Time*, in the order in which it is read and imported.

The mathematics, on NumPy alone:

- ``activation_function``: what can be said of a function between the layers.
- ``activations``: those functions, each beside its derivative.
- ``perceptron``: one neuron, and three ways for it to learn from its errors.
- ``graph``: a computation as a graph of single numbers, and the chain rule walking back through it.
- ``gradient_check``: is this derivative right? Move a little and see.
- ``initializers``: the weights before the first step, and one rule for how large they should be.
- ``layers``: a dense layer and an activation, forward and backward.
- ``losses``: how wrong, as one number, together with its gradient.
- ``assembly``: what happens once, when a network is made.
- ``saving``: a network as a file, and back.
- ``network``: layers in a row: forward through all of them, then back.
- ``schedules``: learning rates that change with the step.
- ``optimizers``: from SGD to Adam, each complete on its own.
- ``training``: batches, epochs, validation, and when to stop.
- ``datasets``: small data whose answers are known.
- ``surfaces``: landscapes with two parameters, so that a descent can be watched.

The pictures:

- ``surroundings``: in front of a person, or in a build.
- ``style``, ``looks``, ``svg``, ``page_assets``: colors; does it look as before; short SVG; what a page needs once.
- ``figures``: a drawing becomes a picture with alt text, right on light and dark pages.
- ``plots``: what the chapters draw, on axes.
- ``explore``: a drawing function and lists of values become a figure that moves, live and published.

The exercises:

- ``checks``: what is right, what is not yet, and which mistake was made.
- ``grading``: for instructors, from handing out to marks.

The last one, and the questions that ``checks`` asks, lie with the exercises: ``exercises/grading`` and
``exercises/source``.

At every door: ``validation``, which says what came and what was wanted. Behind the mathematics:
``attributes``, ``sums`` and ``blocks``.

Nothing is loaded here: ``from mlkit import perceptron`` takes what you need.
"""

__version__ = "0.1.0"
