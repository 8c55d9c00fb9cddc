"""Write the generated part of docs/WORKFLOW.md anew: `python -m tests.cases.write_workflow_page`."""

from pathlib import Path

from blocker.cases.case import ENDED, State
from blocker.cases.table import TRANSITIONS
from blocker.cases.transition import Transition, always

PAGE = Path(__file__).parents[2] / "docs" / "WORKFLOW.md"
BEGIN, END = "<!-- table -->\n", "<!-- end -->"


def main() -> None:
    head, _mark, rest = PAGE.read_text().partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}{generated()}{END}{tail}")


def generated() -> str:
    """The states, the diagram and the table, as the program has them."""
    return "\n".join((*_states(), "", *_diagram(), "", *_table(), ""))


def _states() -> list[str]:
    return [f"- **{state}** {state.name.replace('_', ' ')}" for state in State]


def _diagram() -> list[str]:
    """Every step that moves a case; what several steps do between the same two states stands on one arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS:
        for source in row.sources or ("[*]",):
            if row.target is not None and row.target is not source:
                arrows.setdefault((source, row.target), []).append(row.id)
    names = [f"    {state}: {state} {state.name.replace('_', ' ').lower()}" for state in State]
    lines = [f"    {source} --> {target}: {', '.join(ids)}" for (source, target), ids in arrows.items()]
    ends = [f"    {state} --> [*]" for state in sorted(ENDED)]
    return ["```mermaid", "stateDiagram-v2", *names, *lines, *ends, "```"]


def _table() -> list[str]:
    head = "| Step | What happens | From | To | Who | Rules | What must be entered | What follows |"
    return [head, "|" + " --- |" * 8, *map(_line, TRANSITIONS)]


def _line(row: Transition) -> str:
    guards = (*row.ready, *((row.at_isp,) if row.at_isp else ()), *row.checks)
    rules = [] if row.when is always else ["Only where the settings have it."]
    rules += [(rule.__doc__ or "").splitlines()[0] for rule in guards]
    follows = [f"letters: {', '.join(row.letters)}"] if row.letters else []
    follows += [f"commit: {row.commit} the directive"] if row.commit else []
    cells = (
        f"{row.id} `{row.act}`",
        row.title,
        "any" if set(row.sources) == set(State) else ", ".join(row.sources) or "–",
        row.target or "stays",
        ", ".join(row.roles),
        "<br>".join(rules),
        "<br>".join(field.label for field in row.fields),
        "<br>".join(follows),
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
