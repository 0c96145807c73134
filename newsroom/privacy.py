"""What the newsroom's row holds of patrons: nothing. Its addresses are the newsroom's own."""

NOT_PERSONAL = {
    "Newsroom": "legal_name public_name address registration logo logo_type accent zone languages reply_to"
    " finance_email country bank_details receipt_wording_en receipt_wording_uk neutral_subject_en neutral_subject_uk"
    " neutral_sender",
    "GivingCurrency": "code",
    "DailyRate": "currency into source",
}
