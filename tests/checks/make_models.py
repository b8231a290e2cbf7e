"""Makes models for the tests of `export` and `distill`, with a real Paddle, in the folder named."""

from __future__ import annotations

import os
import sys

import numpy as np
import paddle

CLASSES = 7
SPEC = [paddle.static.InputSpec([None, 3, 32, 32], "float32", "x")]


def train(network: paddle.nn.Layer, classes: int, steps: int = 3) -> paddle.nn.Layer:
    """Take a few steps, so that every weight and every running mean moves."""
    network.train()
    optimizer = paddle.optimizer.Momentum(0.01, parameters=network.parameters())
    for _ in range(steps):
        images = paddle.to_tensor(random.random((8, 3, 32, 32), dtype="float32"))
        loss = paddle.nn.functional.cross_entropy(network(images), paddle.randint(0, classes, [8]))
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
    network.eval()
    return network


def export(network: paddle.nn.Layer, name: str) -> None:
    network.eval()
    paddle.jit.save(network, f"{name}/inference", input_spec=SPEC)


def load_what_fits(network: paddle.nn.Layer, weights: dict) -> paddle.nn.Layer:
    """Load as PaddleClas does: what has another shape is left out with a warning."""
    own = network.state_dict()
    network.set_state_dict({name: value for name, value in weights.items() if own[name].shape == value.shape})
    return network


os.chdir(sys.argv[1])
paddle.seed(1)
random = np.random.default_rng(1)
resnet18 = paddle.vision.models.resnet18

trained = train(resnet18(num_classes=CLASSES), CLASSES)
paddle.save(trained.state_dict(), "trained.pdparams")
export(trained, "right")
export(resnet18(num_classes=CLASSES), "untrained")
export(load_what_fits(resnet18(num_classes=1000), trained.state_dict()), "wrong_classes")
other = train(resnet18(num_classes=CLASSES), CLASSES)
export(other, "other_weights")
paddle.save(other.state_dict(), "other.pdparams")

# A distillation: the teacher is frozen, the student started from its pretrained weights and was trained a little.
imagenet = train(resnet18(num_classes=1000), 1000)
paddle.save(imagenet.state_dict(), "imagenet.pdparams")
student = train(load_what_fits(resnet18(num_classes=CLASSES), imagenet.state_dict()), CLASSES, steps=5)
fresh = train(resnet18(num_classes=CLASSES), CLASSES, steps=5)


def checkpoint(name: str, **models: paddle.nn.Layer) -> None:
    arrays = {f"{model}.{key}": value for model, own in models.items() for key, value in own.state_dict().items()}
    paddle.save(arrays, f"{name}.pdparams")


checkpoint("distilled", Teacher=trained, Student=student)
checkpoint("teacher_not_loaded", Teacher=resnet18(num_classes=CLASSES), Student=student)
checkpoint("other_teacher", Teacher=other, Student=student)
checkpoint("student_not_loaded", Teacher=trained, Student=fresh)
