#include "control/meeting/reply.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "control/room/track_layers.h"

namespace strata::control::meeting {
namespace {

using nlohmann::ordered_json;

// Names and texts of peers may hold bytes that aren't UTF-8.
std::string dumped(const ordered_json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string answer(RequestId id, const char* type, ordered_json fields = ordered_json::object()) {
    ordered_json message = {{"type", type}};
    if (id) message["id"] = *id;
    message.update(fields);
    return dumped(message);
}

ordered_json track_json(const Track& track, std::string_view publication) {
    return {{"id", id_text(track.id)},
            {"kind", kind_text(kind_of(track.source))},
            {"source", source_text(track.source)},
            {"publication", publication},
            {"codec", track.codec},
            {"muted", track.muted},
            {"layers", layer_texts(track)}};
}

struct Entry {
    std::string id, name;
    ordered_json tracks = ordered_json::array();
};

ordered_json rights_json(const MemberRights& rights) {
    ordered_json texts = ordered_json::array();
    if (rights.publish || rights.admin) texts.push_back("publish");
    if (rights.subscribe || rights.admin) texts.push_back("subscribe");
    if (rights.admin) texts.push_back("admin");
    return texts;
}

// `object` with the page's members at its end.
std::string with_page(std::string object, const MemberPage& page) {
    object.back() = ',';
    if (page.more) object += "\"more\":true,";
    object += "\"members\":[";
    for (const Listed& one : page.members) {
        if (&one != &page.members.front()) object += ',';
        object += one.json;
    }
    return object + "]}";
}

ordered_json receive_json(const Member& member) {
    std::size_t video = 0;
    for (const Slot& slot : member.slots) video += slot.kind == MediaKind::video ? 1 : 0;
    return {{"video", video}, {"audio", member.slots.size() - video}};
}

}  // namespace

std::string error_text(RequestId id, const Error& error) {
    ordered_json fields = {{"code", error_code_text(error.code)}};
    fields["detail"] = error.object.empty() ? error.detail : error.object + ": " + error.detail;
    if (!error.hint.empty()) fields["hint"] = error.hint;
    return answer(id, "error", std::move(fields));
}

std::string ok_text(RequestId id, std::string_view sdp) {
    return sdp.empty() ? answer(id, "ok") : answer(id, "ok", {{"sdp", sdp}});
}

std::string published_text(RequestId id, std::string_view publication,
                           const Legs::Published& published) {
    ordered_json tracks = ordered_json::array();
    for (const auto& [mid, track] : published.tracks)
        tracks.push_back({{"mid", mid}, {"id", id_text(track)}});
    return answer(id, "published",
                  {{"publication", publication}, {"sdp", published.sdp}, {"tracks", tracks}});
}

std::string offer_text(const Legs::Offer& offer) {
    return dumped({{"type", "offer"}, {"sdp", offer.sdp}, {"generation", offer.generation}});
}

std::string muted_text(TrackId track, bool muted, MemberId by) {
    return dumped(
        {{"type", "muted"}, {"track", id_text(track)}, {"muted", muted}, {"by", id_text(by)}});
}

std::string publication_ended_text(std::string_view publication, std::string_view reason) {
    return dumped(
        {{"type", "publication-ended"}, {"publication", publication}, {"reason", reason}});
}

std::string receive_ended_text(std::string_view reason) {
    return dumped({{"type", "receive-ended"}, {"reason", reason}});
}

std::string closing_text(std::string_view code, std::string_view detail) {
    return dumped({{"type", "closing"}, {"code", code}, {"detail", detail}});
}

std::vector<Listed> listing_of(const Directory& directory, std::string_view room) {
    std::map<std::uint64_t, Entry> entries;  // by the order of coming
    for (const MemberId id : directory.members_in(room))
        entries[id.value] = {id_text(id), directory.members().at(id).name};
    for (const ParticipantId id : directory.participants_in(room)) {
        const Participant& one = directory.participants().at(id);
        const auto& published = directory.published(id);
        if (published.empty()) continue;
        if (!one.membership) entries[id.value] = {id_text(id), one.name};
        ordered_json& tracks =
            entries[one.membership ? one.membership->member.value : id.value].tracks;
        for (const TrackId track : published)
            tracks.push_back(track_json(directory.tracks().at(track),
                                        one.membership ? one.membership->publication : "camera"));
    }
    std::vector<Listed> listing;
    for (auto& [number, entry] : entries) {
        const ordered_json member = {
            {"id", entry.id}, {"name", entry.name}, {"tracks", std::move(entry.tracks)}};
        listing.push_back({number, entry.id, dumped(member)});
    }
    return listing;
}

std::string member_text(std::string_view type, const Listed& member) {
    return "{\"type\":\"" + std::string(type) + "\",\"member\":" + member.json + "}";
}

std::string member_left_text(std::string_view id, std::string_view reason) {
    return dumped({{"type", "member-left"}, {"member", id}, {"reason", reason}});
}

MemberPage page_after(std::span<const Listed> all, std::uint64_t number, std::size_t most_bytes) {
    const auto first = std::ranges::upper_bound(all, number, {}, &Listed::number);
    const auto rest = all.subspan(static_cast<std::size_t>(first - all.begin()));
    std::size_t count = 0;
    for (std::size_t bytes = 0; count < rest.size(); ++count) {
        bytes += rest[count].json.size() + 1;
        if (bytes > most_bytes && count != 0) break;
    }
    return {rest.first(count), count < rest.size()};
}

std::string members_text(RequestId id, const MemberPage& page) {
    return with_page(answer(id, "members"), page);
}

std::string joined_text(RequestId id, const Joined& joined) {
    const Member& m = joined.member;
    ordered_json servers = ordered_json::array();
    for (const std::string& uri : joined.ice_servers)
        servers.push_back({{"urls", ordered_json::array({uri})}});
    std::string text = answer(
        id, "joined",
        {{"resume", m.resume},
         {"room", {{"name", m.room}, {"profile", m.profile.name}}},
         {"rights", rights_json(m.rights)},
         {"may_publish",
          {{"audio", m.may_publish(MediaKind::audio)}, {"video", m.may_publish(MediaKind::video)}}},
         {"ice_servers", servers},
         {"receive", receive_json(m)}});
    text.back() = ',';
    text += "\"member\":" + joined.listed.json + "}";
    return with_page(std::move(text), joined.members);
}

std::vector<std::string> slot_texts(const Directory& directory, const Member& member,
                                    const std::map<SubscriptionId, Given>& given) {
    std::map<std::string, const Subscription*> feeds;
    if (const Participant* leg = directory.receiving_leg(member.id))
        for (const SubscriptionId id : directory.received(leg->id))
            feeds[directory.subscriptions().at(id).mid] = &directory.subscriptions().at(id);
    std::vector<std::string> texts;
    for (const Slot& slot : member.slots) {
        ordered_json object = {{"mid", slot.mid}, {"kind", kind_text(slot.kind)}};
        if (const auto found = feeds.find(slot.mid); found != feeds.end()) {
            const Track& track = directory.tracks().at(found->second->track);
            const Participant& owner = directory.participants().at(track.participant);
            object["member"] =
                owner.membership ? id_text(owner.membership->member) : id_text(owner.id);
            object["track"] = id_text(track.id);
            object["source"] = source_text(track.source);
            object["codec"] = track.codec;
            if (slot.kind == MediaKind::video)
                object["layers"] = available_layers_text(track, found->second->target);
            const auto now = given.find(found->second->id);
            if (now != given.end() && now->second.track == track.id)
                object["layers_current"] = given_layers_text(track, now->second.layers);
        }
        texts.push_back(dumped(object));
    }
    return texts;
}

std::string unshown_text(std::span<const Unshown> unshown) {
    ordered_json tracks = ordered_json::array();
    for (const Unshown& one : unshown)
        tracks.push_back({{"track", id_text(one.track)},
                          {"reason", one.reason == Unshown::Reason::codec ? "codec" : "av1-form"}});
    return dumped({{"type", "unshown"}, {"tracks", tracks}});
}

std::string slots_text(const std::vector<std::string>& slots) {
    std::string text = "{\"type\":\"slots\",\"slots\":[";
    for (const std::string& slot : slots) text += slot + ",";
    if (!slots.empty()) text.pop_back();
    return text + "]}";
}

}  // namespace strata::control::meeting
