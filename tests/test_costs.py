"""Memory is this process's own, and the most that it ever held."""

import subprocess
import sys

from components.backend import device, peak_device_memory
from components.costs import peak_memory

MIB = 2**20
CHILD = "from components.costs import peak_memory; print(peak_memory())"


def test_peak_memory_grows_with_what_is_held_and_stays_when_it_is_let_go():
    before = peak_memory()
    held = bytearray(before + 64 * MIB)
    most = peak_memory()
    del held
    assert most > before + 63 * MIB
    assert peak_memory() > most - MIB  # Linux counts pages by the hundred


def test_a_child_does_not_inherit_what_its_parent_held():
    assert peak_memory() > 64 * MIB
    child = subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True, text=True)
    assert 5 * MIB < int(child.stdout) < 64 * MIB


def test_a_device_tells_its_own_peak_where_it_has_memory_of_its_own():
    peak = peak_device_memory()
    assert peak is None if device() == "CPU" else peak > 0
