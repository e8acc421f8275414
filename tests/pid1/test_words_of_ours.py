"""--help, --version, explain and usage errors: what is printed where, and the exit code."""

import json
import re

import pytest
from conftest import ROOT

RULES = re.findall(r'^RULE\(\w+,\s*\.name = "([^"]*)"', (ROOT / "include/base/rules.def").read_text(), re.MULTILINE)
SETTINGS = re.findall(r'^SETTING\(\w+,\s*\.name = "([^"]*)"', (ROOT / "include/base/settings.def").read_text(), re.MULTILINE)


def printed(start, *words, code=0, **more):
    run = start(*words, **more)
    assert run.wait() == code, run.err
    return run.out, run.err


def test_version(start):
    out, err = printed(start, "--version")
    assert re.fullmatch(r"asgi-init \d+\.\d+\.\d+\n", out)
    assert err == ""


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("check", "--help"), ("-v", "--help"), ("--help", "nonsense")])
def test_help(start, words):
    out, err = printed(start, *words)
    assert out.startswith("asgi-init starts ")
    assert err == ""
    for name in SETTINGS:
        assert name == "app" or f"--{name}" in out
    assert max(map(len, out.splitlines())) <= 102


def test_explain_lists_every_rule(start):
    out, err = printed(start, "explain")
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == RULES
    assert err == ""


@pytest.mark.parametrize("rule", RULES)
def test_explain_has_a_text_for_every_rule(start, rule):
    out, err = printed(start, "explain", rule)
    assert out.startswith(f"{rule}: ")
    assert len(out.splitlines()) >= 4
    assert err == ""


def test_explain_in_json(start):
    out, _ = printed(start, "explain", "--log-format", "json")
    assert [json.loads(line)["rule"] for line in out.splitlines()] == RULES
    out, _ = printed(start, "--log-format=json", "explain", RULES[0])
    assert json.loads(out)["explain"]


def test_explain_of_something_else_names_the_nearest(start):
    out, err = printed(start, "explain", "venv-hiden-by-mounts", code=64)
    assert out == ""
    assert err == "asgi-init: explain: there is no rule 'venv-hiden-by-mounts': did you mean venv-hidden-by-mount?\n"
    _, err = printed(start, "-q", "explain", "no\x1bthing", code=64)
    assert err == "asgi-init: explain: there is no rule 'no\\x1bthing'; `asgi-init explain` lists them\n"


def test_colour_is_for_terminals_or_on_demand(start):
    words = ("explain", RULES[0])
    assert "\033" not in printed(start, *words)[0]
    assert "\033" in printed(start, *words, env={"FORCE_COLOR": "1"})[0]
    assert "\033" not in printed(start, *words, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})[0]


@pytest.mark.parametrize("verb", ["health", "wait", "prepare"])
def test_a_reserved_verb_says_so(start, verb):
    out, err = printed(start, verb, code=64)
    assert out == ""
    assert verb in err and err.count("\n") == 1
