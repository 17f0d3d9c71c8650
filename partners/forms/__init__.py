"""Forms of the partners' pages, one module a noun."""

from partners.forms.figures import KeyForm, TypedForm, UploadForm

__all__ = ["KeyForm", "TypedForm", "UploadForm"]
