"""Letters and directives as text: rendered, numbered, hashed. What was issued is never edited afterwards.

Keeps true: each letter carries its number, its case, the time with offset, its legal basis, how to contest and the head
of the ledger, in French and English, and no content; a letter to an ISP names no URL. The directive's file is exactly
what the list's own rules accept. Writing, sending and committing are left to channels.py.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import jinja2

from blocker.blocklist import encode
from blocker.blocklist.entry import Directive, OwnerStep
from blocker.cases.case import Case, Document, Event
from blocker.cases.context import Context, ListFacts, Recipient
from blocker.cases.drafts import Draft, completed
from blocker.cases.integrity.ledger import Head
from blocker.cases.proceedings import AT_ONCE, Appeal
from blocker.cases.terms import Change

SUBJECTS = {
    "owner-request": "Demande de retrait / Removal request",
    "isp-information": "Pour information : demande de retrait / For information: removal request",
    "isp-directive": "Directive de blocage / Blocking directive",
    "isp-unblocking": "Directive de déblocage / Unblocking directive",
    "isp-onboarding": "Directive d'accueil / Onboarding directive",
    "oversight-notice": "Avis à la personne qualifiée / Notice to the overseer",
    "oversight-answer": "Réponse à une recommandation / Answer to a recommendation",
    "owner-question": "Demande de précisions / Request for clarification",
    "owner-answer": "Réponse / Answer",
    "owner-blocked": "Avis de blocage / Notice of blocking",
    "owner-lifted": "Avis de levée / Notice of lifting",
    "appeal-acknowledgement": "Accusé de réception d'un recours / Acknowledgement of an appeal",
    "appeal-decision": "Décision sur un recours / Decision on an appeal",
    "closed": "Clôture / Case closed",
    "reminder": "Rappel / Reminder",
    "settings-notice": "Avis : réglages de la procédure / Notice: settings of the procedure",
}
ONBOARDING = "isp-onboarding"
TEMPLATES = ("layout", *SUBJECTS)
"""Every template by name; road.py reads them from the package."""

CAPACITIES = {
    "publisher": {"fr": "éditeur du service", "en": "publisher"},
    "host": {"fr": "hébergeur", "en": "hosting provider"},
    "registrar": {"fr": "bureau d'enregistrement", "en": "registrar"},
    "registrant": {"fr": "titulaire du nom", "en": "registrant"},
}
LIFT_GROUNDS = {
    "content_removed": {"fr": "le contenu a été retiré", "en": "the content has been removed"},
    "service_gone": {"fr": "le service a disparu", "en": "the service is gone"},
    "no_longer_illicit": {"fr": "le contenu n'est plus illicite", "en": "the content is no longer unlawful"},
    "re-registered": {"fr": "le nom a changé de titulaire", "en": "the name has a new holder"},
    "error": {"fr": "le blocage était une erreur", "en": "the block was an error"},
    "oversight_accepted": {
        "fr": "une recommandation de la personne qualifiée est suivie",
        "en": "a recommendation of the overseer is followed",
    },
    "appeal_upheld": {"fr": "un recours a été accueilli", "en": "an appeal was upheld"},
    "expiry": {"fr": "la mesure arrive à son terme", "en": "the measure reaches its end"},
    "review_lapsed": {"fr": "le réexamen n'a pas eu lieu à temps", "en": "the review was not made in time"},
}
"""Grounds on which two officials lift a block."""

WITHDRAWALS = {
    **LIFT_GROUNDS,
    "court_stay": {"fr": "une juridiction a suspendu la mesure", "en": "a court has stayed the measure"},
    "authority_stay": {
        "fr": "l'autorité a suspendu la mesure d'elle-même",
        "en": "the authority has stayed the measure by itself",
    },
    "court_annulment": {"fr": "une juridiction a annulé la mesure", "en": "a court has annulled the measure"},
}
"""All reasons for which a directive leaves the list."""

_TO_THE_OWNER = frozenset({"owner-question", "owner-answer", "owner-blocked", "owner-lifted"})
_TO_THE_APPELLANT = frozenset({"appeal-acknowledgement", "appeal-decision"})
_TO_THE_OVERSEER = frozenset({"oversight-notice", "oversight-answer"})


def compile_templates(sources: Mapping[str, str]) -> jinja2.Environment:
    """Return the letters' templates, by name, ready to be rendered; done once, since it takes long."""
    return jinja2.Environment(
        loader=jinja2.DictLoader(dict(sources)),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text; nothing here is ever shown as HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def issue(kind: str, case: Case, event: Event, context: Context, first: int) -> tuple[Document, ...]:
    """Render one letter of `kind` for each of its recipients; `first` is the first free document number of the year.

    Raises:
        RuntimeError: if a template needs what the case does not have; nothing has been issued then.
    """
    return _issued(
        kind, event, context, enumerate(_recipients(kind, case, event, context), start=first), {"case": case}
    )


def notices(
    event: Event, changed: Iterable[Change], to: Iterable[Recipient], context: Context, first: int
) -> tuple[Document, ...]:
    """Render what is told of settings that somebody proposed or approved."""
    about = {"case": None, "changes": tuple(changed)}
    return _issued("settings-notice", event, context, enumerate(to, start=first), about)


def onboarding(
    isp: Recipient, cases: Sequence[Case], event: Event, context: Context, first: int
) -> tuple[Document, ...]:
    """Render the one directive by which a new provider is told of all these cases' blocks, and the overseer's copy."""
    overseer = [] if context.letterhead.overseer is None else [context.letterhead.overseer]
    about = {"case": None, "cases": cases, "isp": isp, "grounds": context.list.grounds}
    return _issued(ONBOARDING, event, context, enumerate((isp, *overseer), start=first), about)


def _issued(
    kind: str, event: Event, context: Context, to_whom: Iterable[tuple[int, Recipient]], about: Mapping[str, Any]
) -> tuple[Document, ...]:
    year = context.list.local(event.at_utc).year
    template = context.templates.get_template(kind)
    issued = []
    for number, to in to_whom:
        name = f"D-{year}-{number:06d}"
        text = _render(template, {**about, "number": name, "kind": kind, "to": to, "event": event}, context)
        subject = f"{name} – {SUBJECTS[kind]}"
        issued.append(
            Document(
                number=name,
                case=event.case,
                kind=kind,
                recipient=to.id,
                mail=to.mail,
                subject=f"[TRIAL] {subject}" if context.list.trial else subject,
                text=text,
                sha256=hashlib.sha256(text.encode()).hexdigest(),
                issued_at=event.at_utc,
            )
        )
    return tuple(issued)


def _recipients(kind: str, case: Case, event: Event, context: Context) -> Iterator[Recipient]:
    """Whoever was told of the step before is told of this one, and nobody else."""
    if kind == "reminder":
        yield from (each for each in context.letterhead.duty if each.id == f"duty-{event.data['to']}")
        return
    if kind in _TO_THE_APPELLANT:
        yield from (_appellant(appeal) for appeal in case.appeals if appeal.number == event.data["appeal"])
        return
    if kind in _TO_THE_OWNER and case.owner is not None:
        yield Recipient("owner", case.owner.name, case.owner.mail)
    if kind in _TO_THE_OWNER | _TO_THE_OVERSEER:
        if context.letterhead.overseer is not None and kind in _TO_THE_OVERSEER:
            yield context.letterhead.overseer
        return
    owner_told = case.owner is not None and case.asked_at is not None
    if case.owner is not None and owner_told and kind in {"owner-request", "closed"}:
        yield Recipient("owner", case.owner.name, case.owner.mail)
    if kind in {"isp-directive", "isp-unblocking"}:
        told = {each.isp for each in case.served if each.issued_at == event.at_utc}
        yield from (isp for isp in context.letterhead.isps if isp.id in told)
    elif owner_told and kind in {"isp-information", "closed"}:
        yield from context.letterhead.isps
    if context.letterhead.overseer is not None and kind == "closed" and owner_told:
        yield context.letterhead.overseer


def _appellant(appeal: Appeal) -> Recipient:
    return Recipient("appellant", appeal.name, appeal.mail)


def _render(template: jinja2.Template, about: Mapping[str, Any], context: Context) -> str:
    case: Case | None = about["case"]
    event: Event = about["event"]
    try:
        return template.render(
            about,
            head=Head(event.seq - 1, event.prev_hash),
            instant=datetime.fromisoformat(event.data["instant"]) if "instant" in event.data else None,
            local=lambda instant: _local(instant, context),
            ground=context.list.grounds.get(case.ground) if case else None,
            letterhead=context.letterhead,
            trial=context.list.trial,
            capacities=CAPACITIES,
            lift_grounds=WITHDRAWALS,
            at_once=AT_ONCE,
        )
    except jinja2.TemplateError as error:
        raise RuntimeError(f"the letter {about['kind']} cannot be written") from error


def _local(instant: datetime, context: Context) -> str:
    """An instant on the list's calendar, with its offset: 24 elapsed hours are only clear with it."""
    return context.list.local(instant).isoformat(sep=" ", timespec="seconds")


def directive_yaml(case: Case, facts: ListFacts) -> str:
    """Write the decided directive as its file on the list: as it was proposed, with the desk's own lines.

    Raises:
        RuntimeError: if the case is not decided.
        FaultsError: if the file that was proposed is none that a list takes.
    """
    written = _written(case, facts)
    if case.file is None or case.path is None:
        return written
    return completed(Draft(case.path, case.file), written)


def _written(case: Case, facts: ListFacts) -> str:
    if not (case.directive and case.issued_at and case.verified_at and case.review_by and case.expires):
        raise RuntimeError("only a decided case has a directive")
    if case.skip is None and case.asked_at is None:
        raise RuntimeError("the owner is asked first, unless an exception is named")

    directive = Directive(
        id=case.directive,
        case=case.id,
        ground=case.ground,
        issued=case.issued_at,
        review_by=case.review_by,
        expires=case.expires,
        reviewed=case.review.reviewed_at,
        owner_step=OwnerStep(skipped=case.skip.ground)
        if case.skip
        else OwnerStep(asked=case.asked_at, verified_present=case.verified_at),
        approved_by=case.approved_by,
        public_reference=case.directive,
    )
    names = [(entry.name, entry.scope) for entry in case.names]
    return encode.directive_yaml(directive, facts.timezone, names)
