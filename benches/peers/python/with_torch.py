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


protocol.run(forward, train, chain, tied, lenet)
if protocol.wants("W6"):
    files()
if protocol.wants("W8"):
    epoch()
