"""A directive's file on its branch, by officers' own git: proposed, changed, proposed anew, merged; on a whole road."""

from pathlib import Path

import pytest

from blocker.cases import drafts
from blocker.cases.case import Case, State
from blocker.cases.drafts import Draft
from blocker.errors import FaultsError, IllegalStepError
from tests.cases.desk import Desk, git, open_desk
from tests.cases.walking import APPROVER, OFFICER, TO_C5, TO_C5D, TO_C5X

WRITTEN = """directive: FR-2026-0002
case: 2026-000001
ground: terrorism
issued: 2026-12-02T10:00:00+01:00
owner_step: {asked: 2026-12-01T10:00:00+01:00, verified_present: 2026-12-02T10:00:00+01:00}
approved_by: [agent-014, agent-022]
review_by: 2027-02-20
expires: 2027-02-20
names:
  - {name: propaganda.example, scope: domain}
"""


def test_the_desks_own_keys_replace_whatever_stands_in_the_draft_and_the_rest_stays():
    text = (
        "directive: FR-2026-0002\ncase: 2026-000001\nground: terrorism\nissued:\n# a remark that stays\nowner_step:\n"
    )
    text += "  asked:\n  verified_present:\napproved_by: []\nreview_by:\nexpires:\n"
    text += "names:\n  - {name: www.propaganda.example, scope: host}  # and this one\n"
    made = drafts.completed(Draft("terrorism/FR-2026-0002.yaml", text), WRITTEN)
    for line in WRITTEN.splitlines()[:8]:
        assert line in made.splitlines()
    assert "# a remark that stays" in made
    assert "  - {name: www.propaganda.example, scope: host}  # and this one" in made.splitlines()
    assert "propaganda.example, scope: domain" not in made
    assert drafts.completed(Draft("terrorism/FR-2026-0002.yaml", made), WRITTEN) == made


def test_a_draft_that_is_no_yaml_is_refused():
    with pytest.raises(FaultsError):
        drafts.completed(Draft("terrorism/a.yaml", "names: ["), WRITTEN)


async def proposed(desk: Desk) -> Case:
    return await desk.work(await desk.go(None, *TO_C5))


async def expedited(desk: Desk) -> Case:
    return await desk.work(await desk.go(None, *TO_C5X, ("verify-again", OFFICER)))


async def stay_over(desk: Desk) -> Case:
    """A case whose block was stayed, taken off the list, and may come back."""
    case = await desk.work(await desk.go(None, *TO_C5D[:-1]))
    case = await desk.act(await desk.work(case), "stay-block", APPROVER, reason="A doubt.")
    case = await desk.work(await desk.work(case))
    assert case.withdrawn_at is not None
    case = await desk.act(case, "enter-order", OFFICER, order="stay_lifted")
    desk.later(hours=1)
    return await desk.go(case, ("verify-again", OFFICER))


def narrowed(desk: Desk, case: Case, path: str) -> None:
    """An officer lets the directive reach less far, on the case's branch."""
    file = own_work_tree(desk, case) / path
    file.write_text(file.read_text().replace("scope: domain", "scope: host"))
    git(file.parent, "commit", "-qam", "that name alone")


def own_work_tree(desk: Desk, case: Case, *, new: bool = False) -> Path:
    """A work tree of the officer's own, on the case's branch."""
    tree = desk.settings.data / f"own-{case.id}"
    which = ("-b", f"case/{case.id}") if new else (f"case/{case.id}",)
    git(desk.settings.admin.lists, "worktree", "add", "-q", str(tree), *which)
    return tree


@pytest.mark.asyncio
async def test_the_desk_lays_the_file_on_the_cases_branch_and_merges_it_with_two_peoples_names(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await proposed(desk)
        lists = desk.settings.admin.lists
        assert git(lists, "show", f"case/{case.id}:{case.path}") == case.file
        assert desk.log() == ["begin"], "the list itself is untouched"
        case = await desk.work(await desk.go(case, ("approve-directive", APPROVER)))
        assert git(lists, "log", "-1", "--format=%(trailers:key=Approved-by,valueonly)").split() == [
            "agent-014",
            "agent-022",
        ]
        assert len(git(lists, "log", "-1", "--format=%P").split()) == 2
        assert git(lists, "branch", "--list", "case/*") == ""
        assert (await desk.work(case)).state is State.BLOCK_DIRECTED


@pytest.mark.asyncio
async def test_a_file_changed_after_the_proposal_voids_it_and_is_blocked_as_it_was_proposed_anew(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await proposed(desk)
        narrowed(desk, case, case.path or "")
        with pytest.raises(IllegalStepError, match="propose it anew"):
            await desk.go(case, ("approve-directive", APPROVER))
        case = await desk.go(case, ("propose-directive", OFFICER), ("approve-directive", APPROVER))
        case = await desk.work(await desk.work(case))
        assert case.state is State.BLOCK_DIRECTED
        assert case.path is not None
        assert "propaganda.example, scope: host" in (desk.settings.admin.lists / case.path).read_text()


@pytest.mark.asyncio
async def test_officers_may_begin_the_file_themselves_and_never_widen_what_was_assessed(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.go(None, *TO_C5[:-1])
        file = own_work_tree(desk, case, new=True) / "terrorism" / "FR-2026-0042.yaml"
        text = f"directive: FR-2026-0042\ncase: {case.id}\nground: terrorism\nnames:\n"
        file.write_text(text + "  - {name: other.example, scope: host}\n")
        git(file.parent, "add", ".")
        git(file.parent, "commit", "-qm", "begin")
        with pytest.raises(IllegalStepError, match="none of the case's names"):
            await desk.go(case, ("propose-directive", OFFICER))
        file.write_text(text + "  - {name: propaganda.example, scope: domain}\n")
        git(file.parent, "commit", "-qam", "the case's own")
        case = await desk.go(case, ("propose-directive", OFFICER), ("approve-directive", APPROVER))
        assert (case.directive, [str(each.name) for each in case.names]) == ("FR-2026-0042", ["propaganda.example"])
        assert (await desk.work(await desk.work(case))).state is State.BLOCK_DIRECTED


@pytest.mark.asyncio
async def test_a_number_of_another_case_and_a_branch_with_more_than_one_file_are_refused(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        first = await proposed(desk)
        second = await desk.act(None, "report", OFFICER, names="second.example")
        second = await desk.go(second, *TO_C5[1:-1])
        folder = own_work_tree(desk, second, new=True) / "terrorism"
        text = f"case: {second.id}\nground: terrorism\nnames:\n  - {{name: second.example, scope: host}}\n"
        (folder / f"{first.directive}.yaml").write_text(f"directive: {first.directive}\n{text}")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "begin")
        with pytest.raises(IllegalStepError, match=f"is the directive of case {first.id}"):
            await desk.go(second, ("propose-directive", OFFICER))
        (folder / "FR-2026-0099.yaml").write_text(f"directive: FR-2026-0099\n{text}")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "and another")
        with pytest.raises(IllegalStepError, match="changes 2 files"):
            await desk.go(second, ("propose-directive", OFFICER))


@pytest.mark.asyncio
async def test_a_block_without_a_request_is_a_file_too_and_changed_after_its_proposal_it_is_proposed_anew(
    tmp_path: Path,
):
    async with open_desk(tmp_path) as desk:
        case = await expedited(desk)
        lists = desk.settings.admin.lists
        assert git(lists, "show", f"case/{case.id}:{case.path}") == case.file
        narrowed(desk, case, case.path or "")
        with pytest.raises(IllegalStepError, match="propose it anew"):
            await desk.go(case, ("approve-expedited", APPROVER))
        case = await desk.go(case, ("propose-file", OFFICER), ("approve-expedited", APPROVER))
        events = {event.transition: event for event in await desk.road.store.events(case.id)}
        covered = drafts.sha256(case.file or "")
        assert events["T10x"].data["file_sha256"] == events["T9f"].data["file_sha256"] == covered
        assert events["T9"].data["file_sha256"] != covered
        case = await desk.work(await desk.work(case))
        assert case.state is State.BLOCK_DIRECTED
        assert len(git(lists, "log", "-1", "--format=%P").split()) == 2
        text = (lists / (case.path or "")).read_text()
        assert "propaganda.example, scope: host" in text
        assert "owner_step: {skipped: no-identification}" in text


@pytest.mark.asyncio
async def test_after_a_stay_the_new_directive_is_a_file_with_a_number_of_its_own(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await stay_over(desk)
        first, path = case.directive, case.path or ""
        case = await desk.work(await desk.go(case, ("propose-new-directive", OFFICER)))
        assert (case.directive, case.anew) == (first, "FR-2026-0003")
        assert await desk.road.store.with_directive("FR-2026-0003") == (case,), "no other case gets that number"
        narrowed(desk, case, path.replace(str(first), "FR-2026-0003"))
        with pytest.raises(IllegalStepError, match="propose it anew"):
            await desk.go(case, ("resume-block", APPROVER))
        case = await desk.go(case, ("propose-new-directive", OFFICER), ("resume-block", APPROVER))
        assert (case.directive, case.anew, case.approved_by) == ("FR-2026-0003", None, ("agent-014", "agent-022"))
        case = await desk.work(await desk.work(case))
        assert case.state is State.BLOCK_DIRECTED
        assert "propaganda.example, scope: host" in (desk.settings.admin.lists / (case.path or "")).read_text()
