"""The administration pages show and change nothing."""

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import get_resolver

from nhc.models import User
from tests import cast

pytestmark = pytest.mark.django_db

get_resolver().url_patterns  # noqa: B018  (the addresses take groups off the pages when they are first read)


@pytest.fixture
def administrator() -> User:
    return User.objects.create_user(email="admin@example.org", name="Admin", is_staff=True, is_superuser=True)


def test_no_page_adds_changes_or_removes(administrator: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = administrator
    for model_admin in dict.values(admin.site._registry):
        assert not model_admin.has_add_permission(request), model_admin
        assert not model_admin.has_change_permission(request), model_admin
        assert not model_admin.has_delete_permission(request), model_admin


def test_people_and_keys_are_not_there() -> None:
    names = {model.__name__ for model in admin.site._registry}
    assert not names & {"User", "Group", "ApiKey", "Employment", "Membership", "Submission", "SubmissionBody"}


def test_staff_read_the_trail_and_others_are_sent_away(administrator: User) -> None:
    cast.gather()
    client = Client()
    client.force_login(administrator, backend="django.contrib.auth.backends.ModelBackend")
    assert "measure.added" in client.get("/admin/nhc/auditevent/").content.decode()
    client.force_login(User.objects.get(email="alice@example.org"), backend="django.contrib.auth.backends.ModelBackend")
    sent = client.get("/admin/nhc/auditevent/")
    assert sent.status_code == 302
    # Signing in again would not help: they are told so, rather than sent round and round.
    assert client.get(sent["Location"]).status_code == 403
