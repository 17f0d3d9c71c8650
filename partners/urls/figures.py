"""Addresses of returns, sheets, receipts and keys."""

from django.urls import URLPattern, URLResolver, include, path

from partners.views import keys, receipts, returns, sheets

_return = [
    path("", returns.ReturnPage.as_view(), name="return"),
    path("answer/", returns.AnswerOne.as_view(), name="answer"),
    path("type/", returns.TypeFigures.as_view(), name="type"),
    path("withdraw/<slug:measure>/", returns.Withdraw.as_view(), name="withdraw"),
]
_sheet = [
    path("", sheets.CheckSheet.as_view(), name="sheet"),
    path("send/", sheets.SendSheet.as_view(), name="sheet-send"),
    path("upload/", sheets.ReplaceSheet.as_view(), name="sheet-upload"),
    path("discard/", sheets.DiscardSheet.as_view(), name="sheet-discard"),
]
pages: list[URLPattern | URLResolver] = [
    path("returns/", returns.returns, name="returns"),
    path("returns/<str:code>/<slug:slug>/<str:period>/", include(_return)),
    path("sheets/<uuid:draft_id>/", include(_sheet)),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/<uuid:submission_id>/", receipts.receipt, name="receipt"),
    path("receipts/<uuid:submission_id>/errors.csv", receipts.errors, name="receipt-errors"),
    path("keys/", keys.key_list, name="keys"),
    path("keys/<str:code>/make/", keys.MakeKey.as_view(), name="key-make"),
    path("keys/<str:code>/made/", keys.key_made, name="key-made"),
    path("keys/<str:prefix>/revoke/", keys.RevokeKey.as_view(), name="key-revoke"),
]
