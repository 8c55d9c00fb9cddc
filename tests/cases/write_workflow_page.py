"""Write the generated part of docs/WORKFLOW.md anew: `python -m tests.cases.write_workflow_page`."""

from pathlib import Path

from blocker.cases.workflow import as_markdown


def main() -> None:
    page = Path(__file__).parents[2] / "docs" / "WORKFLOW.md"
    head, _mark, rest = page.read_text().partition("<!-- table -->\n")
    _old, mark, tail = rest.partition("<!-- end -->")
    page.write_text(f"{head}<!-- table -->\n{as_markdown()}{mark}{tail}")


if __name__ == "__main__":
    main()
