"""Python's safetensors and NumPy read what we write, and we read what they write.

    python3 -m pip install numpy safetensors
    python3 gluon-cli/tests/interop.py

Exits with 0 and says so where Python lacks one of the packages.
"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(0)


def convert(source, target):
    command = ["cargo", "run", "--quiet", "-p", "gluon-cli", "--", "convert", "--force", source, target]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def check(ours, theirs):
    assert ours.keys() == theirs.keys(), (ours.keys(), theirs.keys())
    for name, array in theirs.items():
        assert ours[name].dtype == array.dtype, (name, ours[name].dtype, array.dtype)
        np.testing.assert_array_equal(ours[name], array, err_msg=name)


DTYPES = "float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split()
SHAPES = [(), (3,), (2, 3), (0, 2), (1, 2, 1, 2, 1)]


def arrays():
    random = np.random.default_rng(1)
    for index, dtype in enumerate(DTYPES):
        shape = SHAPES[index % len(SHAPES)]
        yield f"layer.{index} ä {dtype}", np.array(random.uniform(0, 100, size=shape)).astype(dtype)


def main():
    folder = pathlib.Path(tempfile.mkdtemp())
    theirs = dict(arrays())
    save_file(theirs, folder / "a.safetensors")
    np.savez(folder / "a.npz", **theirs)
    np.savez_compressed(folder / "b.npz", **theirs)
    turned = {name: np.array(array, array.dtype.newbyteorder(">"), order="F") for name, array in theirs.items()}
    np.savez(folder / "c.npz", **turned)
    for source in ["a.safetensors", "a.npz", "b.npz", "c.npz"]:
        for target in ["out.safetensors", "out.npz"]:
            for via in ["via.gluon", "via.params"]:
                convert(folder / source, folder / via)
                convert(folder / via, folder / target)
                read = np.load if target.endswith("npz") else load_file
                check(dict(read(folder / target)), theirs)

    # Shared parameters: stored once, and the metadata says what they are called.
    np.savez(folder / "list.npz", theirs["layer.1 ä float64"], theirs["layer.2 ä float16"])
    convert(folder / "list.npz", folder / "list.gluon")
    convert(folder / "list.gluon", folder / "again.npz")
    again = np.load(folder / "again.npz")
    assert list(again) == ["arr_0", "arr_1"], list(again)

    tied = {"first.weight": theirs["layer.1 ä float64"], "first.bias": theirs["layer.2 ä float16"]}
    save_file(tied, folder / "theirs.safetensors", metadata={"second.weight": "first.weight"})
    convert(folder / "theirs.safetensors", folder / "tied.gluon")
    convert(folder / "tied.gluon", folder / "tied.safetensors")
    with safe_open(folder / "tied.safetensors", "numpy") as file:
        assert set(file.keys()) == {"first.weight", "first.bias"}, file.keys()
        assert file.metadata()["second.weight"] == "first.weight", file.metadata()
    print("numpy", np.__version__, "and safetensors read what we write, and the other way round")


main()
