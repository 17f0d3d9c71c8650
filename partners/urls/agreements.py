"""Addresses of a centre's agreements, of their signing, and of who signs."""

from django.urls import URLPattern, URLResolver, include, path

from partners.views import agreements, proposals, signatures

_proposal = [
    path("", proposals.proposal, name="proposal"),
    path("comment/", proposals.CommentOnProposal.as_view(), name="proposal-comment"),
    path("answer/", proposals.AnswerProposal.as_view(), name="proposal-answer"),
    path("withdraw/", proposals.WithdrawProposal.as_view(), name="proposal-withdraw"),
    path("revise/", proposals.ReviseProposal.as_view(), name="proposal-revise"),
]
_agreement = [
    path("", agreements.agreement, name="agreement"),
    path("begin/", agreements.BeginAgreement.as_view(), name="agreement-begin"),
    path("versions/<int:number>/", agreements.version, name="agreement-version"),
    path("propose/", proposals.ProposeChange.as_view(), name="propose"),
    path("open/", agreements.OpenAgreement.as_view(), name="agreement-open"),
    path("sign/", signatures.SignAgreement.as_view(), name="agreement-sign"),
]
pages: list[URLPattern | URLResolver] = [
    path("centres/<slug:slug>/agreements/", agreements.agreement_list, name="agreements"),
    path("centres/<slug:slug>/agreements/proposals/<int:proposal_id>/", include(_proposal)),
    path("centres/<slug:slug>/agreements/<slug:kind>/", include(_agreement)),
    path("organisations/<str:code>/signatories/", signatures.signatory_list, name="signatories"),
    path("organisations/<str:code>/signatories/appoint/", signatures.AppointSignatory.as_view(), name="appoint"),
    path(
        "organisations/<str:code>/signatories/<int:signatory_id>/end/",
        signatures.EndSignatory.as_view(),
        name="signatory-end",
    ),
]
