#include "control/room/records.h"

#include <charconv>

namespace strata::control {
namespace {

template <char kPrefix>
std::string text_of(Id<kPrefix> id) {
    return kPrefix + std::to_string(id.value);
}

template <char kPrefix>
std::optional<Id<kPrefix>> parse(std::string_view text) {
    if (text.size() < 2 || text[0] != kPrefix || text[1] == '0') return std::nullopt;
    Id<kPrefix> id;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), id.value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return id;
}

struct KeyOf {
    RecordKey operator()(const Room& room) const { return room.name; }
    RecordKey operator()(const RoomProfile& profile) const { return ProfileName{profile.name}; }
    RecordKey operator()(const auto& object) const { return object.id; }
};

}  // namespace

std::string id_text(ParticipantId id) { return text_of(id); }
std::string id_text(TrackId id) { return text_of(id); }
std::string id_text(SubscriptionId id) { return text_of(id); }
std::string id_text(MemberId id) { return text_of(id); }

std::optional<ParticipantId> parse_participant_id(std::string_view text) {
    return parse<'p'>(text);
}
std::optional<TrackId> parse_track_id(std::string_view text) { return parse<'t'>(text); }
std::optional<SubscriptionId> parse_subscription_id(std::string_view text) {
    return parse<'s'>(text);
}
std::optional<MemberId> parse_member_id(std::string_view text) { return parse<'m'>(text); }

RecordKey key_of(const Record& record) { return std::visit(KeyOf{}, record); }

}  // namespace strata::control
