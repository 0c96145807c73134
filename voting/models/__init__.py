"""What the room keeps: suggestions, topics and their life, rounds, rolls, ballots, results, the log, follows."""

from voting.models.announcement import Announcement
from voting.models.ballot import Ballot, OpenBallot, RollEntry, VoidReason
from voting.models.follow import Follow
from voting.models.mailing import Mailing
from voting.models.result import Bundle, Result, RoundLog
from voting.models.round import Eligibility, Method, Round, RoundQuerySet, RoundState, RoundTopic
from voting.models.suggestion import Suggestion, SuggestionQuerySet, SuggestionState
from voting.models.topic import Topic, TopicChange, TopicQuerySet, TopicState

__all__ = [
    "Announcement",
    "Ballot",
    "Bundle",
    "Eligibility",
    "Follow",
    "Mailing",
    "Method",
    "OpenBallot",
    "Result",
    "RollEntry",
    "Round",
    "RoundLog",
    "RoundQuerySet",
    "RoundState",
    "RoundTopic",
    "Suggestion",
    "SuggestionQuerySet",
    "SuggestionState",
    "Topic",
    "TopicChange",
    "TopicQuerySet",
    "TopicState",
    "VoidReason",
]
