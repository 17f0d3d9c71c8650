"""Tables of the decisions app, one module a noun."""

from decisions.models.forums import ChairTerm, Forum, ForumSeat
from decisions.models.grids import (
    CellComment,
    Grid,
    GridMove,
    GridName,
    GridReview,
    GridVersion,
    Right,
    Rung,
    Scenario,
)
from decisions.models.issues import Issue, IssueMove
from decisions.models.meetings import AgendaItem, Attendance, Meeting, MeetingMove, Minutes, Paper
from decisions.models.overrides import Override
from decisions.models.priorities import Outcome, Priority, PriorityMeasure
from decisions.models.proposals import Decision, DecisionMeasure, DecisionReview, Proposal, ProposalAnswer
from decisions.models.risks import Risk, RiskControl, RiskHolder, RiskReview
from decisions.models.rounds import ConsentAnswer, ConsentRound

__all__ = [
    "AgendaItem",
    "Attendance",
    "CellComment",
    "ChairTerm",
    "ConsentAnswer",
    "ConsentRound",
    "Decision",
    "DecisionMeasure",
    "DecisionReview",
    "Forum",
    "ForumSeat",
    "Grid",
    "GridMove",
    "GridName",
    "GridReview",
    "GridVersion",
    "Issue",
    "IssueMove",
    "Meeting",
    "MeetingMove",
    "Minutes",
    "Outcome",
    "Override",
    "Paper",
    "Priority",
    "PriorityMeasure",
    "Proposal",
    "ProposalAnswer",
    "Right",
    "Risk",
    "RiskControl",
    "RiskHolder",
    "RiskReview",
    "Rung",
    "Scenario",
]
