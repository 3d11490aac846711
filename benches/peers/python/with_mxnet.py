#!/usr/bin/env python3
"""MXNet Gluon's side of the comparison: hybridized, with static memory and shapes.

    pip install mxnet==1.9.1 numpy==1.23.5   # Python 3.8 to 3.10

The variable MXNET_ENGINE_TYPE=NaiveEngine runs operators in the calling thread, which is quicker for small nets.
"""

import os

import protocol
from mxnet import autograd, gluon, init, nd
from mxnet.gluon import nn


def with_weight(layer, tensor, *shape):
    layer.initialize(init.Zero())
    layer.weight.set_data(nd.array(protocol.weight(tensor, *shape)))
    return layer


def dense(tensor, inputs, units, activation="relu"):
    return with_weight(nn.Dense(units, activation, in_units=inputs), tensor, units, inputs)


def convolution(tensor, inputs, channels, padding):
    layer = nn.Conv2D(channels, 5, padding=padding, in_channels=inputs, activation="relu")
    return with_weight(layer, tensor, channels, inputs, 5, 5)


def sequential(*layers):
    net = nn.HybridSequential()
    net.add(*layers)
    net.hybridize(static_alloc=True, static_shape=True)
    return net


def chain(widths):
    sizes = list(zip(widths, widths[1:]))
    hidden = [dense(tensor, *size) for tensor, size in enumerate(sizes[:-1])]
    return sequential(*hidden, dense(len(hidden), *sizes[-1], activation=None))


def tied():
    shared = dense(1, 8, 8)
    again = nn.Dense(8, "relu", in_units=8, params=shared.params)
    return sequential(dense(0, 20, 8), shared, again, dense(2, 8, 10, activation=None))


def lenet():
    pool = lambda: nn.MaxPool2D(2, 2)
    return sequential(convolution(100, 1, 6, 2), pool(), convolution(101, 6, 16, 0), pool(), chain([400, 120, 84, 10]))


def forward(workload, variant, make, shape):
    if protocol.wants(workload, variant):
        net, x = make(), nd.array(protocol.inputs(*shape))
        protocol.measure_time(workload, variant, lambda: net(x).wait_to_read())


def train_step(net, criterion, trainer, x, label):
    with autograd.record():
        loss = criterion(net(x), label)
    loss.backward()
    trainer.step(len(x))
    return loss


def new_criterion():
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    criterion.hybridize(static_alloc=True, static_shape=True)
    return criterion


def new_step(make, shape, classes, adam):
    net, criterion = make(), new_criterion()
    x, label = nd.array(protocol.inputs(*shape)), nd.array(protocol.labels(shape[0], classes))
    rule, rate = ("adam", 1e-3) if adam else ("sgd", 0.1)
    trainer = gluon.Trainer(net.collect_params(), rule, {"learning_rate": rate})

    def step():
        loss = train_step(net, criterion, trainer, x, label)
        nd.waitall()
        return loss

    return step


def train(workload, variant, make, shape, classes, adam):
    if not protocol.wants(workload, variant):
        return
    new_step(lenet, (1, 1, 28, 28), 10, adam)()  # loads code, which is not to be counted
    before = protocol.resident()
    step = new_step(make, shape, classes, adam)
    loss10 = protocol.measure_memory(workload, variant, before, lambda: [step() for _ in range(10)][-1])
    protocol.report(workload, variant, "loss10", loss10.mean().asscalar(), "nats")
    protocol.measure_time(workload, variant, step)


def files():
    operation, size, kind = protocol.arguments.words
    count, edge = (25, 1000) if size == "big" else (1000, 16)
    path = f"{protocol.arguments.dir}/mxnet-{size}.{kind}"
    variant = f"{operation}_{size}_{kind}"
    if operation == "save":
        arrays = {f"layer{t}.weight": nd.array(protocol.weight(t, edge, edge)) for t in range(count)}
        nd.waitall()
        if os.path.exists(path):
            os.remove(path)
        protocol.measure_once("W6", variant, lambda: nd.save(path, arrays))
    else:
        assert len(protocol.measure_once("W6", variant, lambda: nd.load(path))) == count


def epoch():
    data = gluon.data.ArrayDataset(nd.array(protocol.inputs(60_000, 784)), nd.array(protocol.labels(60_000, 10)))
    net, criterion = chain(protocol.MLP), new_criterion()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    loader = gluon.data.DataLoader(data, 256, shuffle=True)
    losses = lambda: sum(train_step(net, criterion, trainer, *batch).mean().asscalar() for batch in loader)
    protocol.report("W8", "epoch", "loss_mean", protocol.measure_once("W8", "epoch", losses) / len(loader), "nats")


protocol.run(forward, train, chain, tied, lenet)
if protocol.wants("W6"):
    files()
if protocol.wants("W8"):
    epoch()
