"""`python -m procession queues | peek | dead | …`: the commands for servers, which are those of Rust."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import procession
import pytest
import servers
from procession import _native
from procession.command_line import main

COMMANDS = {"queues", "pools", "workers", "peek", "dead", "requeue-dead", "purge", "drain", "acl"}


@pytest.fixture
def url() -> Iterator[str]:
    """A namespace with a queue `orders` of two messages."""
    namespace = f"commands-{os.urandom(4).hex()}"
    context = procession.connect(servers.single().url, namespace=namespace)
    orders = context.Queue(name="orders")
    orders.put(b"one")
    orders.put("two")
    yield f"{servers.single().url}?namespace={namespace}"


def ask(*arguments: str, url: str | None = None) -> tuple[int, str, str]:
    """The exit code, the output and the complaints of a command."""
    command = [sys.executable, "-m", "procession", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PROCESSION_URL"}
    if url is not None:
        environment["PROCESSION_URL"] = url
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    return done.returncode, done.stdout, done.stderr


def test_the_commands_are_those_of_rust_and_the_help_lists_them() -> None:
    assert COMMANDS <= {name for name, _ in _native.command_line_commands()}
    code, output, _ = ask("--help")
    assert code == 0
    listed = {line.split()[0] for line in output.splitlines() if line.startswith("    ")}
    assert {*COMMANDS, "info", "doctor", "bench"} <= listed


def test_the_server_is_named_by_an_option_or_by_the_environment(url: str) -> None:
    for arguments, variable in ((("queues", "--url", url), None), (("--url", url, "queues"), None), (("queues",), url)):
        code, output, complaints = ask(*arguments, url=variable)
        assert (code, complaints) == (0, "")
        assert [line.split()[0] for line in output.splitlines()] == ["QUEUE", "orders"]


def test_without_a_server_it_is_said_what_to_do() -> None:
    code, output, complaints = ask("queues")
    assert (code, output) == (1, "")
    assert complaints.startswith("python -m procession: no server is named"), complaints


def test_output_goes_where_the_program_sends_it(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queues", "--url", url, "--json"]) == 0
    (queue,) = json.loads(capsys.readouterr().out)
    assert (queue["name"], queue["ready"]) == ("orders", 2)
    assert main(["peek", "order", "--url", url]) == 1
    assert "there is orders" in capsys.readouterr().err


def test_a_queue_is_emptied_only_if_that_is_confirmed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["purge", "orders", "--url", url]) == 1
    assert "--yes" in capsys.readouterr().err
    assert main(["purge", "orders", "--url", url, "--yes"]) == 0
    assert "2 message(s)" in capsys.readouterr().out


def test_help_of_a_command_is_that_of_the_command_and_shows_no_password() -> None:
    code, output, _ = ask("purge", "--help", url="redis://:hush@localhost/")
    assert code == 0
    assert "PROCESSION_URL" in output
    assert "hush" not in output
    assert "Usage: python -m procession purge" in output
    assert "--yes" in output


def test_a_mistaken_line_is_told_from_a_failure() -> None:
    code, _, complaints = ask("peek")
    assert code == 2
    assert "<QUEUE>" in complaints


def test_the_doctor_of_a_server_is_another_than_that_of_the_machine(url: str) -> None:
    for arguments in (("doctor", url), ("doctor", "--url", url)):
        code, output, complaints = ask(*arguments)
        assert (code, complaints) == (0, ""), output
        assert "scripts can be loaded and run" in output
        assert " 0 broken" in output
    # The environment names the server of programs; whether the machine is fit for them is another question.
    code, output, _ = ask("doctor", url=url)
    assert code == 0
    assert "processors can be used" in output
    code, output, _ = ask("doctor", "redis://127.0.0.1:1/?patience=0.1", "--json")
    assert code == 1
    assert json.loads(output)[0]["verdict"] == "broken"


def test_ctrl_c_ends_a_wait() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        command = [sys.executable, "-m", "procession", "queues", "--url", f"redis://127.0.0.1:{silent.getsockname()[1]}/"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        connection, _ = silent.accept()
        with connection:
            # Now it waits for an answer.
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in complaints
