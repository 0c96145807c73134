"""The addresses of signing in, under /account/. Of allauth's only those that are used here.

There is no password, and no sign-up of its own. What changes how an account is entered asks first who it is.
"""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.db import transaction
from django.urls import include, path
from django.views.generic import RedirectView

from members import views
from members.roles import proved, signed_in

second_factors = [
    path("", second_factor.index, name="mfa_index"),
    path("authenticate/", second_factor.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("totp/activate/", proved(app.activate_totp), name="mfa_activate_totp"),
    path("totp/deactivate/", proved(app.deactivate_totp), name="mfa_deactivate_totp"),
    path("recovery-codes/", proved(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/generate/",
        proved(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/download/",
        proved(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("passkeys/", signed_in(RedirectView.as_view(pattern_name="portal:security")), name="mfa_list_webauthn"),
    # Either both, the passkey and the letter that tells of it, or neither.
    path("passkeys/add/", proved(transaction.atomic(views.AddPasskey.as_view())), name="mfa_add_webauthn"),
    path("passkeys/use/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("passkeys/<int:pk>/name/", proved(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", proved(transaction.atomic(passkeys.remove_webauthn)), name="mfa_remove_webauthn"),
]

urlpatterns = [
    path("login/", views.sign_in, name="account_login"),
    path("login/code/confirm/", views.type_code, name="account_confirm_login_code"),
    path("login/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("prove/", views.prove, name="account_reauthenticate"),
    path("prove/send/", views.send_proof, name="account_send_proof"),
    path("logout/", views.sign_out, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    # An account is made by giving.
    path("signup/", RedirectView.as_view(pattern_name="public:support"), name="account_signup"),
    path("second-factor/", include(second_factors)),
]
