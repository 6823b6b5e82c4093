"""How a verdict and the points so far are shown: HTML in a notebook and in a page, plain text elsewhere."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradus.plan import Case, Plan
from gradus.verdict import CaseVerdict, Verdict

_MOST_NUMBERS, _MOST_CHARS = 16, 240


def summary(verdict: Verdict) -> str:
    """How many cases pass, in a few words."""
    if verdict.status == "not answered":
        return "not answered yet"
    passed = sum(case.passed for case in verdict.cases)
    in_part = any(case.part for case in verdict.cases)
    return f"{passed} of {len(verdict.cases)} cases pass" + ", others in part" * in_part


def _head(verdict: Verdict) -> str:
    """The summary, and the points where they are not known by it."""
    text = summary(verdict)
    return text + f": {verdict.earned:g} of {verdict.points:g} points" * text.endswith("in part")


def arguments(case: Case) -> str:
    """The arguments of a call in one line, to be tried by hand; "" where they are many or no plain values."""
    given = [*zip(case.names, case.args, strict=False), *case.kwargs.items()]
    texts = [_short(value) for _, value in given]
    line = ", ".join(f"{name} = {text}" for (name, _), text in zip(given, texts, strict=True))
    return line if all(texts) and len(line) <= _MOST_CHARS else ""


def _short(value: Any) -> str:
    if value is None or isinstance(value, str | bool):
        return repr(value)
    if isinstance(value, int | float | np.number):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        value = np.asarray(value) if value and all(isinstance(v, int | float) for v in value) else 0
    if not isinstance(value, np.ndarray) or not 0 < value.size <= _MOST_NUMBERS:
        return ""
    return " ".join(
        np.array2string(value, precision=4, separator=", ", max_line_width=1000).split()
    )


@dataclass(frozen=True)
class Table:
    """A verdict as a small table: HTML in a notebook, plain text elsewhere.

    `cases`: those that were judged, where their arguments may be shown.
    """

    verdict: Verdict
    cases: tuple[Case, ...] = ()

    def _tried(self) -> str:
        """The arguments of the first case that fails, in a sentence; "" where they are not shown."""
        pairs = zip(self.verdict.cases, self.cases, strict=False)
        for case in [case for judged, case in pairs if not judged.passed][:1]:
            if line := arguments(case):
                return f"The first case that fails, {case.label}: `{line}`"
        return ""

    def __repr__(self) -> str:
        lines = [f"{self.verdict.exercise}: {_head(self.verdict)}"]
        if self.verdict.status == "wrong" or self.verdict.as_given:
            lines += [self.verdict.message, *filter(None, [self._tried()])]
        if self.verdict.status != "not answered" or self.verdict.as_given:
            lines += [
                f"  {_result(c, 'pass', 'FAIL'):>4}  {c.label}" + f": {c.message}" * bool(c.message)
                for c in self.verdict.cases
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        escape = html.escape
        verdict = self.verdict
        kind, name = verdict.status.replace(" ", "-"), escape(verdict.exercise)
        head = f"<p class='gradus-{kind}'><strong>{name}</strong>: {_head(verdict)}</p>"
        if verdict.status == "not answered" and not verdict.as_given:
            return head
        rows = [(_result(c, "✓ pass", "✗ fail"), c.label, c.message) for c in verdict.cases]
        heads = ("result", "case", "what was found")
        if verdict.status == "right" and not any(case.message for case in verdict.cases):
            return f"<div class='gradus-check'>{head}{_table(heads[:2], [row[:2] for row in rows])}</div>"
        lines = () if verdict.status == "right" else (verdict.message, self._tried())
        said = "".join(f"<p>{_code(line)}</p>" for line in lines if line)
        return f"<div class='gradus-check'>{head}{said}{_table(heads, rows)}</div>"


def _result(case: CaseVerdict, passed: str, failed: str) -> str:
    """How a case went: in between, what part of it counts."""
    return passed if case.passed else f"{case.part:.0%}" if case.part else failed


@dataclass(frozen=True)
class Progress:
    """The points of a chapter so far: HTML in a notebook, plain text elsewhere."""

    plans: dict[str, Plan]
    verdicts: dict[str, Verdict]

    def _rows(self) -> list[tuple[str, str, str]]:
        rows = []
        for name, plan in self.plans.items():
            verdict = self.verdicts.get(name)
            state = summary(verdict) if verdict else "not checked yet"
            rows.append((name, f"{verdict.earned if verdict else 0:g} / {plan.points:g}", state))
        earned = sum(verdict.earned for verdict in self.verdicts.values())
        total = sum(plan.points for plan in self.plans.values())
        return [*rows, ("all", f"{earned:g} / {total:g}", "")]

    def __repr__(self) -> str:
        return "\n".join(
            f"{name:28} {points:>9}  {state}".rstrip() for name, points, state in self._rows()
        )

    def _repr_html_(self) -> str:
        return f"<div class='gradus-check'>{_table(('exercise', 'points', 'state'), self._rows())}</div>"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    left = "style='text-align:left'"  # notebooks align to the right
    head = "".join(f"<th {left}>{text}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td {left}>{_code(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _code(text: str) -> str:
    """Escape a message and set what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)
    )
