"""The step: two players who take turns, followed by hand; norms, averages, schedules, precision."""

import keras
import numpy as np
import pytest
from keras import ops

from components.backend import fused
from components.params import Optimizer
from components.training.feeds import Examples
from components.training.optimizers import MovingAverage, Schedule, make_optimizer
from components.training.turn import make_turn

from .toy import Game, Line, images


def run_turns(model, feed, average=None, precision="float32"):
    players = model.players()
    optimizers = [make_optimizer(p.optimizer, p.variables, feed.turns * p.updates, precision) for p in players]
    turns = keras.Variable(0, dtype="int32", trainable=False)
    variables = [*model.variables, turns, *(v for o in optimizers for v in o.variables)]
    variables += average.averages if average else []
    return fused(make_turn(players, optimizers, turns, variables, average), variables)(
        feed.chunk(0, 0, feed.turns), feed.turns
    )


@pytest.mark.parametrize("updates", [1, 3])
def test_two_players_take_turns_as_by_hand(updates):
    model = Game(updates)
    feed = Examples({"image": images(48)}, batch_size=4, updates=updates, seed=1)
    record = run_turns(model, feed)
    x, y, losses = 1.0, 0.5, []
    for batches in feed.chunk(0, 0, feed.turns)["image"]:
        seen = []
        for k in range(updates):
            mean = batches[k].mean()
            seen.append(-x * y * mean + 0.5 * y * y)
            y -= 0.1 * (-x * mean + y)
        losses.append((np.mean(seen), x * y))
        x -= 0.1 * y
    assert len(losses) == 48 // 4 // updates
    np.testing.assert_allclose([float(model.x), float(model.y)], [x, y], rtol=1e-5)
    np.testing.assert_allclose(record["critic"], [c for c, _ in losses], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(record["generator"], [g for _, g in losses], rtol=1e-4)
    np.testing.assert_array_equal(record["turns"], np.arange(len(losses)))


def test_gradient_norms_tell_a_vanishing_gradient():
    """In a chain of weights 0.1 the first weight's gradient has all the later weights as factors, and so have all."""
    feed = Examples({"image": images(4)}, batch_size=4)
    model = Line(depth=3)
    for weight, value in zip(model.chain, (10.0, 0.1, 0.1), strict=True):
        weight.assign([[value]])
    record = run_turns(model, feed)
    # dL/dw_i = dL/dy * x * (product of the other weights)
    np.testing.assert_allclose(record["grad_norm_last"] / record["grad_norm_first"], 1.0 / 0.01, rtol=1e-3)
    assert record["grad_norm"] >= record["grad_norm_last"]


def test_recorded_norm_is_that_before_clipping_and_the_step_is_clipped():
    feed, model = Examples({"image": images(4)}, batch_size=4), Line()
    before = float(model.chain[0][0, 0])
    players = model.players()
    optimizer = make_optimizer(
        Optimizer(name="sgd", learning_rate=1.0, clip_norm=0.01), players[0].variables, 1, "float32"
    )
    turns = keras.Variable(0, dtype="int32", trainable=False)
    variables = [*model.variables, turns, *optimizer.variables]
    step = fused(make_turn(players, [optimizer], turns, variables), variables)
    record = step(feed.chunk(0, 0, 1), 1)
    assert record["grad_norm"][0] > 1
    np.testing.assert_allclose(abs(float(model.chain[0][0, 0]) - before), 0.01, rtol=1e-3)


def test_moving_average_is_the_weighted_sum_and_stands_in():
    model = Line()
    average = MovingAverage(model.trainable_variables, 0.5)
    run_turns(model, Examples({"image": images(12)}, batch_size=4), average)
    weight, averaged = 0.5, 0.5
    for t, batch in enumerate(images(12).reshape(3, 4), 1):
        weight -= 0.1 * np.mean(2 * (weight * batch - 2 * batch) * batch)
        decay = min(0.5, (1 + t) / (10 + t))
        averaged = decay * averaged + (1 - decay) * weight
    last = float(model.chain[0][0, 0])
    np.testing.assert_allclose(last, weight, rtol=1e-5)
    with average.in_place():
        np.testing.assert_allclose(float(model.chain[0][0, 0]), averaged, rtol=1e-5)
    assert float(model.chain[0][0, 0]) == last


@pytest.mark.parametrize(("shape", "middle"), [("constant", 0.2), ("linear", 0.1), ("cosine", 0.1)])
def test_schedule_rises_then_decays_to_zero(shape, middle):
    schedule = Schedule(0.2, shape, 10, 110)
    rates = [float(schedule(step)) for step in (0, 4, 9, 60, 110)]
    np.testing.assert_allclose(rates, [0.02, 0.1, 0.2, middle, 0.2 if shape == "constant" else 0.0], atol=1e-6)


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_every_optimizer_descends(name):
    model = Line()
    config = Optimizer(name=name, learning_rate=0.01, schedule="cosine", warmup_steps=2)
    optimizer = make_optimizer(config, model.trainable_variables, 20, "float32")
    loss = lambda: float(ops.mean(ops.square(images() * model.chain[0] - 2 * images())))  # noqa: E731
    before, turns = loss(), keras.Variable(0, dtype="int32", trainable=False)
    variables = [*model.variables, turns, *optimizer.variables]
    step = fused(make_turn(model.players(), [optimizer], turns, variables), variables)
    feed = Examples({"image": images()}, batch_size=4)
    step(feed.chunk(0, 0, 10), 10)
    assert loss() < before


def test_half_precision_scales_the_loss_and_not_the_record():
    plain, half = Line(), Line()
    feed = Examples({"image": images(12)}, batch_size=4)
    record, scaled = run_turns(plain, feed), run_turns(half, feed, precision="mixed_float16")
    np.testing.assert_allclose(scaled["loss"], record["loss"], rtol=1e-3)
    np.testing.assert_allclose(scaled["grad_norm"], record["grad_norm"], rtol=1e-3)
    np.testing.assert_allclose(np.array(half.chain[0]), np.array(plain.chain[0]), rtol=1e-3)
