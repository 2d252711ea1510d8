#include "control/store/record_codec.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "control/store/json_fields.h"
#include "control/store/member_codec.h"

namespace strata::control {
namespace {

using nlohmann::json;

struct KeyText {
    std::string operator()(const std::string& room) const { return "rooms/" + room; }
    std::string operator()(ParticipantId id) const {
        return "participants/" + std::to_string(id.value);
    }
    std::string operator()(TrackId id) const { return "tracks/" + std::to_string(id.value); }
    std::string operator()(SubscriptionId id) const {
        return "subscriptions/" + std::to_string(id.value);
    }
    std::string operator()(const ProfileName& name) const { return "profiles/" + name.text; }
    std::string operator()(MemberId id) const { return "members/" + std::to_string(id.value); }
};

template <typename T>
json to_json(const std::optional<Learned<T>>& learned, auto text) {
    if (!learned) return nullptr;
    return {{"value", text(learned->value)}, {"epoch", learned->dataplane_epoch}};
}

std::optional<Learned<std::uint32_t>> learned_ssrc(const json& object, const char* name) {
    if (!object.contains(name) || object.at(name).is_null()) return std::nullopt;
    const json& learned = object.at(name);
    return Learned<std::uint32_t>{learned.at("value"), learned.at("epoch")};
}

json to_json(const Room& room) {
    return {{"name", room.name},
            {"worker", room.worker},
            {"created_at_ms", room.created_at_ms},
            {"profile", room.profile}};
}

json to_json(const RoomProfile& profile) { return profile_json(profile); }
json to_json(const Member& member) { return member_json(member); }

// Without keys: they are never written.
json to_json(const WebRtcPeer& peer) {
    json credentials = json::array();
    for (const IceCredentials& c : peer.credentials)
        credentials.push_back(
            {{"ufrag", c.ufrag}, {"password", c.password}, {"remote_ufrag", c.remote_ufrag}});
    return {{"kind", peer.kind == WebRtcPeer::Kind::publisher ? "publisher" : "viewer"},
            {"session", peer.session},
            {"credentials", std::move(credentials)},
            {"keyed_epoch", peer.keyed_epoch},
            {"own_fingerprint", peer.own_fingerprint}};
}

json to_json(const Participant& p) {
    json object = {{"id", p.id.value},
                   {"room", p.room},
                   {"name", p.name},
                   {"mtu_bytes", p.mtu_bytes},
                   {"created_at_ms", p.created_at_ms}};
    if (p.remote) object["remote"] = endpoint_text(*p.remote);
    if (p.webrtc) object["webrtc"] = to_json(*p.webrtc);
    if (p.latched)
        object["latched"] =
            to_json(p.latched, [](const Endpoint& endpoint) { return endpoint_text(endpoint); });
    if (p.membership) {
        object["member"] = p.membership->member.value;
        object["publication"] = p.membership->publication;
    }
    if (p.latched_by_tcp) object["latched_by_tcp"] = true;
    if (p.worker) object["worker"] = *p.worker;
    return object;
}

json to_json(const Encoding& e) {
    const auto plain = [](std::uint32_t ssrc) { return ssrc; };
    return {{"rid", e.rid},
            {"ssrc", e.ssrc},
            {"rtx_ssrc", e.rtx_ssrc},
            {"learned_ssrc", to_json(e.learned_ssrc, plain)},
            {"learned_rtx_ssrc", to_json(e.learned_rtx_ssrc, plain)}};
}

json to_json(const Track& t) {
    json encodings = json::array();
    for (const Encoding& encoding : t.encodings) encodings.push_back(to_json(encoding));
    return {{"id", t.id.value},
            {"participant", t.participant.value},
            {"name", t.name},
            {"codec", t.codec},
            {"clock_rate_hz", t.clock_rate_hz},
            {"payload_type", t.payload_type},
            {"rtx_payload_type", t.rtx_payload_type},
            {"red_payload_type", t.red_payload_type},
            {"extensions", extensions_json(t.extensions)},
            {"encodings", std::move(encodings)},
            {"mid", t.mid},
            {"format_parameters", t.format_parameters},
            {"end_to_end_encrypted", t.end_to_end_encrypted},
            {"source", source_text(t.source)},
            {"muted", t.muted},
            {"height_px", t.height_px},
            {"scalability", t.scalability},
            {"created_at_ms", t.created_at_ms}};
}

json to_json(const Subscription& s) {
    return {{"id", s.id.value},
            {"participant", s.participant.value},
            {"track", s.track.value},
            {"encoding", s.target.encoding},
            {"spatial", s.target.spatial},
            {"temporal", s.target.temporal},
            {"paused", s.target.paused},
            {"ssrc", s.ssrc},
            {"payload_type", s.payload_type},
            {"rtx_ssrc", s.rtx_ssrc},
            {"rtx_payload_type", s.rtx_payload_type},
            {"red_payload_type", s.red_payload_type},
            {"extensions", extensions_json(s.extensions)},
            {"extmap_allow_mixed", s.extmap_allow_mixed},
            {"mid", s.mid},
            {"created_at_ms", s.created_at_ms}};
}

Room room_of(const json& o) {
    return {.name = o.at("name"),
            .worker = o.at("worker"),
            .created_at_ms = field<std::int64_t>(o, "created_at_ms", 0),
            .profile =
                known_profile(field<std::string>(o, "profile", std::string(kDefaultProfile))).name};
}

WebRtcPeer webrtc_of(const json& o) {
    WebRtcPeer peer;
    peer.kind =
        o.at("kind") == "publisher" ? WebRtcPeer::Kind::publisher : WebRtcPeer::Kind::viewer;
    peer.session = o.at("session");
    peer.keyed_epoch = field<std::uint64_t>(o, "keyed_epoch", 0);
    peer.own_fingerprint = field<std::string>(o, "own_fingerprint", "");
    for (const json& c : o.at("credentials"))
        peer.credentials.push_back({c.at("ufrag"), c.at("password"), c.at("remote_ufrag")});
    return peer;
}

Participant participant_of(const json& o) {
    Participant p{.id = {o.at("id")},
                  .room = o.at("room"),
                  .name = o.at("name"),
                  .mtu_bytes = field<std::uint32_t>(o, "mtu_bytes", 1500),
                  .created_at_ms = field<std::int64_t>(o, "created_at_ms", 0)};
    if (o.contains("remote")) p.remote = parse_endpoint(o.at("remote").get<std::string>());
    if (o.contains("webrtc")) p.webrtc = webrtc_of(o.at("webrtc"));
    if (o.contains("latched")) {
        const json& latched = o.at("latched");
        const auto endpoint = parse_endpoint(latched.at("value").get<std::string>());
        if (endpoint) p.latched = Learned<Endpoint>{*endpoint, latched.at("epoch")};
        p.latched_by_tcp = field<bool>(o, "latched_by_tcp", false);
    }
    if (o.contains("member"))
        p.membership = Membership{MemberId{o.at("member")}, o.at("publication")};
    if (o.contains("worker")) p.worker = o.at("worker").get<std::uint32_t>();
    return p;
}

Track track_of(const json& o) {
    Track t{.id = {o.at("id")},
            .participant = {o.at("participant")},
            .name = o.at("name"),
            .codec = o.at("codec"),
            .clock_rate_hz = o.at("clock_rate_hz"),
            .payload_type = o.at("payload_type"),
            .rtx_payload_type = field<std::uint8_t>(o, "rtx_payload_type", 0),
            .red_payload_type = field<std::uint8_t>(o, "red_payload_type", 0),
            .extensions = extensions_of(o),
            .encodings = {},
            .mid = field<std::string>(o, "mid", ""),
            .format_parameters = field<std::string>(o, "format_parameters", ""),
            .end_to_end_encrypted = field(o, "end_to_end_encrypted", false),
            .muted = field(o, "muted", false),
            .height_px = field<std::uint32_t>(o, "height_px", 0),
            .scalability = field<std::string>(o, "scalability", ""),
            .created_at_ms = field<std::int64_t>(o, "created_at_ms", 0)};
    t.source = parse_source(field<std::string>(o, "source", ""))
                   .value_or(t.codec == "opus" ? MediaSource::microphone : MediaSource::camera);
    for (const json& e : o.at("encodings"))
        t.encodings.push_back({.rid = field<std::string>(e, "rid", ""),
                               .ssrc = field<std::uint32_t>(e, "ssrc", 0),
                               .rtx_ssrc = field<std::uint32_t>(e, "rtx_ssrc", 0),
                               .learned_ssrc = learned_ssrc(e, "learned_ssrc"),
                               .learned_rtx_ssrc = learned_ssrc(e, "learned_rtx_ssrc")});
    return t;
}

Subscription subscription_of(const json& o) {
    return {.id = {o.at("id")},
            .participant = {o.at("participant")},
            .track = {o.at("track")},
            .target = {.encoding = o.at("encoding"),
                       .spatial = o.at("spatial"),
                       .temporal = o.at("temporal"),
                       .paused = field(o, "paused", false)},
            .ssrc = o.at("ssrc"),
            .payload_type = o.at("payload_type"),
            .rtx_ssrc = field<std::uint32_t>(o, "rtx_ssrc", 0),
            .rtx_payload_type = field<std::uint8_t>(o, "rtx_payload_type", 0),
            .red_payload_type = field<std::uint8_t>(o, "red_payload_type", 0),
            .extensions = extensions_of(o),
            .extmap_allow_mixed = field(o, "extmap_allow_mixed", true),
            .mid = field<std::string>(o, "mid", ""),
            .created_at_ms = field<std::int64_t>(o, "created_at_ms", 0)};
}

template <typename Decode>
Result<void> load(Store& store, std::string_view prefix, Decode decode, Change& change) {
    const auto entries = store.list(prefix);
    if (!entries) return std::unexpected(entries.error());
    for (const StoredEntry& entry : *entries) {
        try {
            change.puts.emplace_back(decode(json::parse(entry.value)));
        } catch (const std::exception& e) {
            return refuse(ErrorCode::store_unavailable, entry.key,
                          std::string("the stored value can't be read: ") + e.what());
        }
    }
    return {};
}

// Nothing may refer to what isn't there; `change` is in the order of load_all.
Result<void> check_references(const Change& change) {
    std::set<RecordKey> known;
    const auto check = [&](const RecordKey& key, const RecordKey& needed) -> Result<void> {
        if (known.contains(needed)) return {};
        return refuse(ErrorCode::store_unavailable, store_key(key),
                      "refers to " + store_key(needed) + ", which isn't stored");
    };
    for (const Record& record : change.puts) {
        const RecordKey key = key_of(record);
        Result<void> ok;
        if (const auto* m = std::get_if<Member>(&record)) ok = check(key, m->room);
        if (const auto* p = std::get_if<Participant>(&record)) {
            ok = check(key, p->room);
            if (ok && p->membership) ok = check(key, p->membership->member);
        }
        if (const auto* t = std::get_if<Track>(&record)) ok = check(key, t->participant);
        if (const auto* s = std::get_if<Subscription>(&record)) {
            ok = check(key, s->participant);
            if (ok) ok = check(key, s->track);
        }
        if (!ok) return ok;
        known.insert(key);
    }
    return {};
}

}  // namespace

std::string store_key(const RecordKey& key) { return std::visit(KeyText{}, key); }

StoreTransaction to_transaction(const Change& change) {
    StoreTransaction transaction;
    for (const RecordKey& key : change.removes)
        transaction.writes.push_back({store_key(key), std::nullopt});
    for (const Record& record : change.puts) {
        std::string value = std::visit([](const auto& r) { return to_json(r).dump(); }, record);
        transaction.writes.push_back({store_key(key_of(record)), std::move(value)});
    }
    transaction.writes.push_back({std::string(kNextIdKey), std::to_string(change.next_id)});
    return transaction;
}

Result<Change> load_all(Store& store) {
    Change change{.next_id = 1};
    if (auto ok = load(store, "profiles/", profile_of, change); !ok)
        return std::unexpected(ok.error());
    if (auto ok = load(store, "rooms/", room_of, change); !ok) return std::unexpected(ok.error());
    if (auto ok = load(store, "members/", member_of, change); !ok)
        return std::unexpected(ok.error());
    if (auto ok = load(store, "participants/", participant_of, change); !ok)
        return std::unexpected(ok.error());
    if (auto ok = load(store, "tracks/", track_of, change); !ok) return std::unexpected(ok.error());
    if (auto ok = load(store, "subscriptions/", subscription_of, change); !ok)
        return std::unexpected(ok.error());
    const auto next = store.get(kNextIdKey);
    if (!next) return std::unexpected(next.error());
    if (*next) {
        const std::string& text = (*next)->value;
        std::from_chars(text.data(), text.data() + text.size(), change.next_id);
    }
    if (auto ok = check_references(change); !ok) return std::unexpected(ok.error());
    return change;
}

}  // namespace strata::control
