"""What other inits do and what they get wrong, and which tests show how it is here.

A row names tests as FILE::TEST, FILE being test_FILE.py of this folder, or a unit test as unit/FILE::TEST. One that doesn't exist
fails, so the table can't promise what nothing proves. Together the tests of a row start the binary in each of the four ways of
conftest.py: as PID 1 and not, as root and not.

What other inits have and a server's one init leaves to others has no row: a pause without a child, restarts, hooks before and
after, and files with the environment in them.
"""

import importlib
import re
from pathlib import Path

import pytest
from conftest import WAYS

UNIT = Path(__file__).parents[1] / "unit"

PITFALLS = {
    "1 SIGCHLD inherited as ignored": ["start::test_sigchld_ignored_by_the_caller_changes_nothing"],
    "2 signals lost between fork and setpgid": [
        "signals::test_no_signal_falls_between_fork_and_exec",
        "process_faults::test_kill_that_fails_once_in_a_group_falls_back",
    ],
    "3 signals swallowed between fork and exec": [
        "signals::test_no_signal_falls_between_fork_and_exec",
        "signals::test_other_signal_before_the_child_exists_reaches_it",
    ],
    "4 the child's mask and dispositions": ["start::test_child_gets_the_mask_and_dispositions_that_we_were_given"],
    "5 signals above 31": ["signals::test_every_signal_is_forwarded", "unit/signals::test_numbers"],
    "6 EPERM on kill": [
        "signals::test_child_of_another_user_is_never_the_end_of_the_init",
        "process_faults::test_kill_that_fails_is_said_and_not_the_end",
    ],
    "7 SIGCHLD merges": [
        "exit_code::test_code_among_orphans_that_die_in_the_same_instant", "exit_code::test_code_among_orphans_a_thousand_times"
    ],
    "8 a stopped child": ["stop::test_stopped_child_goes_on_to_stop", "stop::test_stop_that_a_process_asked_for_lasts"],
    "9 a child that dies fast": ["exit_code::test_code_of_the_child_is_ours"],
    "10 HUP and CONT when the terminal is handed over": [
        "terminal::test_child_holds_the_terminal", "terminal::test_terminal_that_goes_away"
    ],
    "11 tcsetpgrp that fails, and background jobs": [
        "start::test_closed_standard_descriptors_stay_closed",
        "terminal::test_terminal_that_cannot_be_handed_over",
        "terminal::test_background_job_does_not_take_the_terminal",
    ],
    "12 deadly signals from others": [
        "not_pid1::test_deadly_signal_from_a_process_is_the_childs", "signals::test_every_signal_is_forwarded"
    ],
    "13 real-time signals, and their values": ["signals::test_real_time_signals_keep_their_number_order_and_value"],
    "14 descriptors": [
        "start::test_init_keeps_no_descriptor_above_2",
        "start::test_listen_pid_that_is_ours_becomes_the_childs",
        "process_faults::test_close_range_has_a_substitute",
    ],
    "15 the working folder": ["start::test_init_goes_to_the_root_and_the_child_does_not"],
    "16 exec that fails": [
        "start::test_program_that_cannot_be_executed",
        "start::test_script_without_interpreter_line_is_run_by_sh",
        "process_faults::test_execve_that_fails",
    ],
    "17 options of the command": ["start::test_child_gets_its_words_as_they_are"],
    "18 a process id after it was reaped": ["stop::test_stop_timeout_ends_in_kill"],
    "19 kill(-1)": ["stop::test_strangers_are_left_alone", "stop::test_proc_of_another_namespace_names_no_victims"],
    "20 leaving while others live": [
        "process_faults::test_leftovers_that_cannot_be_listed",
        "stop::test_leftovers_are_told_and_waited_for", "stop::test_server_under_a_shell_finishes_its_requests",
    ],
    "21 two waiters": ["reaping::test_orphans_are_reaped", "unit/child::test_failed_start_is_reaped"],
    "22 death by a signal": ["exit_code::test_signal_that_the_child_died_of_is_ours", "unit/supervise::test_exit_codes"],
    "23 polling, and EINTR": ["reaping::test_waits_without_waking_up", "process_faults::test_nothing_that_the_child_notices"],
    "24 --version and --help": ["words_of_ours::test_version", "words_of_ours::test_help"],
    "25 messages on stdout": ["start::test_child_gets_its_words_as_they_are", "not_pid1::test_nothing_is_said_of_being_pid_1_or_not"],
    "26 the death signal": [
        "not_pid1::test_death_signal_when_our_parent_dies",
        "not_pid1::test_death_signal_reaches_the_child_when_we_are_killed",
        "unit/supervise::test_parent_that_is_gone_already",
    ],
    "27 PID 1 is immune": ["exit_code::test_signal_that_the_child_died_of_is_ours", "signals::test_every_signal_is_forwarded"],
    "28 secrets in /proc/1/environ": ["identity::test_what_proc_shows_of_our_environment_is_the_childs"],
}

FEATURES = {
    "command line without --": ["start::test_child_gets_its_words_as_they_are"],
    "not PID 1: a subreaper": ["not_pid1::test_orphans_go_to_us_and_not_to_pid_1", "reaping::test_orphans_become_ours"],
    "parent death signal": ["not_pid1::test_death_signal_when_our_parent_dies", "not_pid1::test_death_signal_holds_with_exec"],
    "the child's process group": ["start::test_child_has_a_process_group_of_its_own"],
    "signal target: child or group": ["signals::test_signals_go_to_the_child_alone", "signals::test_signals_go_to_the_group"],
    "all signals forwarded": ["signals::test_every_signal_is_forwarded", "signals::test_all_signals_at_once_are_forwarded"],
    "signal rewriting and dropping": ["signals::test_map_signal", "signals::test_map_signal_to_nothing_drops_it"],
    "no wake-up when idle": ["reaping::test_waits_without_waking_up"],
    "terminal": [
        "terminal::test_child_holds_the_terminal",
        "terminal::test_ctrl_c_comes_once",
        "terminal::test_window_size_reaches_the_child",
        "terminal::test_interactive_shell_has_job_control",
    ],
    "suspend": [
        "terminal::test_ctrl_z_where_nobody_can_continue",
        "terminal::test_ctrl_z_under_a_shell_stops_both_and_fg_continues",
        "terminal::test_stopped_job_goes_on_in_the_background",
        "terminal::test_pipeline_stops_as_one",
    ],
    "TTIN and TTOU for workers": ["signals::test_user_signals_scale_workers"],
    "descriptors above 2": ["start::test_init_keeps_no_descriptor_above_2"],
    "working folder of the init": ["start::test_init_goes_to_the_root_and_the_child_does_not"],
    "LISTEN_PID": ["start::test_listen_pid_that_is_ours_becomes_the_childs", "start::test_listen_pid_of_somebody_else_stays"],
    "exit code": ["exit_code::test_code_of_the_child_is_ours", "exit_code::test_signal_that_the_child_died_of_is_ours"],
    "143 after a stop that was asked for": [
        "exit_code::test_server_that_was_asked_to_stop", "exit_code::test_command_that_was_asked_to_stop"
    ],
    "codes of exec that fails": ["start::test_program_that_cannot_be_executed"],
    "script without #!": [
        "start::test_script_without_interpreter_line_is_run_by_sh", "start::test_exec_runs_a_script_without_interpreter_line"
    ],
    "names of reaped orphans": ["reaping::test_verbose_names_each_orphan"],
    "leftovers": [
        "stop::test_leftovers_that_ignore_term_are_killed",
        "stop::test_stopped_leftovers_go_on_to_stop",
        "stop::test_leftovers_in_sessions_of_their_own_are_told",
        "stop::test_leftovers_below_one_that_ignores_term_are_told",
        "stop::test_init_that_is_not_pid_1_leaves_no_orphan",
    ],
    "escalation": ["stop::test_stop_timeout_ends_in_kill", "stop::test_stop_timeout_kills_the_group"],
    "many orphans": ["reaping::test_twenty_thousand_orphans_at_once", "reaping::test_a_hundred_thousand_orphans_in_a_row"],
    "exec instead of an init": ["start::test_exec_becomes_the_command"],
    "ordinary user as PID 1": ["start::test_an_empty_image_is_enough"],
    "all options": ["words_of_ours::test_help"],
    "options as variables": ["signals::test_the_option_goes_before_the_variable"],
    "the child's mask and dispositions": [
        "start::test_child_gets_the_mask_and_dispositions_that_we_were_given",
        "start::test_child_of_an_untouched_caller_has_nothing_blocked_or_ignored",
    ],
    "messages and their amount": ["signals::test_verbose_names_signal_and_sender", "start::test_child_gets_its_words_as_they_are"],
    "warnings": ["not_pid1::test_nothing_is_said_of_being_pid_1_or_not", "start::test_script_without_interpreter_line_is_run_by_sh"],
    "user switch": [
        "identity::test_both_processes_are_exactly_that_user",
        "identity::test_an_ordinary_user_can_become_nobody_else",
    ],
    "capabilities and no_new_privs": [
        "identity::test_drop_privs_keeps_ids_and_drops_rights",
        "identity::test_kept_capabilities_are_the_childs_only",
        "identity::test_an_ordinary_user_has_no_capability_to_keep",
    ],
    "secrets": ["identity::test_what_proc_shows_of_our_environment_is_the_childs"],
}

WISHES = {
    "a delay before the stop": ["stop::test_stop_delay_still_serves", "stop::test_stop_delay_ends"],
    "wait for the others before leaving": ["stop::test_leftovers_are_told_and_waited_for"],
    "daemons that left the group": ["stop::test_leftovers_in_sessions_of_their_own_are_told"],
    "kill orphans that were left": ["stop::test_leftovers_that_ignore_term_are_killed"],
    "names of signals": ["unit/signals::test_numbers", "signals::test_map_signal"],
    "shared PID namespaces": ["stop::test_strangers_are_left_alone", "stop::test_end_of_pid_1_is_the_end_of_its_namespace"],
    "no warning for not being PID 1": ["not_pid1::test_nothing_is_said_of_being_pid_1_or_not"],
    "a stop during the start": ["signals::test_stop_before_the_child_exists"],
    "say what a stop waits for": ["stop::test_after_five_seconds_one_line_says_what_it_waits_for"],
    "a second Ctrl-C": ["stop::test_second_stop_signal_reaches_the_child"],
    "wrappers that eat signals": [
        "stop::test_server_under_a_shell_finishes_its_requests", "terminal::test_ctrl_c_under_a_shell_lets_the_server_finish"
    ],
}  # fmt: skip


def ways_of(test):
    """In which ways pytest runs it, as it reads it off the decorators itself. A test without one counts for none, as does a unit test."""
    file, name = test.split("::")
    if file.startswith("unit/"):
        source = (UNIT / f"test_{file[5:]}.c").read_text()
        assert name in re.findall(r"cmocka_unit_test\((\w+)\)", source), f"there is no {test}"
        return set()
    function = getattr(importlib.import_module(f"test_{file}"), name)
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize" and mark.args[0] == "way"]
    return {name for name, way in WAYS.items() for mark in marks if way in mark.args[1]}


@pytest.mark.parametrize("row", [*PITFALLS.items(), *FEATURES.items(), *WISHES.items()], ids=lambda row: row[0])
def test_row_is_proved_in_every_way(row):
    assert set().union(*map(ways_of, row[1])) == set(WAYS)


def test_every_pitfall_has_a_row():
    assert [int(name.split()[0]) for name in PITFALLS] == list(range(1, 29))
