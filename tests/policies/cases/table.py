"""The form of a case: a program, and what follows from AWS's documentation for both its forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ..programs import Program, judge_program
from ..wire import Said
from .building import Build

PATH = "one-access-point-one-path"
FORM = "mounts-have-the-right-form"
DIRECTORY = "access-point-owns-its-directory"
LOADS = "function-loads-what-is-populated"
ORDER = "function-comes-after-what-it-mounts"
REACH = "consumer-reaches-its-mount-targets"
RIGHTS = "roles-may-mount-and-only-populators-write"
ENCRYPTED = "file-system-is-encrypted"
NAME_AND_TLS = "file-system-policy-demands-name-and-tls"
FAST = "libraries-stay-in-the-fast-class"
RETENTION = "log-group-has-retention"
INGRESS = "no-ingress-from-anywhere"
WILDCARDS = "policy-names-actions-and-resources"
URL = "function-url-authenticates"
RUNTIME = "runtime-is-supported"
SIZES = "function-has-time-and-memory-to-import"
MOUNTS = (PATH, FORM, DIRECTORY, LOADS, ORDER, REACH, RIGHTS)

# House advice, and the line of a stack without anything to judge: no part of a verdict.
HOUSE_ADVICE = {
    "image-has-a-digest",
    "function-has-reserved-concurrency",
    "file-system-is-protected",
    "nothing-judged",
}
# The day that runtimes are judged for.
_CONFIG = {"runtime-is-supported": {"today": "2026-11-27"}}


@dataclass(frozen=True)
class Wrong:
    """A mandatory violation: its rule, the resource it is shown under, words of its message.

    Where AWS's sentence fits two rules or two resources, either is right. `lacks` are words that
    the message must not have.
    """

    rules: tuple[str, ...]
    about: tuple[str, ...]
    words: tuple[str, ...]
    lacks: tuple[str, ...] = ()

    def is_in(self, line: Said) -> bool:
        """Whether it is this line."""
        named = line.policy in self.rules and line.about in self.about
        return named and self.is_meant_by(line)

    def is_meant_by(self, line: Said) -> bool:
        """Whether this line, also one that is no violation, speaks of it."""
        message = line.message.lower()
        has = all(word.lower() in message for word in self.words)
        return has and not any(word.lower() in message for word in self.lacks)


def wrong(
    rule: str | tuple[str, ...],
    about: str | tuple[str, ...],
    *words: str,
    lacks: tuple[str, ...] = (),
) -> Wrong:
    """A violation to expect."""
    rules = (rule,) if isinstance(rule, str) else rule
    return Wrong(rules, (about,) if isinstance(about, str) else about, words, lacks)


@dataclass(frozen=True)
class Note:
    """A line that blocks nothing, the words in it, and how many may be like it."""

    words: tuple[str, ...]
    most: int = 1000
    is_advice: bool = False

    def is_in(self, line: Said) -> bool:
        """Whether this line says it."""
        same_kind = self.is_advice == (line.policy in HOUSE_ADVICE)
        return same_kind and all(word.lower() in line.message.lower() for word in self.words)


def note(*words: str) -> Note:
    """A note to expect."""
    return Note(words)


def one_note(*words: str) -> Note:
    """A note to expect, at most once in each pack, however many the cause concerns."""
    return Note(words, most=2)


def advice(*words: str) -> Note:
    """House advice to expect."""
    return Note(words, is_advice=True)


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one form of a program; further notes only where `may_note`.

    Of `either` a note that says it is as good as a violation, but silence is not: what is wrong
    shows by something that is missing, or AWS's documentation leaves room.
    """

    wrong: tuple[Wrong, ...] = ()
    notes: tuple[Note, ...] = ()
    may_note: bool = True
    either: tuple[Wrong, ...] = ()


@dataclass(frozen=True)
class Case:
    """A program with its verdicts, and the source that they follow from.

    One is sound if AWS accepts it and it works.
    """

    name: str
    build: Callable[[Build], None]
    source: str
    created: Verdict
    preview: Verdict
    is_sound: bool = False

    def in_preview(self, verdict: Verdict) -> Case:
        """The same, with a verdict of its own on the preview."""
        return replace(self, preview=verdict)

    def program(self, form: str) -> Program:
        """The stack in one of its forms."""
        build = Build()
        self.build(build)
        return build.program(created=form == "created")

    def verdict(self, form: str) -> Verdict:
        """The verdict on one of its forms."""
        return self.created if form == "created" else self.preview


Build_ = Callable[[Build], None]
Register = Callable[[Build_], Build_]


class Cases(list[Case]):
    """The cases of one kind."""

    def _add(
        self, source: str, created: Verdict, preview: Verdict, *, is_sound: bool = False
    ) -> Register:
        def register(build: Build_) -> Build_:
            self.append(Case(build.__name__, build, source, created, preview, is_sound))
            return build

        return register

    def sound(self, source: str, *notes: Note, may_note: bool = False) -> Register:
        """A program that AWS accepts and that works: nothing mandatory in either form.

        Once it is created and all of it is in the stack there is nothing to note either.
        """
        created = Verdict((), notes, may_note or bool(notes))
        return self._add(source, created, Verdict((), notes), is_sound=True)

    def wrong(self, source: str, *expected: Wrong, preview: Verdict | None = None) -> Register:
        """A program that AWS refuses or that does not work, and where that shows."""
        created = Verdict(expected)
        return self._add(source, created, preview or created)

    def either(self, source: str, *expected: Wrong, preview: Verdict | None = None) -> Register:
        """A program that does not work, as far as the stack tells: a violation, or a note."""
        created = Verdict(either=expected)
        return self._add(source, created, preview or created)

    def doubtful(self, source: str, *notes: Note) -> Register:
        """A program of which the stack does not tell: a note, and nothing mandatory."""
        verdict = Verdict((), notes or (note(),))
        return self._add(source, verdict, verdict)


def yet(*words: str) -> Verdict:
    """A preview in which what is wrong does not show: a note has to say so."""
    return Verdict((), (note(*words),))


def unproven(*expected: Wrong) -> Verdict:
    """A preview in which only something missing shows what is wrong."""
    return Verdict(either=expected)


def judged(program: Program) -> list[Said]:
    """What both packs say."""
    return [
        line for pack in ("mounts", "guardrails") for line in judge_program(program, pack, _CONFIG)
    ]


def differences(verdict: Verdict, lines: Iterable[Said]) -> list[str]:
    """Where the packs and the verdict part."""
    found = list(lines)
    mandatory = [line for line in found if line.mandatory]
    notes = [line for line in found if not line.mandatory]
    said = [line for line in notes if line.policy not in HOUSE_ADVICE]
    apart = [
        f"false alarm: {line.policy} at {line.about}: {line.message}"
        for line in mandatory
        if not any(_same(one, line) for one in (*verdict.wrong, *verdict.either))
    ]
    apart += [
        f"escape: no {' or '.join(one.rules)} at {' or '.join(one.about)} with {one.words}"
        for one in verdict.wrong
        if not any(one.is_in(line) for line in mandatory)
    ]
    for wanted in verdict.notes:
        same = [line for line in notes if wanted.is_in(line)]
        if not same:
            apart.append(f"overlooked: no note with {wanted.words}")
        elif len(same) > wanted.most:
            apart.append(f"noise: {len(same)} notes with {wanted.words}")
    if verdict.either and not any(
        one.is_in(line) if line.mandatory else one.is_meant_by(line)
        for one in verdict.either
        for line in (*mandatory, *said)
    ):
        words = " or ".join(str(one.words) for one in verdict.either)
        apart.append(f"overlooked: neither a note nor a violation with {words}")
    if not verdict.may_note:
        apart += [f"noise: {line.policy} at {line.about}: {line.message}" for line in said]
    return apart


def _same(expected: Wrong, line: Said) -> bool:
    return line.policy in expected.rules and line.about in expected.about
