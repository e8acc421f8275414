"""Everybody is reaped, and nothing grows or wakes up for it."""

import os
import time

import pytest
from conftest import ACTOR, children, every_way, status_of, until


def zombies(run):
    return [pid for pid in run.descendants() if status_of(pid).get("State", "").startswith("Z")]


@every_way
def test_orphans_are_reaped(start):
    run = start("--", ACTOR, "times", "50", "orphan", "end", "end", "say", "ready", "pause")
    run.said("ready")
    until(lambda: len(children(run.pid)) == 1, lambda: f"one child: {zombies(run)}")


@every_way
def test_orphans_become_ours(start, way):
    run = start("--", ACTOR, "orphan", "sleep", "0.2", "state", "end", "pause")
    assert f"parent {way.number} " in run.said("state").out


@every_way
def test_verbose_names_each_orphan(start):
    run = start("-v", "--", ACTOR, "orphan", "exit", "3", "end", "say", "ready", "pause")
    run.told("reaped orphan").told("actor)")


@every_way
def test_childs_own_children_are_not_touched(start):
    run = start("--", ACTOR, "child", "exit", "3", "end", "say", "ready", "pause")
    run.said("ready")
    until(lambda: zombies(run), "a zombie that is its own parent's to reap")


@every_way
def test_waits_without_waking_up(start):
    run = start("--", ACTOR, "say", "ready", "pause")
    run.said("ready")
    until(lambda: os.readlink(f"/proc/{run.pid}/cwd") == "/" and status_of(run.pid)["State"].startswith("S"), "the wait")
    time.sleep(0.5)
    before = switches(run)
    time.sleep(1.2)  # one that looks each second is seen
    assert switches(run) == before


def switches(run):
    status = status_of(run.pid)
    return status["voluntary_ctxt_switches"], status["nonvoluntary_ctxt_switches"]


def memory(run):
    """Anonymous kB: what is ours alone."""
    return int(status_of(run.pid)["RssAnon"].split()[0])


def settled(run, rounds):
    until(lambda: run.out.count("ready") == rounds, "all started", 500)
    until(lambda: len(children(run.pid)) == 1, "all reaped", 500)
    return memory(run), len(os.listdir(f"/proc/{run.pid}/fd"))


@every_way
@pytest.mark.long
@pytest.mark.timeout(600)
def test_twenty_thousand_orphans_at_once(start):
    words = ["times", "20000", "orphan", "gate", "end", "end", "say", "ready", "open", "pause"]
    run = start("--", ACTOR, "times", "10", "orphan", "end", "end", "say", "ready", "take", "1", *words)
    before = settled(run, 1)
    run.signal(10)
    assert settled(run, 2) == before


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_hundred_thousand_orphans_in_a_row(start):
    few, many = (["times", n, "orphan", "end", "end", "say", "ready"] for n in ("100", "100000"))
    run = start("--", ACTOR, *few, "take", "1", *many, "pause")
    before = settled(run, 1)
    run.signal(10)
    assert settled(run, 2) == before
