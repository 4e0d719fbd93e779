"""Which test runs a command of the pages, or what the page has to say that the command needs."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

from .commands import COMMANDED, Command, commands_of
from .pages import ROOT, text_of

ELSEWHERE = {
    # The run of all tests is not within it: the workflows do these.
    r"make (check|lint)": ".github/workflows/checks.yml: make check",
    r"make test": ".ci/run: make test",
    # This repository on the local cloud.
    r"python -m local( --help)?": "tests/local/commands/test_cli.py::test_help_names_every_command",
    r"python -m local preview( --stack \w+)?": (
        "tests/local/commands/test_cli.py::test_a_preview_needs_no_cloud_and_shows_plan_and_verdict"
    ),
    r"python -m local up( --stack dev| --config \S+)?": (
        "tests/whole/test_chain.py"
        "::test_up_ends_with_the_answers_the_times_the_verdict_and_what_to_do_next"
    ),
    r"python -m local up --picture \S+": (
        "tests/whole/test_chain.py::test_up_draws_the_stack_where_it_is_asked_to"
    ),
    r"python -m local invoke --event .+": (
        "tests/whole/test_tensorflow.py::test_determinants_of_one_matrix_or_many"
    ),
    r"python -m local serve": (
        "tests/whole/test_chain.py::test_serve_answers_over_http_as_a_function_url_does"
    ),
    r"python -m local watch": (
        "tests/local/commands/test_session.py::test_a_change_is_deployed_before_the_next_call"
    ),
    r"python -m local task": (
        "tests/local/commands/test_session.py"
        "::test_a_task_runs_to_its_end_with_its_log_and_its_exit_code"
    ),
    r"python -m local cloud": (
        "tests/local/commands/test_session.py::test_an_open_cloud_prints_how_clients_reach_it"
    ),
    r"python -m local clean": (
        "tests/local/commands/test_cli.py"
        "::test_clean_removes_the_stacks_files_and_says_how_many_bytes"
    ),
    r"python -m release verify .+": (
        "tests/lambda_src/storage/test_verify_command.py"
        "::test_an_intact_release_ends_with_a_summary"
    ),
    # With the wheel in an environment of its own.
    r"pip install (-r requirements\.txt|efs-inference\[local(,lock)?\] @ .+)": (
        "tests/wheel/test_examples.py::test_its_steps_give_what_its_readme_says"
    ),
    r"python -m efs_inference\.local (preview( --stack prod)?|up|invoke .+)": (
        "tests/wheel/test_examples.py::test_its_steps_give_what_its_readme_says"
    ),
    r"python -m efs_inference\.lock": (
        "tests/wheel/test_package.py"
        "::test_a_program_of_thirty_lines_is_locked_previewed_deployed_and_invoked"
    ),
    r"python -m efs_inference\.packs": (
        "tests/wheel/test_package.py"
        "::test_the_packs_are_found_and_run_in_the_environment_around_them"
    ),
    # Commands for what is locked.
    r"python -m components\.lock --directory lambda_src/application": (
        "tests/components/lock/test_lock_targets.py"
        "::test_the_command_makes_the_stacks_locks_from_the_stacks_index"
    ),
    r"python -m components\.lock .+ --upgrade-package weights/.+": (
        "tests/components/lock/test_lock_artifacts.py"
        "::test_what_is_locked_is_not_read_again_before_it_is_upgraded"
    ),
    r"python -m components\.lock .+ --upgrade-package numpy": (
        "tests/components/lock/test_lock_changes.py::test_one_package_is_upgraded_by_name"
    ),
    r"python -m (efs_inference\.audit|components\.audit vulnerabilities .+)": (
        "tests/components/audit/test_vulnerabilities.py"
        "::test_none_is_said_with_the_number_of_packages"
    ),
    r"python -m components\.audit sbom --directory lambda_src/application": (
        "tests/components/audit/test_bill.py::test_the_example_s_lock_has_a_valid_sbom"
    ),
    r"python -m (efs_inference|components)\.wheels .+ s3://\S+": (
        "tests/components/lock/test_wheels.py"
        "::test_each_wheel_lies_under_its_hash_and_a_second_run_uploads_nothing"
    ),
    r"python -m components\.wheels --directory lambda_src/application": (
        "tests/components/lock/test_wheels.py"
        "::test_without_a_place_the_caches_of_the_stacks_are_filled"
    ),
    # Commands for a stack on AWS, run against the embedded one.
    r"python -m (efs_inference|components)\.verify( --stack \w+)?( --sha256 all)?": (
        "tests/whole/test_verify.py::test_an_intact_release_is_status_0_with_the_tasks_summary"
    ),
    r"python -m components\.verify --stack \w+ --release \S+": (
        "tests/whole/test_verify.py"
        "::test_a_release_that_never_was_is_not_damaged_but_cannot_be_verified"
    ),
    r"python -m efs_inference\.image .+": (
        "tests/tools/test_image.py::test_the_command_prints_the_image_by_its_digest"
    ),
    r"python -m tools\.image --stack \w+": (
        "tests/tools/test_image.py::test_the_stacks_file_names_the_digest_and_keeps_all_else"
    ),
    r"python -m tools\.image --stack \w+ --image .+": (
        "tests/tools/test_image.py"
        "::test_another_image_can_be_named_and_a_wrong_architecture_writes_nothing"
    ),
    r"python -m efs_inference\.deployer .+": (
        "tests/components/deployer/test_policy.py"
        "::test_the_command_of_the_package_takes_a_plan_and_refuses_what_is_none"
    ),
    r"python -m tools\.first_run --rehearse": (
        "tests/first_run/test_first_run.py::test_a_rehearsal_does_every_step_and_settles_every_item"
    ),
    r"python -m tools\.first_run( --yes --region \S+| --config \S+)?": (
        "tests/first_run/test_first_run.py"
        "::test_on_aws_it_does_the_same_by_the_cli_and_leaves_nothing"
    ),
    r"python -m benchmarks aws --stack prod": (
        "tests/whole/test_verify.py"
        "::test_its_cold_start_is_measured_in_the_task_and_in_the_function"
    ),
    # For whoever works on this.
    r"pip install -r application/locks/\S+": (
        "tests/whole/test_tensorflow.py::test_tensorflow_is_populated_and_answers_the_demonstration"
    ),
    r"python -m benchmarks policies": (
        "tests/policies/processes/test_process.py::test_the_benchmark_times_each_pack_on_each_size"
    ),
    r"python -m tests\.faults\.soak": (
        "tests/faults/test_kills.py"
        "::test_after_random_kills_every_release_is_whole_and_the_next_run_succeeds"
    ),
    r"python -m tools\.reference": (
        "tests/policies/guardrails/test_reference.py"
        "::test_the_written_tables_are_those_of_their_source"
    ),
    r"python -m pytest tests/documents/test_recipes\.py": (
        "tests/documents/test_recipes.py::test_a_recipe_runs"
    ),
    r"pip install( --target)?": (
        "tests/lambda_src/installation/test_install.py::test_a_release_is_published"
    ),
}
"""Command, written as `name` names it -> the test or the workflow that runs it."""

NEEDS = {
    r"pulumi .+": "the Pulumi CLI",
    r"aws .+": "the AWS CLI",
    r"docker .+": "Docker",
    r"pre-commit .+": "pre-commit",
    r"make bench.*": "a machine that does nothing else",
}
"""Command -> what its section or the beginning of its page has to say that it needs."""

_SAID = r"\b(?:[Nn]eeds?|[Ww]ith)\b(?! no\b| neither\b)(?:[^.]|\.(?!\s))*?"


def name(command: Command) -> str:
    """A command as the tables name it: whichever environment its Python is in."""
    return re.sub(r"^(?:\.\./)?(?:\.venv|\.training)/bin/", "", command.text)


@cache
def behind(clone: Path, command: Command) -> tuple[Command, ...]:
    """The commands of Python and git that `make` would run for this one."""
    if command.program != "make" or "test-all" in command.words:
        return ()
    plan = subprocess.run(
        ["make", "-n", *command.words[1:]], cwd=clone, capture_output=True, text=True, check=False
    )
    assert plan.returncode == 0, f"{command.place}: `{command.text}`: {plan.stderr}"
    lines = tuple(f"    {line}" for line in plan.stdout.splitlines())
    return tuple(
        each
        for each in commands_of(command.page, lines)
        if each.program.endswith("python") and "-m" in each.words
    )


def of(table: dict[str, str], text: str) -> list[str]:
    """The patterns of a table that a command has."""
    return [pattern for pattern in table if re.fullmatch(pattern, text)]


def says(command: Command, what: str) -> bool:
    """Whether the page says that a command needs something.

    Of a command in a block its comment, its section or the page's beginning says it. One in a
    sentence is mentioned there: any part of its page may say it, or README.md.
    """
    places = [command.comment, *_around(command)]
    if not command.typed:
        places = [text_of(command.page), text_of(ROOT / "README.md")]
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", "\n\n".join(places))
    wanted = re.escape(what).replace(r"\ ", r"\s+")
    return any(re.search(_SAID + wanted, part, re.DOTALL) for part in plain.split("\n\n"))


def _around(command: Command) -> list[str]:
    """The beginning of the command's page, and its section."""
    sections, line = [], 1
    for section in re.split(r"^(?=##+ )", text_of(command.page), flags=re.MULTILINE):
        if line <= command.line:
            sections.append(section)
        line += section.count("\n")
    return [sections[0], sections[-1]]


def everything() -> list[Command]:
    """Every command of every page."""
    return [command for page in COMMANDED for command in commands_of(page)]


def typed(text: str) -> Command:
    """The command of the pages that has this text."""
    found = [command for command in everything() if command.text == text]
    assert found, f"no page has the command `{text}`: run what the pages have now"
    return found[0]
