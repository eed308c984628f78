"""Each node of a cluster has its own; one that is gone keeps nothing."""

from typing import Any, cast

import pytest
from redis.asyncio.cluster import ClusterNode
from redis.exceptions import SlotNotCoveredError

from common.store.cluster import ByNode
from common.store.servers import Single


class Nodes:
    """What a cluster's client knows: which node has which key."""

    def __init__(self) -> None:
        self.by_key: dict[str, ClusterNode] = {}

    def put(self, key: str, port: int) -> None:
        self.by_key[key] = ClusterNode("127.0.0.1", port)

    def get_node_from_key(self, key: str) -> ClusterNode:
        if key not in self.by_key:
            raise SlotNotCoveredError
        return self.by_key[key]

    def get_nodes(self) -> list[ClusterNode]:
        return list(self.by_key.values())


@pytest.fixture
def nodes() -> Nodes:
    return Nodes()


@pytest.fixture
def lists(nodes: Nodes) -> ByNode[list[str]]:
    return ByNode(cast("Any", nodes), list)


def test_keys_of_one_node_have_the_same_and_others_another(
    nodes: Nodes, lists: ByNode[list[str]]
) -> None:
    nodes.put("one", 1)
    nodes.put("two", 1)
    nodes.put("three", 3)
    assert lists.of("one") is lists.of("two")
    assert lists.of("one") is not lists.of("three")


def test_keys_whose_node_is_not_known_have_one_together(
    nodes: Nodes, lists: ByNode[list[str]]
) -> None:
    assert lists.of("one") is lists.of("two")
    nodes.put("one", 1)
    assert lists.of("one") is not lists.of("two")


def test_however_often_nodes_are_replaced_only_those_that_are_there_are_kept(
    nodes: Nodes, lists: ByNode[list[str]]
) -> None:
    nodes.put("stays", 1)
    stays, unknown = lists.of("stays"), lists.of("nowhere")
    for port in range(2, 100):
        nodes.put("moves", port)
        lists.of("moves")
    assert len(lists) == 3
    assert lists.of("stays") is stays
    assert lists.of("nowhere") is unknown


def test_without_a_cluster_all_keys_have_one() -> None:
    lists = Single(cast("Any", object())).for_each_node(list[str])
    assert lists("one") is lists("two")
