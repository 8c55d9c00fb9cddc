"""What befell a name, by commits made of plain values."""

from blocker.blocklist.history import Commit, Step, trace
from blocker.names import DomainName
from tests.blocklist.making import NOW

PATH = "terrorism/FR-1.yaml"


def directive(*names: str, scope: str = "domain", expires: str = "2027-02-21", more: str = "") -> str:
    listed = "".join(f"  - {{name: {name}, scope: {scope}}}\n" for name in names)
    return f"directive: FR-1\nexpires: {expires}\n{more}names:\n{listed}"


def steps(name: str, *versions: dict[str, str | None]) -> list[Step]:
    contents = {text: text.encode() for version in versions for text in version.values() if text is not None}
    commits = [Commit(str(number), NOW, "agent-014", "s", (), files) for number, files in enumerate(versions)]
    return list(trace(commits, contents, DomainName.parse(name)))


def told(found: list[Step]) -> list[tuple[str, str]]:
    def kind(step: Step) -> str:
        return "added" if step.before is None else "removed" if step.after is None else "changed"

    return [(step.commit.id, kind(step)) for step in found]


def test_a_name_comes_changes_and_goes():
    found = steps(
        "a.example",
        {PATH: directive("b.example")},
        {PATH: directive("b.example", "a.example")},
        {"terrorism/FR-2.yaml": directive("c.example")},
        {PATH: directive("a.example", expires="2027-03-01")},
        {PATH: None},
    )
    assert told(found) == [("1", "added"), ("3", "changed"), ("4", "removed")]
    assert found[1].before is not None
    assert found[1].after is not None
    assert (found[1].before.expires, found[1].after.expires) == ("2027-02-21", "2027-03-01")


def test_a_name_above_counts_where_its_scope_is_domain():
    assert told(steps("www.a.example", {PATH: directive("a.example")})) == [("0", "added")]
    assert steps("www.a.example", {PATH: directive("a.example", scope="host")}) == []
    assert steps("example", {PATH: directive("a.example")}) == []
    assert steps("ba.example", {PATH: directive("a.example")}) == []


def test_any_spelling_of_the_name_is_found():
    assert told(steps("bücher.example", {PATH: directive("BÜCHER.Example")})) == [("0", "added")]
    assert told(steps("a.example", {PATH: directive("A.EXAMPLE.")})) == [("0", "added")]


def test_a_file_of_names_that_changes_alone_is_seen():
    head = "directive: FR-1\nexpires: 2027-02-21\n"
    one = head + "names_file: {file: FR-1.txt, scope: domain, sha256: x}\n"
    two = head + "names_file:\n  - {file: FR-1.txt, scope: host, sha256: y}\n"
    found = steps(
        "a.example",
        {PATH: one, "terrorism/FR-1.txt": "b.example\na.example\n"},
        {"terrorism/other.txt": "a.example\n"},
        {PATH: two},
        {"terrorism/FR-1.txt": "b.example\n"},
    )
    assert told(found) == [("0", "added"), ("2", "changed"), ("3", "removed")]


def test_a_directive_that_moves_to_another_file_goes_and_comes():
    found = steps(
        "a.example", {PATH: directive("a.example")}, {PATH: None, "child-abuse/FR-1.yaml": directive("a.example")}
    )
    assert told(found) == [("0", "added"), ("1", "added"), ("1", "removed")]


def test_what_cannot_be_read_lists_nothing_and_stops_nothing():
    broken = [
        "names: [",
        "- just\n- items\n",
        "names: text\n",
        "names: [a, {name: 'http://x'}]\nnames_file: [text]\n",
        "",
    ]
    versions: list[dict[str, str | None]] = [{PATH: text} for text in broken]
    found = steps("a.example", *versions, {PATH: directive("a.example")})
    assert told(found) == [(str(len(broken)), "added")]
