"""Addresses of a person's own account. Names are global: every app leads people here."""

from django.urls import URLPattern, URLResolver, path

from nhc.views import factors, kept, notices, passwords, providers, sessions, sign_in

pages: list[URLPattern | URLResolver] = [
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-in/code/", sign_in.SecondStep.as_view(), name="second-step"),
    path("sign-in/passkey/", sign_in.sign_in_by_passkey, name="passkey-sign-in"),
    path("sign-in/passkey/options/", sign_in.passkey_options, name="passkey-options"),
    path("sign-in/with/<slug:provider_id>/", providers.go, name="provider"),
    path("sign-in/with/<slug:provider_id>/back/", providers.come_back, name="openid_connect_callback"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("forgotten-password/", passwords.ForgottenPassword.as_view(), name="password-forgotten"),
    path("forgotten-password/sent/", passwords.password_sent, name="password-sent"),
    path("forgotten-password/<str:reference>/<str:token>/", passwords.ResetPassword.as_view(), name="password-reset"),
    path("account/", factors.account, name="account"),
    path("account/confirm/", factors.Confirm.as_view(), name="confirm"),
    path("account/second-factor/", factors.second_factor, name="second-factor"),
    path("account/passkeys/add/", factors.AddPasskey.as_view(), name="passkey-add"),
    path("account/passkeys/options/", factors.passkey_creation_options, name="passkey-creation-options"),
    path("account/passkeys/<int:factor_id>/rename/", factors.RenamePasskey.as_view(), name="passkey-rename"),
    path("account/factors/<int:factor_id>/remove/", factors.RemoveFactor.as_view(), name="factor-remove"),
    path("account/one-time-codes/", factors.AddApp.as_view(), name="one-time-codes"),
    path("account/recovery-codes/", factors.RecoveryCodes.as_view(), name="recovery-codes"),
    path("account/password/", passwords.ChangePassword.as_view(), name="password-change"),
    path("account/sessions/end/", sessions.end_sessions, name="sessions-end"),
    path("account/kept/<uuid:form_id>/", kept.KeptFormPage.as_view(), name="kept-form"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/seen/", notices.mark_seen, name="notices-seen"),
    path("session/", sessions.time_left, name="session"),
    path("session/extend/", sessions.extend, name="session-extend"),
    path("session/keep/", kept.keep_text, name="session-keep"),
    path("session/kept/<uuid:form_id>/", kept.kept_text, name="session-kept"),
]
