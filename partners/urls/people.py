"""Addresses of an organisation's people, of invitations and of a line manager's people."""

from django.urls import URLPattern, URLResolver, include, path

from partners.views import invitations, my_people, people

_person = [
    path("", people.PersonPage.as_view(), name="person"),
    path("place/", people.PlacePerson.as_view(), name="person-place"),
    path("line-manager/", people.SetLineManager.as_view(), name="line-manager"),
    path("administrator/", people.Administer.as_view(), name="administrator"),
    path("sessions/end/", people.EndSessions.as_view(), name="person-sessions-end"),
    path("end/", people.EndEmployment.as_view(), name="employment-end"),
]
_organisation: list[URLPattern | URLResolver] = [
    path("people/", people.people_list, name="people"),
    path("people/invite/", invitations.Invite.as_view(), name="invite"),
    path("people/<int:user_id>/", include(_person)),
    path("placements/<int:placement_id>/end/", people.EndPlacement.as_view(), name="placement-end"),
    path("invitations/", invitations.invitation_list, name="invitations"),
    path("invitations/<uuid:invitation_id>/", invitations.invited, name="invited"),
    path(
        "invitations/<uuid:invitation_id>/withdraw/",
        invitations.WithdrawInvitation.as_view(),
        name="invitation-withdraw",
    ),
]
pages: list[URLPattern | URLResolver] = [
    path("organisations/", people.organisations, name="organisations"),
    path("organisations/<str:code>/", include(_organisation)),
    path("invitations/<str:token>/", invitations.AcceptInvitation.as_view(), name="accept"),
    path("my-people/", my_people.my_people, name="my-people"),
    path("my-people/<int:user_id>/", my_people.managed_person, name="my-person"),
]
