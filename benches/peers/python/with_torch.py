#!/usr/bin/env python3
"""PyTorch's side of the comparison: eager, with the optimizers' defaults.

    pip install torch numpy safetensors
"""

import os

import protocol
import torch
from torch import nn
from torch.nn import functional

torch.set_num_threads(protocol.arguments.threads)


def with_weight(layer, tensor):
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(protocol.weight(tensor, *layer.weight.shape)))
        layer.bias.zero_()
    return layer


def dense(tensor, inputs, units):
    return with_weight(nn.Linear(inputs, units), tensor)


def convolution(tensor, inputs, channels, padding):
    return with_weight(nn.Conv2d(inputs, channels, 5, padding=padding), tensor)


def chain(widths):
    layers = [dense(tensor, *sizes) for tensor, sizes in enumerate(zip(widths, widths[1:]))]
    hidden = [module for layer in layers[:-1] for module in (layer, nn.ReLU())]
    return nn.Sequential(*hidden, layers[-1])


def tied():
    shared = dense(1, 8, 8)
    return nn.Sequential(dense(0, 20, 8), nn.ReLU(), shared, nn.ReLU(), shared, nn.ReLU(), dense(2, 8, 10))


def lenet():
    first, second = convolution(100, 1, 6, 2), convolution(101, 6, 16, 0)
    features = [first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*features, *chain([400, 120, 84, 10]))


def forward(workload, variant, make, shape):
    if protocol.wants(workload, variant):
        net, x = make().eval(), torch.from_numpy(protocol.inputs(*shape))
        with torch.inference_mode():
            protocol.measure_time(workload, variant, lambda: net(x))


def train_step(net, optimizer, x, label):
    optimizer.zero_grad()
    loss = functional.cross_entropy(net(x), label)
    loss.backward()
    optimizer.step()
    return loss


def new_step(make, shape, classes, adam):
    net = make()
    x, label = torch.from_numpy(protocol.inputs(*shape)), torch.from_numpy(protocol.labels(shape[0], classes))
    optimizer = torch.optim.Adam(net.parameters(), 1e-3) if adam else torch.optim.SGD(net.parameters(), 0.1)
    return lambda: train_step(net, optimizer, x, label)


def train(workload, variant, make, shape, classes, adam):
    if not protocol.wants(workload, variant):
        return
    new_step(lenet, (1, 1, 28, 28), 10, adam)()  # loads code, which is not to be counted
    before = protocol.resident()
    step = new_step(make, shape, classes, adam)
    loss10 = protocol.measure_memory(workload, variant, before, lambda: [step() for _ in range(10)][-1])
    protocol.report(workload, variant, "loss10", loss10.item(), "nats")
    protocol.measure_time(workload, variant, step)


def files():
    """Formats: `pt`; `safetensors`, which load maps and does not read; `safetensors_read`, which copies what is mapped."""
    from safetensors.torch import load_file, save_file

    operation, size, kind = protocol.arguments.words
    count, edge = (25, 1000) if size == "big" else (1000, 16)
    path = f"{protocol.arguments.dir}/torch-{size}.{kind}"
    save, load = {
        "pt": (torch.save, torch.load),
        "safetensors": (save_file, load_file),
        "safetensors_read": (save_file, lambda path: {name: x.clone() for name, x in load_file(path).items()}),
    }[kind]
    variant = f"{operation}_{size}_{kind}"
    if operation == "save":
        tensors = {f"layer{t}.weight": torch.from_numpy(protocol.weight(t, edge, edge)) for t in range(count)}
        if os.path.exists(path):
            os.remove(path)
        protocol.measure_once("W6", variant, lambda: save(tensors, path))
    else:
        assert len(protocol.measure_once("W6", variant, lambda: load(path))) == count


def epoch():
    from torch.utils.data import DataLoader, TensorDataset

    samples = torch.from_numpy(protocol.inputs(60_000, 784)), torch.from_numpy(protocol.labels(60_000, 10))
    net = chain(protocol.MLP)
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    loader = DataLoader(TensorDataset(*samples), batch_size=256, shuffle=True)
    losses = lambda: sum(train_step(net, optimizer, x, label).item() for x, label in loader)
    protocol.report("W8", "epoch", "loss_mean", protocol.measure_once("W8", "epoch", losses) / len(loader), "nats")


def operations():
    """Single operations and layers: forward, and forward with the gradients of all that they depend on."""

    def numbers(*shape):
        return (torch.rand(shape) - 0.5).requires_grad_()

    def both(name, leaves, function):
        def gradients():
            function().backward(head)
            for leaf in leaves:
                leaf.grad = None

        with torch.no_grad():
            head = torch.ones_like(function())
            if protocol.wants("ops", "fwd_" + name):
                protocol.measure_time("ops", "fwd_" + name, function)
        if protocol.wants("ops", "grad_" + name):
            protocol.measure_time("ops", "grad_" + name, gradients)

    def layer(name, module, *shape, call=lambda module, x: module(x)):
        x = numbers(*shape)
        both(name, [x, *module.parameters()], lambda: call(module.train(torch.is_grad_enabled()), x))

    for size in [1_000, 100_000]:
        x, y = numbers(size // 100, 100), numbers(size // 100, 100)
        row, column = numbers(100), numbers(size // 100, 1)
        functions = {
            "relu": lambda: x.relu(),
            "exp": lambda: x.exp(),
            "tanh": lambda: x.tanh(),
            "gelu": lambda: functional.gelu(x),
            "square": lambda: x.pow(2.0),
            "add": lambda: x + y,
            "mul": lambda: x * y,
            "add_row": lambda: x + row,
            "mul_column": lambda: x * column,
            "sum": lambda: x.sum(),
            "sum_rows": lambda: x.sum(1),
            "sum_columns": lambda: x.sum(0),
            "max_rows": lambda: x.amax(1),
            "softmax": lambda: x.softmax(-1),
            "concat": lambda: torch.cat([x, y], 1),
        }
        for name, function in functions.items():
            both(f"{name}_{size}", [x, y, row, column], function)
    for m, k, n in [(4, 1024, 1024), (16, 512, 512), (64, 64, 64), (256, 256, 256), (1000, 1, 1000)]:
        a, b = numbers(m, k), numbers(k, n)
        both(f"matmul_{m}x{k}x{n}", [a, b], lambda: a @ b)
    a, b = numbers(64, 32, 32), numbers(64, 32, 32)
    both("matmul_64x32x32x32", [a, b], lambda: a @ b)
    for batch, channels, edge, units, kernel, stride, padding in [
        (8, 3, 32, 16, 3, 1, 1),
        (8, 32, 16, 32, 3, 1, 1),
        (8, 64, 16, 64, 1, 1, 0),
        (8, 32, 32, 64, 3, 2, 1),
        (2, 3, 224, 64, 7, 2, 3),
    ]:
        name = f"conv_{batch}x{channels}x{edge}_{units}_{kernel}_{stride}"
        layer(name, nn.Conv2d(channels, units, kernel, stride, padding), batch, channels, edge, edge)
    image = 16, 32, 28, 28
    layer("max_pool", nn.MaxPool2d(2), *image)
    layer("avg_pool", nn.AvgPool2d(2), *image)
    layer("global_avg_pool", nn.AdaptiveAvgPool2d(1), *image)
    layer("batch_norm", nn.BatchNorm2d(32), *image)
    layer("layer_norm", nn.LayerNorm(128), 256, 128)
    layer("lstm", nn.LSTM(64, 64), 20, 16, 64, call=lambda lstm, x: lstm(x)[0])
    attend = lambda attention, x: attention(x, x, x, need_weights=False)[0]
    layer("attention", nn.MultiheadAttention(64, 4, batch_first=True), 8, 64, 64, call=attend)
    layer("encoder", nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True), 8, 64, 64)
    words = (torch.arange(640) * 7919 % 1000).reshape(32, 20)
    embedding = nn.Embedding(1000, 64)
    both("embedding", [embedding.weight], lambda: embedding(words))


protocol.run(forward, train, chain, tied, lenet)
if protocol.wants("ops"):
    operations()
if protocol.wants("W6"):
    files()
if protocol.wants("W8"):
    epoch()
