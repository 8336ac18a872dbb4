"""At any call that changes a file mlctl is killed or the call fails: the project is before or after, never between.

An ordinary run samples the calls. `pytest -m sweep` tries every call with every fault, each once; what a later run
does depends on the bytes on the disk alone, so that bytes which led to a good end are not tried again. In
`upgrade-conflict` the calls in the folder for temporary files are left out: they are those of `upgrade`. Of `add-swap`
and `remove` every seventh call is tried with each fault, and of the pairs a seventh: they are those of `add`.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest

from tests.hostile.faults import FAULTS, NEIGHBOURS, Fault
from tests.hostile.scenes import SCENES, Scene

pytestmark = pytest.mark.slow
SWEPT = [name for name in SCENES if name != "commit"]  # its calls are those of `upgrade` and of `continue`
SEED = 20260101
SOME, ALL, PAIRS = 67, 1, 24
STRIDES = {"add-swap": 7, "remove": 7}
TOLD = {SOME: "some", ALL: "every"}  # under this name the report of a run tells how many faults there were
Note = Callable[[str, object], None]
Set = Callable[[str], Scene]


def swept(it: Scene, fault: Fault, first: int, step: int) -> int:
    """Let every `step`-th call go wrong, and hold what follows; return how often it did."""
    for fired in itertools.count():
        at = first + fired * step
        done = it.struck(at, fault)
        if done is None:
            return fired
        it.hold(at + fault.number, f"{fault.name} at call {at} of {' '.join(it.command)}, {done.struck}")
    raise AssertionError


@pytest.mark.parametrize("step", [pytest.param(SOME, id="some"), pytest.param(ALL, id="all", marks=pytest.mark.sweep)])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", SWEPT)
def test_a_fault_leaves_before_or_after(
    set_scene: Set, name: str, fault: Fault, step: int, record_property: Note
) -> None:
    it, stride = set_scene(name), max(step, STRIDES.get(name, 1))
    fired = swept(it, fault, random.Random(f"{SEED} {name} {fault}").randint(1, stride), stride)
    assert fired > (it.calls * 0.95) // stride - 1, f"{fired} faults at {it.calls} calls"
    record_property(TOLD[step], {f"{fault.name}{', sampled' * (stride > step)}": fired})


@pytest.mark.sweep
@pytest.mark.parametrize("fault", NEIGHBOURS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", SWEPT)
def test_a_neighbour_of_the_faults_leaves_before_or_after(
    set_scene: Set, name: str, fault: Fault, record_property: Note
) -> None:
    it = set_scene(name)
    fired = swept(it, fault, random.Random(f"{SEED} {name} {fault}").randint(1, min(8, it.calls)), SOME)
    assert fired, "no fault fired"
    record_property("every", {f"{fault.name}, sampled": fired})


@pytest.mark.parametrize("pairs", [pytest.param(1, id="some"), pytest.param(PAIRS, id="all", marks=pytest.mark.sweep)])
@pytest.mark.parametrize("name", SCENES)
def test_a_second_fault_while_the_first_is_mended_leaves_before_or_after(
    set_scene: Set, name: str, pairs: int, record_property: Note
) -> None:
    it, dice, fired = set_scene(name), random.Random(f"{SEED} {name}"), 0
    while fired < max(1, pairs // STRIDES.get(name, 1)):
        at, second = dice.randint(1, it.calls - 5), dice.randint(1, min(60, it.calls))
        number = dice.randrange(len(it.ends))
        fault, other = dice.choices((*FAULTS, *NEIGHBOURS[:2]), k=2)
        done = it.struck(at, fault)
        assert done, "the first fault did not fire"
        where = f"{fault.name} at call {at} of {' '.join(it.command)}, {done.struck}"
        again = it(it.ends[number][0], second, other)
        if again.struck:
            fired += 1
            where += f", then {other.name} at call {second} of {' '.join(it.ends[number][0])}, {again.struck}"
        it.end(number, where)
        it.put_back()
    record_property(TOLD[SOME if pairs == 1 else ALL], {"two faults, one after the other": fired})
