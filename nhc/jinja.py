"""The template environment of every page: our templates, then the NHS components."""

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import BaseLoader, ChainableUndefined, ChoiceLoader, Environment, PackageLoader

from nhc import formats, forms


def environment(*, loader: BaseLoader, auto_reload: bool, **_options: object) -> Environment:
    """Return the environment for Django's Jinja2 backend, which passes its own loader and defaults.

    Compiled templates stay in memory; they are looked at again only where `auto_reload` is on, which is in debugging.
    The NHS macros pass parameters that are not there on purpose, hence the undefined that can be chained.
    """
    result = Environment(
        loader=ChoiceLoader([loader, PackageLoader("nhsuk_frontend_jinja")]),
        undefined=ChainableUndefined,
        autoescape=True,
        auto_reload=auto_reload,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
    )
    result.globals.update(
        url=_url,
        static=static,
        error_links=forms.error_links,
        choice_items=forms.choice_items,
        date_parts=forms.date_parts,
    )
    result.filters.update(
        date=formats.full_date,
        month_and_year=formats.month_and_year,
        day_and_time=formats.day_and_time,
        date_and_time=formats.date_and_time,
        deadline=formats.deadline,
        last_date=formats.last_full_date,
        whole_number=formats.whole_number,
        figure=formats.figure,
        decimal_number=formats.decimal_number,
        percent=formats.percent,
        file_size=formats.file_size,
        counted=formats.counted,
    )
    return result


def _url(name: str, *arguments: object, **keywords: object) -> str:
    """Return the address of a named page: `url("measure", centre.slug, "ae_4h")`."""
    return reverse(name, args=arguments or None, kwargs=keywords or None)
