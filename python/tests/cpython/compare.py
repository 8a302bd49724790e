"""Judges the results of `run.py`: what passes on multiprocessing must pass on procession.

    python compare.py RESULT...

The exit code is 0 if nothing is missing, 1 otherwise.
"""

import sys
from collections import Counter
from pathlib import Path

import exclusions
from exclusions import EXCLUSIONS, Exclusion
from outcome import BROKEN, HOSTS, PASSED, UNNEEDED, MethodRun, Outcome, Run
from translation import STANDARD

_ABSENT = Outcome("absent", 0.0)


def main(paths: list[str]) -> int:
    """Print a verdict for each interpreter, and what is wrong."""
    excluded = exclusions.read(EXCLUSIONS)
    runs = [Run.read(Path(path)) for path in paths]
    controls = {run.version: run for run in runs if run.package == STANDARD}
    tested = sorted((run for run in runs if run.package != STANDARD), key=lambda run: run.version)
    wrong = [line for run in tested for line in _judge(run, controls.get(run.version), excluded)]
    if not tested:
        wrong.append("there is no result of procession")
    if len(tested) == len({run.version for run in tested}):
        wrong += [f"no test needs the exclusion of {entry.tests}" for entry in excluded if not entry.used]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def _judge(run: Run, control: Run | None, excluded: list[Exclusion]) -> list[str]:
    if control is None:
        return [f"Python {run.version}: there is no control"]
    print(f"Python {run.version}: {run.package}, {run.elapsed:.0f} s, and the control, {control.elapsed:.0f} s")
    wrong: list[str] = []
    for method, expectations in _expected(run, control).items():
        ours = run.methods.get(method, MethodRun())
        count: Counter[str] = Counter()
        for test, expected in expectations.items():
            outcome = ours.tests.get(test, _ABSENT)
            entries = [entry for entry in excluded if entry.names(run.version, method, test)]
            kind = _kind(outcome, expected, entries)
            count[kind] += 1
            if kind == "FAILED":
                wrong.append(_account(run, method, test, outcome))
        wrong += [
            _account(run, method, test, outcome)
            for test, outcome in ours.tests.items()
            if test not in expectations and outcome.verdict in BROKEN
        ]
        print(f"  {method:10} {_listed(count)}; {ours.seconds:.0f} s in tests")
    return wrong


def _expected(run: Run, control: Run) -> dict[str, dict[str, Outcome]]:
    expected = {method: of_control.tests for method, of_control in control.methods.items()}
    on_hosts = run.methods.get(HOSTS)
    if on_hosts is not None:
        # Those start fresh interpreters as well; and they have only tests of what can be on a server.
        spawned = control.methods.get("spawn", MethodRun())
        expected[HOSTS] = {test: outcome for test, outcome in spawned.tests.items() if test in on_hosts.tests}
    return expected


def _kind(outcome: Outcome, expected: Outcome, entries: list[Exclusion]) -> str:
    if outcome.verdict == PASSED:
        return "passed at a second attempt" if outcome.earlier else "passed"
    if expected.verdict not in (PASSED, UNNEEDED):
        return f"{expected.verdict} on the control"
    for entry in entries:
        entry.used = True
    return "excluded" if entries else "FAILED"


def _account(run: Run, method: str, test: str, outcome: Outcome) -> str:
    return f"\nPython {run.version}, {method}: {test}: {outcome.verdict}\n{outcome.detail}"


def _listed(count: Counter[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(count.items(), key=lambda item: -item[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
