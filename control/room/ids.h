#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata::control {

// Numbers of one sequence for all kinds, drawn once and never used again. As text: "p12", "t7".
template <char kPrefix>
struct Id {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(Id, Id) = default;
};
using ParticipantId = Id<'p'>;
using TrackId = Id<'t'>;
using SubscriptionId = Id<'s'>;
using MemberId = Id<'m'>;

std::string id_text(ParticipantId id);
std::string id_text(TrackId id);
std::string id_text(SubscriptionId id);
std::string id_text(MemberId id);
// Nullopt: not an id of that kind.
std::optional<ParticipantId> parse_participant_id(std::string_view text);
std::optional<TrackId> parse_track_id(std::string_view text);
std::optional<SubscriptionId> parse_subscription_id(std::string_view text);
std::optional<MemberId> parse_member_id(std::string_view text);

}  // namespace strata::control
