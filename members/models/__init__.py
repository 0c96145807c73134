"""What the room keeps: accounts, codes in letters, tiers and memberships."""

from members.models.address_change import AddressChange
from members.models.code import MailedCode, Purpose
from members.models.consent import Consent, Consented
from members.models.gift_membership import GiftMembership, GiftState
from members.models.granted import GrantedMembership, GrantKind
from members.models.membership import (
    EndReason,
    Membership,
    MembershipChange,
    MembershipQuerySet,
    Standing,
    Tier,
    TierThreshold,
)
from members.models.patron import Language, Patron, PatronManager, Role
from members.models.session import Session
from members.models.tombstone import Tombstone

__all__ = [
    "AddressChange",
    "Consent",
    "Consented",
    "EndReason",
    "GiftMembership",
    "GiftState",
    "GrantKind",
    "GrantedMembership",
    "Language",
    "MailedCode",
    "Membership",
    "MembershipChange",
    "MembershipQuerySet",
    "Patron",
    "PatronManager",
    "Purpose",
    "Role",
    "Session",
    "Standing",
    "Tier",
    "TierThreshold",
    "Tombstone",
]
