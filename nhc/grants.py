"""What the application's database role may do: everything a service needs, nothing that rewrites history."""

from django.db.backends.base.base import BaseDatabaseWrapper

APPEND_ONLY = (
    "nhc_auditevent",
    "nhc_auditseal",
    "partners_revision",
    "partners_signature",
    "partners_agreementcomment",
    "partners_normsconfirmation",
    "partners_inductionstepdone",
    "decisions_gridmove",
    "decisions_gridname",
    "decisions_gridreview",
    "decisions_consentanswer",
    "decisions_meetingmove",
    "decisions_attendance",
    "decisions_minutes",
    "decisions_issuemove",
    "decisions_proposalanswer",
    "decisions_decision",
    "decisions_decisionmeasure",
    "decisions_decisionreview",
    "decisions_riskreview",
    "huddles_referralmove",
    "huddles_retentionrule",
    "huddles_persondisposal",
    "huddles_huddlemove",
    "huddles_lanevisit",
    "huddles_huddlerecord",
    "huddles_lanenote",
    "huddles_pinnedsignal",
    "huddles_pressurethresholds",
    "huddles_pressurelevel",
)
"""Tables the application may only add to and read."""

CLOSE_ONLY = {
    "partners_observation": "closed_seq",
    "partners_centreexception": "revoked_at, revoked_by_id",
    "decisions_cellcomment": "resolved_at, resolved_by_id",
    "decisions_consentround": "closed_at, outcome",
    "decisions_forumseat": "ends_at",
    "decisions_chairterm": "ends_at",
    "decisions_riskholder": "until_at",
    "decisions_override": "reviewed_at, reviewed_by_id, review_words, proposal_id",
    "huddles_harm": "withdrawn_at, withdrawn_by_id, withdrawn_why",
    "huddles_personrevision": "changes",
    "huddles_sharingpreference": "ends_at, reason",
    "huddles_recordgrant": "revoked_at, revoked_by_id, reason",
    "huddles_breakglass": "reason, told_at, reviewed_at, reviewed_by_id, finding, review_words",
    "huddles_responsibility": "held, reason",
    "huddles_frontdoor": "ends_at",
    "huddles_spacebooking": "ends_at, cancelled_at, version",
    "huddles_circlemember": "ends_at, role",
    "huddles_cardedit": "before, after",
    "huddles_actionedit": "before, after",
}
"""Tables where only what ends a row may be set, and nothing removed."""

UNUSED = ("guardian_userobjectpermission", "guardian_groupobjectpermission")
"""Tables that a library brings and nothing here may write to."""


def grant_application(connection: BaseDatabaseWrapper, *, role: str) -> None:
    """Give the application's role its rights on every table. Safe to repeat; run by the owner after migrations."""
    quoted = connection.ops.quote_name(role)
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {quoted}")
        for table in APPEND_ONLY:
            if table in existing:
                cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
        for table, columns in CLOSE_ONLY.items():
            if table in existing:
                cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
                cursor.execute(f"GRANT UPDATE ({columns}) ON {table} TO {quoted}")
        for table in UNUSED:
            if table in existing:
                cursor.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
        cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {quoted}")
