"""The benchmark's page (bench/report.py) says what was measured, and also what was not."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import report, sign_ins_before_after
from bench.before_after import told
from bench.goals import goals, verdicts
from bench.large.kept import Kept
from bench.large.table import by_size
from bench.large.trend import second_half, slope
from bench.peers.kinds import LUA_LIBRARIES
from bench.plan import FULL, QUICK
from bench.plot import Bar, chart
from bench.results import Results
from bench.scale_out import tried
from bench.tables import Column, table
from bench.tools.installed import no_lua_libraries
from bench.tools.raw_http import Answer, Cookies
from bench.webex_stand_in import Webex

ALONE, PEER = "this system, service alone", "Some peer"
COLUMNS = (Column("pages a second", "per_second", spread=True, better="more"),)


def results_with(ours: float, peer: float) -> Results:
    results = Results()
    for case in ("1 connection", "32 connections"):
        results.add("W1", case, ALONE, per_second=ours, cpu=1e6 / ours)
        results.add("W1", case, PEER, per_second=peer, cpu=1e6 / peer)
    return results


def test_who_was_not_measured_stands_in_the_table_with_the_reason() -> None:
    results = results_with(100, 200)
    results.not_measured("W1", "Another peer", "it is not installed")
    text = table(results, "W1", "32 connections", COLUMNS)
    assert "| Another peer | not measured: it is not installed |" in text


def test_a_table_gives_median_least_and_most() -> None:
    results = Results()
    for value in (10, 30, 20):
        results.add("W1", "", ALONE, per_second=value)
    assert "20 (10 to 30)" in table(results, "W1", "", COLUMNS)


def test_where_a_peer_wins_the_page_says_so() -> None:
    assert f"**{PEER} is ahead**, 2.00 times" in "\n".join(verdicts(results_with(100, 200)))
    assert "**this system is ahead**, 2.00 times" in "\n".join(verdicts(results_with(200, 100)))


def test_a_tables_first_line_says_of_each_metric_who_is_ahead() -> None:
    columns = (*COLUMNS, Column("CPU per page, µs", "cpu"), Column("its core", "busy", better=""))
    results = results_with(100, 200)
    results.add("W1", "32 connections", "floor: hello", per_second=900, cpu=1)
    results.add("W1", "32 connections", "Worst peer", per_second=50, cpu=9000, busy=1)
    first = table(results, "W1", "32 connections", columns).splitlines()[2]
    assert first == f"| *ahead* | **{PEER}**, 2.00 times | **{PEER}**, 2.00 times |  |"
    results = results_with(101, 100)
    results.add("W1", "32 connections", ALONE, cpu=1, busy=1)
    first = table(results, "W1", "32 connections", columns).splitlines()[2]
    assert first == "| *ahead* | level | this system, 2.02 times |  |"


def test_nobody_is_called_ahead_by_what_nginx_spares_or_what_nobody_can_read() -> None:
    columns = (*COLUMNS, Column("Redis commands", "commands", decimals=2))
    results = results_with(100, 200)
    results.add("W1", "32 connections", "this system, through nginx", per_second=900, cpu=1)
    results.add("W1", "32 connections", ALONE, commands=0.0004)
    results.add("W1", "32 connections", PEER, commands=0.0001)
    first = table(results, "W1", "32 connections", columns).splitlines()[2]
    assert first == f"| *ahead* | **{PEER}**, 2.00 times | level |"


def test_a_goal_that_was_not_measured_is_not_called_met() -> None:
    assert {goal.met for goal in goals(Results())} == {None}


def test_the_page_has_a_place_for_every_section_and_keeps_its_prose() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    filled = report.filled(page, Results(), FULL, {"Day": "today"})
    assert "| Day | today |" in filled
    without = re.compile(r"<!-- measured.*?<!-- end -->", re.DOTALL)
    assert without.sub("", filled) == without.sub("", page)


def test_a_quick_run_does_not_count_as_a_whole_one() -> None:
    assert FULL.whole
    assert not QUICK.whole


def test_a_chart_is_well_formed_whatever_a_label_holds() -> None:
    picture = chart("Pages & more", "More is <better>.", [Bar("a < b", [1.0, 2.0])])
    assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 - our own text


def test_the_stand_in_of_webex_refuses_a_foreign_code_verifier() -> None:
    webex = Webex("http://127.0.0.1:1")
    query = {"client_id": "c", "redirect_uri": "http://localhost/oauth", "state": "s"}
    back = webex.authorize(
        {**query, "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}
    )
    code = re.search(r"code=([^&]+)", back)
    assert code is not None
    # The pair of RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert webex.token({"code": code[1], "code_verifier": "another"}) is None
    assert webex.token({"code": code[1], "code_verifier": verifier}) is not None


def test_the_load_generators_browser_drops_a_deleted_cookie() -> None:
    cookies = Cookies()
    cookies.take(Answer(302, [("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2")], b""))
    cookies.take(Answer(302, [("set-cookie", "a=; Max-Age=0; Path=/")], b""))
    assert cookies.header() == "b=2"


def test_a_page_counts_for_the_replica_that_answered_it_also_after_a_second_look() -> None:
    assert tried("10.0.0.4:8000") == ["10.0.0.4:8000"]
    asked = tried("10.0.0.7:8000, app_service : 10.0.0.8:8000, 10.0.0.4:8000")
    assert asked == ["10.0.0.7:8000", "app_service", "10.0.0.8:8000", "10.0.0.4:8000"]


def test_two_checkouts_are_compared_at_each_number_of_connections_by_their_medians() -> None:
    costs = {
        **{("hello", n): [100.0] for n in (1, 32)},
        **{("ours", n): [120.0, 900.0, 150.0] for n in (1, 32)},
        ("theirs", 1): [300.0, 300.0, 300.0],
        ("theirs", 32): [100.0, 600.0, 50.0],
    }
    lines = told(("hello", "ours", "theirs"), costs)
    assert lines[-4:] == [
        "in turns 1: 0.50 (0.40 to 3.00)",
        "in turns 32: 1.50 (1.20 to 3.00)",
        "ratio 1: 0.50",
        "ratio 32: 1.50",
    ]


def test_sign_ins_of_two_checkouts_are_compared_with_the_landing_and_without() -> None:
    costs = {
        **{("ours", case): [300.0, 200.0, 700.0] for case in sign_ins_before_after.CASES},
        **{("theirs", case): [400.0] for case in sign_ins_before_after.CASES},
        ("ours", ("sign-in without landing", 32)): [200.0],
    }
    lines = sign_ins_before_after.told(("ours", "theirs"), costs)
    assert lines[-4:] == [
        "ratio sign-in 1: 0.75",
        "ratio sign-in without landing 1: 0.75",
        "ratio sign-in 32: 0.75",
        "ratio sign-in without landing 32: 0.50",
    ]


def test_sizes_that_were_measured_in_several_runs_stand_in_one_table_in_their_order() -> None:
    sizes = {10_000: {"page": {"page p50, ms": 2.5}}, 1_000: {"restart": {"restart, s": 0.125}}}
    text = by_size({**sizes, 100_000: {}})
    assert text.splitlines()[0] == "| sessions | 1,000 | 10,000 |"
    assert "| restart, s | 0.125 |  |" in text
    assert "| page p50, ms |  | 2.5 |" in text


def test_a_size_goes_on_with_the_parts_and_steps_that_are_missing(tmp_path: Path) -> None:
    Kept(1_000, tmp_path).keep_part(1, ["b"])
    Kept(1_000, tmp_path).keep_part(0, ["a"])
    Kept(1_000, tmp_path).keep_results("fill", {"bytes": 1.0})
    again = Kept(1_000, tmp_path)
    assert again.parts == {0: ["a"], 1: ["b"]}
    assert again.results == {"fill": {"bytes": 1.0}}
    assert again.keys == Kept(1_000, tmp_path).keys != Kept(10_000, tmp_path).keys


def test_what_grows_is_told_by_the_hour_and_without_the_start() -> None:
    samples = [(0.0, 10.0), (5.0, 50.0), (10.0, 60.0), (15.0, 60.5), (20.0, 61.0)]
    assert slope(second_half(samples)) == pytest.approx(360)
    assert slope([(0.0, 1.0)]) == 0


def test_a_peer_of_lua_libraries_is_measured_only_if_all_of_them_are_there(tmp_path: Path) -> None:
    assert "LUA_PEER" in str(no_lua_libraries(""))
    *others, last = LUA_LIBRARIES
    for library in others:
        (tmp_path / library.partition("/")[2]).mkdir()
    assert str(no_lua_libraries(str(tmp_path))).endswith(last)
    (tmp_path / last.partition("/")[2]).mkdir()
    assert no_lua_libraries(str(tmp_path)) is None


def test_the_page_names_every_library_that_the_lua_peer_needs() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    assert [library for library in LUA_LIBRARIES if library not in page] == []
