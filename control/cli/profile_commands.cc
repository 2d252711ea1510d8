#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/names.h"
#include "control/cli/number.h"
#include "control/cli/session.h"

namespace strata::control::cli {
namespace {

void show_profiles(Session& session, const Json& profiles) {
    Table table({{"NAME"},
                 {"PUBLISH"},
                 {"VIDEO SLOTS", true},
                 {"AUDIO SLOTS", true},
                 {"PINNED"},
                 {"LAYERS"},
                 {"EDITED"}});
    for (const Json& profile : profiles) {
        const bool edited = field_text(profile, "edited") == "true";
        table.add({field_text(profile, "name"), field_text(profile, "publish"),
                   field_text(profile, "video_slots"), field_text(profile, "audio_slots"),
                   field_text(profile, "pinned"), field_text(profile, "layers"),
                   edited ? "yes" : "no"});
    }
    session.print(table);
}

void print_profile(Session& session, const Json& profile) {
    if (session.as_json()) return session.print(profile);
    show_profiles(session, Json::array({profile}));
}

std::string target_of(const Values& values) {
    return object_target("profiles", values.get("PROFILE"));
}

Result<void> list_profiles(Session& session, const Values&) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto profiles = (*api)->list("/v1/profiles");
    if (!profiles) return std::unexpected(profiles.error());
    if (session.as_json()) {
        session.print(*profiles);
    } else {
        show_profiles(session, *profiles);
    }
    return {};
}

Result<void> show_profile(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto profile = (*api)->get(target_of(values));
    if (!profile) return std::unexpected(profile.error());
    session.print_object(*profile);
    return {};
}

// The settings that were given; an error where there is none or a number isn't one.
Result<Json> settings_of(const Values& values) {
    constexpr std::pair<const char*, const char*> kTexts[] = {
        {"--publish", "publish"}, {"--pinned", "pinned"}, {"--layers", "layers"}};
    constexpr std::pair<const char*, const char*> kNumbers[] = {{"--video-slots", "video_slots"},
                                                                {"--audio-slots", "audio_slots"}};
    Json body = Json::object();
    for (const auto& [option, field] : kTexts)
        if (values.has(option)) body[field] = values.get(option);
    for (const auto& [option, field] : kNumbers) {
        if (!values.has(option)) continue;
        const auto number = parse_u32(values.get(option), option);
        if (!number) return std::unexpected(number.error());
        body[field] = *number;
    }
    if (body.empty())
        return usage_error("nothing to set", "`strata profile set --help` shows the settings");
    return body;
}

Result<void> set_profile(Session& session, const Values& values) {
    const auto body = settings_of(values);
    if (!body) return std::unexpected(body.error());
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    const auto profile = (*api)->patch(target_of(values), *body);
    if (!profile) return std::unexpected(profile.error());
    print_profile(session, *profile);
    return {};
}

Result<void> reset(Session& session, const Values& values) {
    const auto api = session.api();
    if (!api) return std::unexpected(api.error());
    if (auto done = (*api)->remove(target_of(values)); !done) return done;
    const auto profile = (*api)->get(target_of(values));
    if (!profile) return std::unexpected(profile.error());
    print_profile(session, *profile);
    return {};
}

}  // namespace

std::vector<Command> profile_commands() {
    const Argument profile = {"PROFILE", "meeting, classroom or interview", Names::kProfile};
    return {
        {"profile",
         "list",
         "List room profiles: who publishes, and what members see unless they wish otherwise",
         {},
         {},
         {"profile list", "profile list -o json"},
         list_profiles},
        {"profile",
         "show",
         "Show a room profile",
         {profile},
         {},
         {"profile show classroom", "profile show classroom -o json"},
         show_profile},
        {"profile",
         "set",
         "Change settings of a room profile, for whoever joins its rooms from now on",
         {profile},
         {{"--publish", "WHO",
           "who may publish, of those with the publish right: all, admins, or admins-video (video "
           "admins, audio everybody)"},
          {"--video-slots", "N", "how many tracks of video a member gets (0 to 49)"},
          {"--audio-slots", "N", "how many tracks of audio (0 to 16)"},
          {"--pinned", "WHO", "whose video goes to slots first: nobody, admins or all"},
          {"--layers", "LAYERS",
           "highest layers of a slot: size (what the picture's size needs), max, S1T2, S1, T1"}},
         {"profile set classroom --video-slots 6 --publish admins",
          "profile set meeting --layers S1 --pinned admins"},
         set_profile},
        {"profile",
         "reset",
         "Take back what was changed in a room profile",
         {profile},
         {},
         {"profile reset classroom"},
         reset},
    };
}

}  // namespace strata::control::cli
