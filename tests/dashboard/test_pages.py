"""The pages of the shared picture over HTTP: what each shows, to whom, and at what cost."""

import csv
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Annotation, Rebase
from dashboard.services import charts
from nhc.actors import Actor
from partners.models import Centre
from partners.services import contract
from tests.cast import MAKER, NOW, SEEN, VISITS, Cast
from tests.dashboard.figures import roll, seen, send
from tests.dashboard.pages import FEW, MEASURE, MONTHS, OVERVIEW, SOURCES, VISITED, fill, reader, words
from tests.factories import FIRST_DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

PAGES = (OVERVIEW, MEASURE, VISITED, SOURCES)
DOWNLOADS = (f"{OVERVIEW}overview.csv", f"{MEASURE}figures.csv", f"{MEASURE}chart.svg")
MARKS = (f"{MEASURE}rebases/add/", f"{MEASURE}notes/add/")


@pytest.fixture
def filled(people: Cast) -> Cast:
    """Give Riverside two years of figures."""
    fill(people)
    return people


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def table(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(read(client, address).splitlines()))


def row(page: str, heading: str) -> str:
    """Return what the row of a table with this heading says."""
    rows = [words(each) for each in re.findall(r"(?s)<tr.*?</tr>", page)]
    return next(each for each in rows if each.startswith(heading))


def test_the_overview_places_every_measure_and_says_what_changed(filled: Cast) -> None:
    page = read(reader(filled.alice), OVERVIEW)
    assert "1 thing changed. Visits to community partners : improving, above the upper limit of 56" in words(page)
    in_matrix = re.findall(r'<li><a href="([^"]+)">', page.split("<tbody>")[1].split("</tbody>")[0])
    assert sorted(in_matrix) == [MEASURE, VISITED]
    assert "79%" in row(page, "Crisis contacts seen in 4 hours")
    assert "Partners missing in 3 of the last 12 months" in row(page, "Visits to community partners")


def test_a_measure_says_what_it_means_and_shows_every_period(filled: Cast) -> None:
    client = reader(filled.alice)
    page = read(client, MEASURE)
    assert "March 2026: 79%. No significant change from the average of 74%." in words(page)
    assert filled.seen.versions.get().definition in words(page)
    assert page.count('scope="row"') == 13
    assert read(client, f"{MEASURE}?rows=all").count('scope="row"') == len(MONTHS)


def test_who_has_not_reported_stands_beside_the_chart_and_at_the_period(filled: Cast) -> None:
    page = read(reader(filled.alice), VISITED)
    assert "March 2026 Open Door February 2026 Open Door (not collected) January 2026 Open Door" in words(page)
    assert "Not judged: not complete 1 of 2 A partner has not reported" in row(page, "March 2026")


def test_a_member_sees_exact_totals_and_an_outsider_the_small_number_rule(filled: Cast) -> None:
    exact, rounded = (read(reader(person), MEASURE) for person in (filled.alice, filled.carol))
    assert row(exact, "June 2025").startswith("June 2025 4 43 9%")
    assert row(rounded, "June 2025").startswith("June 2025 Hidden Hidden Hidden Hidden")
    assert row(rounded, "March 2026").startswith("March 2026 35 45 78%")
    assert "Counts are rounded to the nearest 5" in words(rounded)
    assert "You see rounded counts" in read(reader(filled.carol), OVERVIEW)


def drawn(page: str) -> list[object]:
    """Return the values of the points that the interactive figure of a page carries."""
    found = re.search(r'(?s)<script type="application/json" id="measure-figure">(.*?)</script>', page)
    assert found is not None
    traces = json.loads(found.group(1))["data"]
    return [value for trace in traces if trace.get("mode") == "markers" for value in trace["y"]]


def test_the_data_of_the_interactive_figure_is_under_the_rule_too(filled: Cast) -> None:
    exact, rounded = (drawn(read(reader(person), VISITED)) for person in (filled.alice, filled.carol))
    assert 3 in exact
    assert {value % 5 for value in rounded if isinstance(value, int | float)} == {0}
    assert 3 not in rounded


@pytest.mark.parametrize("address", [*PAGES, *DOWNLOADS, *MARKS])
def test_a_stranger_gets_the_answer_of_a_centre_that_does_not_exist(filled: Cast, address: str) -> None:
    client = reader(filled.dev)
    answers = [client.get(each) for each in (address, address.replace("riverside", "atlantis"))]
    assert [answer.status_code for answer in answers] == [404, 404]
    there, nowhere = (re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", answer.content.decode()) for answer in answers)
    assert there == nowhere


@pytest.mark.parametrize("address", [*PAGES, *DOWNLOADS])
def test_whoever_is_not_signed_in_is_sent_to_sign_in(client: Client, people: Cast, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=/centres/riverside/")


def test_sources_name_each_organisation_and_keep_others_figures_under_the_rule(filled: Cast) -> None:
    page = read(reader(filled.carol), f"{MEASURE}sources/{FEW}/")
    assert row(page, "Riverside Mental Health Trust").startswith("Riverside Mental Health Trust Hidden Hidden Reported")
    assert "Not reported Open Door: not sent" in words(read(reader(filled.operator), f"{VISITED}sources/2026-03/"))


def test_sources_show_your_own_figures_exactly_with_their_receipt(filled: Cast) -> None:
    page = read(reader(filled.alice), f"{MEASURE}sources/{FEW}/")
    assert "Your organisation: shown exactly 4 43 Reported" in row(page, "Riverside Mental Health Trust")
    assert "Receipt" in row(page, "Riverside Mental Health Trust")


@pytest.mark.parametrize("period", ["2026-13", "last-week", "2015-01", "2026-Q1"])
def test_sources_of_a_period_that_is_none_are_not_found(people: Cast, period: str) -> None:
    assert reader(people.alice).get(f"{MEASURE}sources/{period}/").status_code == 404


def test_csv_for_publication_is_under_the_rule_for_members_too(filled: Cast) -> None:
    client = reader(filled.alice)
    exact, public = (table(client, f"{MEASURE}figures.csv{query}") for query in ("", "?for=publication"))
    few = MONTHS.index(FEW)
    assert (exact[few]["numerator"], exact[few]["denominator"], exact[few]["flag"]) == ("4", "43", "")
    assert (public[few]["numerator"], public[few]["denominator"], public[few]["flag"]) == ("", "", "c")
    assert (public[-1]["numerator"], public[-1]["denominator"]) == ("35", "45")
    assert table(reader(filled.carol), f"{MEASURE}figures.csv") == public


def test_the_overview_downloads_as_it_is_shown(filled: Cast) -> None:
    client = reader(filled.alice)
    exact, public = (table(client, f"{OVERVIEW}overview.csv{query}") for query in ("", "?for=publication"))
    assert [each["variation"] for each in exact] == ["No significant change", "Improving"]
    assert (exact[1]["value"], public[1]["value"]) == ("58.0", "60.0")
    assert table(reader(filled.carol), f"{OVERVIEW}overview.csv") == public


def test_the_chart_downloads_as_a_picture_of_its_own(filled: Cast) -> None:
    answer = reader(filled.carol).get(f"{MEASURE}chart.svg")
    assert answer["Content-Type"].startswith("image/svg+xml")
    assert 'filename="riverside-crisis-contacts-seen-in-4h.svg"' in answer["Content-Disposition"]
    picture = ElementTree.fromstring(answer.content)  # noqa: S314  (our own answer)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert "March 2026: 78%" in "".join(picture.itertext())


def test_home_is_the_only_centre_or_the_list(people: Cast) -> None:
    assert reader(people.alice).get("/")["Location"] == OVERVIEW
    client = reader(people.dev)
    assert client.get("/")["Location"] == "/centres/"
    assert "You are not a member of a centre. Ask" in read(client, "/centres/")


@pytest.mark.parametrize(
    ("sought", "found"),
    [("river", "1 of 1 centre"), ("CENTRE riverside", "1 of 1 centre"), ("hillside", "No centre matches")],
)
def test_centres_are_found_by_name_or_code_among_those_one_may_see(people: Cast, sought: str, found: str) -> None:
    page = words(read(reader(people.carol), f"/centres/?q={sought}"))
    assert found in page
    assert "Hillside centre" not in page


def test_a_new_step_is_agreed_marked_and_taken_off(filled: Cast) -> None:
    client = reader(filled.alice)
    told = {"period": "2025-04-01", "reason": "The second shift began", "agreed_by": "Partnership board"}
    page = client.post(f"{MEASURE}rebases/add/", told, follow=True).content.decode()
    assert "The chart starts a new step." in words(page)
    assert "April 2025: new step The second shift began" in words(page)
    assert "Agreed by Partnership board" in words(page)
    made = Rebase.objects.get()
    assert (made.date, made.agreed_by, made.created_by) == (date(2025, 4, 1), "Partnership board", filled.alice)
    withdraw = f"{MEASURE}rebases/{made.pk}/withdraw/"
    assert "The second shift began" in words(read(client, withdraw))
    page = client.post(withdraw, follow=True).content.decode()
    assert "The second shift began" not in page
    assert client.get(withdraw).status_code == 404


def test_a_note_is_on_the_chart_until_it_is_withdrawn(filled: Cast) -> None:
    client = reader(filled.alice)
    told = {"date-day": "3", "date-month": "2", "date-year": "2026", "text": "<b>Flood</b> at the clinic"}
    page = client.post(f"{MEASURE}notes/add/", told, follow=True).content.decode()
    assert "&lt;b&gt;Flood&lt;/b&gt; at the clinic" in page
    assert "<b>Flood" not in page
    withdraw = f"{MEASURE}notes/{Annotation.objects.get().pk}/withdraw/"
    assert "at the clinic" not in client.post(withdraw, follow=True).content.decode()


@pytest.mark.parametrize(
    ("address", "field", "sentence"),
    [
        (MARKS[0], "period", "Select the first period of the new step"),
        (MARKS[0], "agreed_by", "Enter who agreed"),
        (MARKS[1], "text", "Enter what happened"),
    ],
)
def test_an_empty_mark_says_what_to_enter_and_where(filled: Cast, address: str, field: str, sentence: str) -> None:
    answer = reader(filled.alice).post(address, {})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error: " in page
    assert re.search(rf'<a href="#id_{field}[^"]*">\s*{sentence}', page)


def test_marks_are_for_those_who_may_agree_them(filled: Cast) -> None:
    note = charts.annotate(
        centre=filled.riverside, measure=filled.seen, date=date(2026, 2, 3), text="Flood", by=MAKER, at=NOW
    )
    for person in (filled.bashir, filled.carol, filled.operator):
        client = reader(person)
        for address in (*MARKS, f"{MEASURE}notes/{note.pk}/withdraw/"):
            assert (client.get(address).status_code, client.post(address).status_code) == (404, 404), address
    assert "Mark the chart" not in read(reader(filled.bashir), MEASURE)
    assert "Flood" in read(reader(filled.bashir), MEASURE)
    note.refresh_from_db()
    assert note.withdrawn_at is None


def test_a_mark_of_another_chart_is_not_found_at_this_one(people: Cast) -> None:
    note = charts.annotate(
        centre=people.riverside, measure=people.visits, date=date(2026, 2, 3), text="Flood", by=MAKER, at=NOW
    )
    assert reader(people.alice).post(f"{MEASURE}notes/{note.pk}/withdraw/").status_code == 404


def test_runs_are_for_operators(filled: Cast) -> None:
    page = words(read(reader(filled.operator), "/runs/"))
    assert "Daytime catch-up 2 April 2026 Succeeded" in page
    assert "0 changed figures wait" in page
    assert {reader(person).get("/runs/").status_code for person in (filled.alice, filled.carol, filled.dev)} == {404}


@pytest.mark.parametrize(("figures", "label"), [("made_up", "Made-up figures"), ("published", "Published figures")])
def test_figures_that_are_not_the_partners_own_are_labelled_on_every_page(
    filled: Cast, figures: str, label: str
) -> None:
    client = reader(filled.operator)
    assert not [address for address in PAGES if label in read(client, address)]
    Centre.objects.filter(slug="riverside").update(figures=figures, figures_note="From the first example.")
    for address in PAGES:
        page = words(read(client, address))
        assert f"{label} " in page, address
        assert "From the first example." in page, address


def test_before_the_first_figure_pages_say_when_there_will_be_one(people: Cast) -> None:
    client = reader(people.alice)
    assert "No figures No target" in row(read(client, OVERVIEW), "Visits to community partners")
    assert "No partner has sent this measure." in read(client, VISITED)
    assert client.get(f"{VISITED}chart.svg").status_code == 404
    assert table(client, f"{VISITED}figures.csv") == []
    assert "Nothing was sent for this period." in read(client, SOURCES)


def test_a_centre_without_measures_says_who_agrees_them(people: Cast) -> None:
    people.riverside.collections.all().delete()
    assert "This centre collects no measures." in read(reader(people.alice), OVERVIEW)
    assert reader(people.alice).get(MEASURE).status_code == 404


def test_under_13_periods_there_are_limits_and_no_icons_and_the_page_says_so(people: Cast) -> None:
    send(people.trust, *(seen(month, 31 + number % 5, 43) for number, month in enumerate(MONTHS[-12:])))
    roll()
    client = reader(people.alice)
    assert "Too early: 12 months of 13: limits are shown, icons are not." in words(read(client, MEASURE))
    assert 'class="app-icon' not in read(client, MEASURE).split('class="app-measure-tags"')[1].split("</p>")[0]
    assert "Too early: 12 months of 13" in row(read(client, OVERVIEW), "Crisis contacts seen in 4 hours")
    assert table(client, f"{MEASURE}figures.csv")[-1]["upper_limit"] != ""


FIRST_VIEW = 12
"""Session, person, centre with its partners, the person's standing (once, for the page and its frame), what the picture
depends on; then, for the picture, the measures collected, their figures, the versions these were read by, who owed
them, rebases, notes and decisions."""
SECOND_VIEW = 5
"""The same without the picture."""


def test_the_overview_costs_the_same_however_many_measures(
    filled: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = reader(filled.alice)
    for number in range(3):
        extra = contract.add_measure(code=f"extra-{number}", definition=VISITS, by=MAKER, at=NOW)
        contract.collect_measure(centre=filled.riverside, measure=extra, from_date=FIRST_DAY, by=MAKER, at=NOW)
    with django_assert_num_queries(FIRST_VIEW):
        first = read(client, OVERVIEW)
    with django_assert_num_queries(SECOND_VIEW):
        second = read(client, OVERVIEW)
    assert "All 5 measures" in first
    assert words(second) == words(first)


def test_a_measure_costs_the_same_however_many_periods(
    filled: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = reader(filled.alice)
    for query in ("", "?rows=all"):
        with django_assert_num_queries(21):
            read(client, f"{VISITED}{query}")


def latest(client: Client) -> str:
    return row(read(client, OVERVIEW), "Crisis contacts seen in 4 hours")


def test_the_picture_changes_with_every_figure_that_is_rolled_up(filled: Cast) -> None:
    client = reader(filled.alice)
    assert "79%" in latest(client)
    send(filled.trust, seen("2026-03", 43, 43), at=NOW + timedelta(minutes=5))
    assert "79%" in latest(client)
    roll(at=NOW + timedelta(minutes=6))
    assert "100%" in latest(client)


def test_the_picture_changes_with_a_new_step_a_note_and_the_contract(filled: Cast) -> None:
    client = reader(filled.alice)
    read(client, OVERVIEW)
    centre, by = filled.riverside, Actor.user(filled.alice)
    charts.rebase(
        centre=centre, measure=filled.seen, date=date(2025, 7, 1), reason="Rota", agreed_by="Board", by=by, at=NOW
    )
    assert "Too early: 9 months of 13" in words(read(client, OVERVIEW))
    renamed = replace(SEEN, starts=date(2026, 4, 1), title="Seen in time")
    contract.add_measure_version(measure=filled.seen, definition=renamed, by=MAKER, at=NOW)
    assert "Seen in time" in words(read(client, OVERVIEW))


@pytest.mark.parametrize(
    ("address", "title"),
    [
        (OVERVIEW, "Outcomes – Riverside centre"),
        (MEASURE, "Crisis contacts seen in 4 hours – Riverside centre"),
        (SOURCES, "Where Crisis contacts seen in 4 hours came from, March 2026 – Riverside centre"),
        (MARKS[0], "Start a new step – Riverside centre"),
        (MARKS[1], "Note what happened – Riverside centre"),
        ("/centres/", "Centres – Neighbourhood health centre"),
    ],
)
def test_every_page_has_a_title_a_policy_and_no_inline_code(filled: Cast, address: str, title: str) -> None:
    answer = reader(filled.alice).get(address)
    page = answer.content.decode()
    assert f"<title>{title}</title>" in page
    assert "script-src 'self'; style-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert not re.findall(r'<script(?![^>]*(?:\bsrc=|type="application/json"))|<style|\sstyle=|\son\w+=', page)
    assert not re.findall(r'(?:src|srcset|href)="(?:https?:)?//', page)
    assert len(re.findall("<h1", page)) == 1
