"""What the Python programs of the comparison share: the command line, values, times and memory; see ../README.md."""

import argparse
import math
import statistics
import tempfile
import time

import numpy as np

MLP = [784, 256, 10]
WIDE = [1024, 4096, 4096, 1024]
DEEP = [64] * 51

parser = argparse.ArgumentParser()
parser.add_argument("--peer", default="other")
parser.add_argument("--only", default="W1,W2,W3,W4,W5,W7")
parser.add_argument("--secs", type=float, default=0.25)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--dir", default=tempfile.gettempdir())
parser.add_argument("words", nargs="*")
arguments = parser.parse_args()


def wants(workload, variant=None):
    named = variant is None or not arguments.words or variant.endswith(tuple(arguments.words))
    return named and workload in arguments.only.split(",")


def report(workload, variant, metric, value, unit):
    print(arguments.peer, workload, f"{variant}@t{arguments.threads}", metric, f"{value:.6f}", unit, sep="\t", flush=True)


def unit(tensor, count):
    """Numbers in [0, 1)."""
    mask = 0xFFFFFFFF
    h = np.arange(count, dtype=np.uint64) * 2654435761 + (tensor * 40503 + 12345) & mask
    h = (h ^ h >> 16) * 0x45D9F3B & mask
    return ((h ^ h >> 16) >> 8).astype(np.float32) / np.float32(2**24)


def inputs(*shape):
    return (unit(999, math.prod(shape)) - np.float32(0.5)).reshape(shape)


def labels(count, classes):
    return np.arange(count) * 7 % classes


def weight(tensor, *shape):
    bound = np.sqrt(np.float32(6 / math.prod(shape[1:])))
    return ((unit(tensor, math.prod(shape)) - np.float32(0.5)) * 2 * bound).reshape(shape)


def measure_time(workload, variant, call):
    """The median and the least time of a call, over samples of at least 200 µs."""
    start, calls = time.perf_counter(), 0
    while calls < 3 or time.perf_counter() - start < arguments.secs / 5:
        call()
        calls += 1
    inner = math.ceil(200e-6 * calls / (time.perf_counter() - start))
    start, samples = time.perf_counter(), []
    while len(samples) < 5 or time.perf_counter() - start < arguments.secs:
        begin = time.perf_counter()
        for _ in range(inner):
            call()
        samples.append((time.perf_counter() - begin) * 1e6 / inner)
    report(workload, variant, "time_med", statistics.median(samples), "us")
    report(workload, variant, "time_min", min(samples), "us")


def measure_memory(workload, variant, before, call):
    """How much memory there was at most during a call: above `before`, and in all."""
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    result = call()
    peak = status("VmHWM")
    report(workload, variant, "peak_rss_delta", max(0, peak - before), "MiB")
    report(workload, variant, "peak_rss", peak, "MiB")
    return result


def measure_once(workload, variant, call):
    def timed():
        start = time.perf_counter()
        result = call()
        return result, time.perf_counter() - start

    result, seconds = measure_memory(workload, variant, resident(), timed)
    report(workload, variant, "time_med", seconds * 1e6, "us")
    return result


def resident():
    """How much memory the process has now, in MiB."""
    return status("VmRSS")


def status(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(key))


def run(forward, train, chain, tied, lenet):
    """The workloads of nets: `forward(workload, variant, net, shape)`, `train(.., net, shape, classes, adam)`."""

    def both(workload, variant, net, shape, classes):
        forward(workload, "fwd_" + variant, net, shape)
        train(workload, "train_" + variant, net, shape, classes, False)

    mlp = lambda: chain(MLP)
    for batch in [1, 32, 256]:
        forward("W1", f"fwd_b{batch}", mlp, (batch, 784))
        train("W2", f"train_sgd_b{batch}", mlp, (batch, 784), 10, False)
    train("W2", "train_adam_b256", mlp, (256, 784), 10, True)
    both("W3", "b128", lambda: chain(WIDE), (128, 1024), 1024)
    both("W4", "b2", tied, (2, 20), 10)
    both("W5", "b64", lenet, (64, 1, 28, 28), 10)
    both("W7", "b16", lambda: chain(DEEP), (16, 64), 64)
    for batch in [1, 4, 16, 64, 256, 1024]:
        both("growth", f"batch{batch}", mlp, (batch, 784), 10)
    for width in [32, 64, 128, 256, 512, 1024, 2048]:
        both("growth", f"width{width}", lambda: chain([width] * 3), (32, width), width)
    for depth in [1, 4, 16, 64]:
        both("growth", f"depth{depth}", lambda: chain([64] * (depth + 1)), (16, 64), 64)
    if wants("chain"):
        for word in arguments.words:
            widths, batch = word.split("/")
            widths = [int(width) for width in widths.split("-")]
            both("chain", word, lambda: chain(widths), (int(batch), widths[0]), widths[-1])
