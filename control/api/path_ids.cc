#include "control/api/path_ids.h"

#include <string_view>

#include "control/api/whole_number.h"

namespace strata::control {
namespace {

template <typename T>
Result<T> known(std::optional<T> id, const std::string& text, std::string_view kind,
                std::string_view example) {
    if (id) return *id;
    const std::string shown = text.substr(0, 128);
    return refuse(ErrorCode::not_found, shown,
                  "there is no " + std::string(kind) + " '" + shown + "'",
                  std::string(kind) + "s are named like " + std::string(example));
}

}  // namespace

Result<ParticipantId> path_participant(const std::string& text) {
    return known(parse_participant_id(text), text, "participant", "p12");
}

Result<TrackId> path_track(const std::string& text) {
    return known(parse_track_id(text), text, "track", "t7");
}

Result<SubscriptionId> path_subscription(const std::string& text) {
    return known(parse_subscription_id(text), text, "subscription", "s31");
}

Result<std::uint32_t> path_worker(const std::string& text, std::uint32_t workers) {
    const auto id = whole_number<std::uint32_t>(text);
    return known(id && *id < workers ? id : std::nullopt, text, "worker", "0");
}

}  // namespace strata::control
