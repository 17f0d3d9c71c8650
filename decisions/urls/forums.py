"""Addresses of forums and of what lies with them: meetings, issues, proposals, decisions, risks and priorities."""

from django.urls import URLPattern, URLResolver, include, path

from decisions.views import decisions, forums, issues, meetings, priorities, proposals, risks

_meetings = [
    path("", meetings.meeting_list, name="meetings"),
    path("plan/", meetings.PlanMeeting.as_view(), name="meeting-plan"),
    path("<int:meeting_id>/", meetings.meeting, name="meeting"),
    path("<int:meeting_id>/change/", meetings.ChangeMeeting.as_view(), name="meeting-change"),
    path("<int:meeting_id>/cancel/", meetings.CancelMeeting.as_view(), name="meeting-cancel"),
    path("<int:meeting_id>/agenda/add/", meetings.AddItem.as_view(), name="agenda-add"),
    path("<int:meeting_id>/agenda/<int:item_id>/remove/", meetings.RemoveItem.as_view(), name="agenda-remove"),
    path("<int:meeting_id>/papers/add/", meetings.AddPaper.as_view(), name="paper-add"),
    path("<int:meeting_id>/papers/<int:paper_id>/remove/", meetings.RemovePaper.as_view(), name="paper-remove"),
    path("<int:meeting_id>/hold/", meetings.HoldMeeting.as_view(), name="meeting-hold"),
    path("<int:meeting_id>/minutes/", meetings.CorrectMinutes.as_view(), name="minutes-correct"),
]
_proposals = [
    path("", proposals.proposal_list, name="forum-proposals"),
    path("make/", proposals.MakeProposal.as_view(), name="forum-propose"),
    path("<int:forum_proposal_id>/", proposals.proposal, name="forum-proposal"),
    path("<int:forum_proposal_id>/answer/", proposals.AnswerProposal.as_view(), name="forum-proposal-answer"),
    path("<int:forum_proposal_id>/withdraw/", proposals.WithdrawProposal.as_view(), name="forum-proposal-withdraw"),
    path("<int:forum_proposal_id>/decide/", proposals.DecideProposal.as_view(), name="forum-proposal-decide"),
]
_decisions = [
    path("", decisions.decision_list, name="decisions"),
    path("record/", decisions.RecordDecision.as_view(), name="decision-record"),
    path("<int:decision_id>/", decisions.decision, name="decision"),
    path("<int:decision_id>/review/", decisions.ReviewDecision.as_view(), name="decision-review"),
]
_forum: list[URLPattern | URLResolver] = [
    path("", forums.forum, name="forum"),
    path("seats/give/", forums.GiveSeat.as_view(), name="seat-give"),
    path("seats/<int:seat_id>/end/", forums.EndSeat.as_view(), name="seat-end"),
    path("chair/", forums.PassChair.as_view(), name="chair-pass"),
    path("meetings/", include(_meetings)),
    path("proposals/", include(_proposals)),
    path("decisions/", include(_decisions)),
]
_issues = [
    path("", issues.issue_list, name="issues"),
    path("raise/", issues.RaiseIssue.as_view(), name="issue-raise"),
    path("<int:issue_id>/", issues.issue, name="issue"),
    path("<int:issue_id>/take/", issues.TakeIssue.as_view(), name="issue-take"),
    path("<int:issue_id>/answer/", issues.AnswerIssue.as_view(), name="issue-answer"),
    path("<int:issue_id>/pass-on/", issues.PassOnIssue.as_view(), name="issue-pass-on"),
    path("<int:issue_id>/close/", issues.CloseIssue.as_view(), name="issue-close"),
    path("<int:issue_id>/again/", issues.RaiseAgain.as_view(), name="issue-again"),
]
_risks = [
    path("", risks.risk_list, name="risks"),
    path("add/", risks.OpenRisk.as_view(), name="risk-open"),
    path("<int:risk_id>/", risks.risk, name="risk"),
    path("<int:risk_id>/review/", risks.ReviewRisk.as_view(), name="risk-review"),
    path("<int:risk_id>/close/", risks.CloseRisk.as_view(), name="risk-close"),
    path("<int:risk_id>/reopen/", risks.ReopenRisk.as_view(), name="risk-reopen"),
    path("<int:risk_id>/holders/add/", risks.AddHolder.as_view(), name="risk-holder-add"),
    path("<int:risk_id>/holders/<int:holder_id>/end/", risks.EndHolder.as_view(), name="risk-holder-end"),
    path("<int:risk_id>/controls/add/", risks.AddControl.as_view(), name="risk-control-add"),
    path("<int:risk_id>/controls/<int:control_id>/in-place/", risks.PutInPlace.as_view(), name="risk-control-place"),
    path("<int:risk_id>/controls/<int:control_id>/end/", risks.EndControl.as_view(), name="risk-control-end"),
]
_priorities = [
    path("", priorities.priority_list, name="priorities"),
    path("outcomes/add/", priorities.AgreeOutcome.as_view(), name="outcome-agree"),
    path("outcomes/<int:outcome_id>/change/", priorities.ChangeOutcome.as_view(), name="outcome-change"),
    path("outcomes/<int:outcome_id>/retire/", priorities.RetireOutcome.as_view(), name="outcome-retire"),
    path("outcomes/<int:outcome_id>/add/", priorities.SetPriority.as_view(), name="priority-set"),
    path("<int:priority_id>/change/", priorities.ChangePriority.as_view(), name="priority-change"),
    path("<int:priority_id>/retire/", priorities.RetirePriority.as_view(), name="priority-retire"),
]
pages: list[URLPattern | URLResolver] = [
    path("centres/<slug:slug>/forums/", forums.forum_list, name="forums"),
    path("centres/<slug:slug>/forums/begin/", forums.BeginForum.as_view(), name="forum-begin"),
    path("centres/<slug:slug>/forums/<slug:forum>/", include(_forum)),
    path("centres/<slug:slug>/issues/", include(_issues)),
    path("centres/<slug:slug>/risks/", include(_risks)),
    path("centres/<slug:slug>/priorities/", include(_priorities)),
]
