"""A memory has a bound: what was put longest ago goes first."""

from common.memory import Memory


def test_at_most_so_many_are_remembered_and_the_oldest_goes_first() -> None:
    memory: Memory[int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.put("a", 3)
    memory.put("c", 4)
    assert (memory.get("a", 0), memory.get("b", 0), memory.get("c", 0)) == (3, 0, 4)


def test_what_is_forgotten_is_not_known_any_more() -> None:
    memory: Memory[int] = Memory(2)
    memory.put("a", 1)
    memory.forget("a")
    memory.forget("never known")
    assert "a" not in memory
