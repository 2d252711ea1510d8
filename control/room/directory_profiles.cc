#include "control/room/directory.h"
#include "dataplane/api/config/nearest.h"

// Room profiles: found by name, edited, reset.
namespace strata::control {
namespace {

// What may have been meant by a name that no profile has.
std::string hint_for(std::string_view name,
                     const std::map<std::string, RoomProfile, std::less<>>& profiles) {
    std::vector<std::string_view> names;
    for (const auto& [known, profile] : profiles) names.push_back(known);
    const std::string_view meant = api::nearest(name, names);
    if (!meant.empty()) return "did you mean '" + std::string(meant) + "'?";
    std::string hint = "there are:";
    for (const std::string_view known : names) hint.append(" ").append(known);
    return hint;
}

}  // namespace

Result<const RoomProfile*> Directory::profile(std::string_view name) const {
    const auto found = profiles_.find(name);
    if (found != profiles_.end()) return &found->second;
    const std::string shown(name.substr(0, 128));
    return refuse(ErrorCode::not_found, shown, "there is no profile '" + shown + "'",
                  hint_for(shown, profiles_));
}

Result<Change> Directory::plan_profile(std::string_view name, const ProfileSpec& spec) {
    const auto found = profile(name);
    if (!found) return std::unexpected(found.error());
    RoomProfile edited = **found;
    edited.publish = spec.publish.value_or(edited.publish);
    edited.video_slots = spec.video_slots.value_or(edited.video_slots);
    edited.audio_slots = spec.audio_slots.value_or(edited.audio_slots);
    edited.pinned = spec.pinned.value_or(edited.pinned);
    edited.layers = spec.layers.value_or(edited.layers);
    return Change{.puts = {std::move(edited)}, .next_id = next_id_};
}

Result<Change> Directory::plan_reset_profile(std::string_view name) {
    const auto found = profile(name);
    if (!found) return std::unexpected(found.error());
    return Change{.removes = {ProfileName{(*found)->name}}, .next_id = next_id_};
}

void Directory::put(const RoomProfile& profile) {
    profiles_.insert_or_assign(profile.name, profile);
}

void Directory::remove(const ProfileName& name) {
    if (const RoomProfile* builtin = builtin_profile(name.text)) put(*builtin);
}

}  // namespace strata::control
