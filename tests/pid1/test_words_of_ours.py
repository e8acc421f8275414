"""--help, --version, explain and usage errors: what is printed where, and the exit code."""

import json
import re

import pytest
from conftest import ROOT, every_way

RULES = re.findall(r'^RULE\(\w+, \w+, \w+,\s*NAME\("([^"]*)"\)', (ROOT / "include/base/rules.def").read_text(), re.MULTILINE)
SETTINGS = re.findall(r'^SETTING\(\w+,\s*\.name = "([^"]*)"', (ROOT / "include/base/settings.def").read_text(), re.MULTILINE)


def printed(start, *words, code=0, **more):
    run = start(*words, **more)
    assert run.wait() == code, run.err
    return run.out, run.err


@every_way
def test_version(start):
    out, err = printed(start, "--version")
    assert re.fullmatch(r"asgi-init \d+\.\d+\.\d+\n", out)
    assert err == ""


@every_way
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


@pytest.mark.parametrize(
    "words, env",
    [
        (["--user"], {"ASGI_INIT_LOG_FORMAT": "json"}),
        (["--log-format", "json", "--stop-timeout", "soon"], {}),
        (["--log-format", "json"], {"ASGI_INIT_STOP_TIMEOUT": "soon"}),
        ([], {"ASGI_INIT_STOP_TIMEOUT": "soon", "ASGI_INIT_LOG_FORMAT": "json"}),
        (["--log-format", "json", "check", "--strict=1"], {}),
        (["--log-format", "json", "--"], {}),
        (["check", "--"], {"ASGI_INIT_LOG_FORMAT": "json"}),
    ],
)
def test_a_usage_error_is_json_where_json_is_asked_for(start, words, env):
    out, err = printed(start, *words, code=64, env=env)
    assert out == ""
    assert [json.loads(line)["severity"] for line in err.splitlines()] == ["error"]


def test_dashes_alone_lack_a_command(start):
    _, err = printed(start, "--", code=64)
    assert err == "asgi-init: nothing follows '--': expected COMMAND [ARG...]\n"


def test_strict_in_an_image_is_for_its_check(start):
    printed(start, "--", "/bin/true", env={"ASGI_INIT_STRICT": "1"})
    _, err = printed(start, "--strict", "--", "/bin/true", code=64)
    assert "--strict" in err


def test_variables_of_another_image_come_one_by_one_and_stay_unsaid(start):
    """ASGI_INIT_ENV holds several with blanks between them; --env goes before it."""
    words = ("-v", "--root", "/", "config")
    out, err = printed(start, *words, env={"ASGI_INIT_ENV": "VIRTUAL_ENV=/no-1 B=S3CRET"})
    assert [line.split()[1] for line in out.splitlines() if line.startswith("env ")] == ["VIRTUAL_ENV", "B"]
    assert "S3CRET" not in out + err
    out, err = printed(start, *words, "--env", "C=S3CRET", env={"ASGI_INIT_ENV": "B=S3CRET"})
    assert [line.split()[1] for line in out.splitlines() if line.startswith("env ")] == ["C"]
    assert "S3CRET" not in out + err
    many = [word for number in range(65) for word in ("--env", f"V{number}=S3CRET")]
    _, err = printed(start, *words, *many, code=64)
    assert "no more than 64 of them" in err and "S3CRET" not in err
    _, err = printed(start, "which", "--root", "/", env={"ASGI_INIT_ENV": "VIRTUAL_ENV=/no-1 B=2"}, code=72)
    assert "/no-1/" in err and "B=2" not in err


@pytest.mark.parametrize("value", ["h" * 100000, '\x01"\\' * 3000, "\udcff" * 9000])
def test_a_value_that_finds_no_room_leaves_its_line_json(start, value):
    out, err = printed(start, "config", "--log-format", "json", env={"UVICORN_HOST": value})
    lines = [json.loads(line) for line in (out + err).splitlines()]
    host = next(line for line in lines if line.get("setting") == "host")
    assert host["source"] == "UVICORN_HOST"
    assert host.get("cut") or len(host["value"]) == len(value)


def test_verbose_shows_no_word_of_a_command(start):
    """A URL with a password in it, say."""
    _, err = printed(start, "-v", "/bin/sh", "-c", ": postgres://user:S3CRET@database")
    assert "starting /bin/sh with 2 arguments" in err
    assert "S3CRET" not in err
