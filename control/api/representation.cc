#include "control/api/representation.h"

#include <nlohmann/json.hpp>

#include "control/api/timestamp.h"
#include "control/room/layers_text.h"

namespace strata::control {
namespace {

using api::ObjectValue;
using api::StatisticsKind;
using nlohmann::ordered_json;

ordered_json text_or_null(const std::string& text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}
ordered_json number_or_null(std::uint32_t number) {
    return number == 0 ? ordered_json(nullptr) : ordered_json(number);
}

ordered_json extensions_json(const Extensions& extensions) {
    ordered_json object = ordered_json::object();
    for (const auto& [id, uri] : extensions) object[std::to_string(id)] = uri;
    return object;
}

// Values that are shown as fields of their own, or aren't counters.
bool shown_elsewhere(ObjectValue value) {
    return value == ObjectValue::ssrc || value == ObjectValue::rtx_ssrc ||
           value == ObjectValue::target || value == ObjectValue::current ||
           value == ObjectValue::forwarding || value == ObjectValue::latched ||
           value == ObjectValue::no_route;
}

ordered_json counters_json(const api::ObjectSnapshot* snapshot) {
    if (snapshot == nullptr) return nullptr;
    ordered_json counters = ordered_json::object();
    for (std::size_t i = 0; i < static_cast<std::size_t>(ObjectValue::kCount); ++i) {
        const auto value = static_cast<ObjectValue>(i);
        if (!shown_elsewhere(value)) counters[api::name(value)] = (*snapshot)[value];
    }
    return counters;
}

}  // namespace

void Representation::add_state(ordered_json& object, const RecordKey& key) const {
    switch (node_.state(key)) {
        case ObjectState::pending: object["state"] = "pending"; break;
        case ObjectState::applied: object["state"] = "applied"; break;
        case ObjectState::refused: object["state"] = "refused"; break;
    }
    const Refusal* refusal = node_.refusal(key);
    object["refusal"] = refusal == nullptr
                            ? ordered_json(nullptr)
                            : ordered_json{{"code", refusal->code}, {"message", refusal->message}};
}

ordered_json Representation::of(const Room& room) const {
    const Directory& directory = node_.directory();
    std::size_t tracks = 0, subscriptions = 0;
    for (const ParticipantId id : directory.participants_in(room.name)) {
        tracks += directory.published(id).size();
        subscriptions += directory.received(id).size();
    }
    ordered_json spread = ordered_json::array();
    for (const auto& [worker, participants] : directory.spread_of(room.name))
        spread.push_back({{"worker", worker}, {"participants", participants}});
    return {{"name", room.name},
            {"profile", room.profile},
            {"worker", room.worker},
            {"spread", std::move(spread)},
            {"members", directory.members_in(room.name).size()},
            {"participants", directory.participants_in(room.name).size()},
            {"tracks", tracks},
            {"subscriptions", subscriptions},
            {"created_at", timestamp_text(room.created_at_ms)}};
}

ordered_json Representation::of(const RoomProfile& p) const {
    const RoomProfile* builtin = builtin_profile(p.name);
    return {{"name", p.name},
            {"publish", publish_text(p.publish)},
            {"video_slots", p.video_slots},
            {"audio_slots", p.audio_slots},
            {"pinned", pinned_text(p.pinned)},
            {"layers", slot_layers_text(p.layers)},
            {"edited", builtin == nullptr || p != *builtin}};
}

ordered_json Representation::relay_addresses(std::uint32_t worker) const {
    ordered_json addresses = ordered_json::array();
    for (const WorkerAddress& w : node_.session().workers()) {
        if (w.worker != worker) continue;
        for (const std::string& own : w.own) addresses.push_back(endpoint_text(own, w.udp_port));
    }
    return addresses;
}

// Of the IP version that the peer has, where that is known.
ordered_json Representation::relay_of(const ordered_json& addresses, const Endpoint* remote) {
    const auto is_v6 = [](const ordered_json& address) {
        return address.get_ref<const std::string&>().starts_with('[');
    };
    for (const ordered_json& address : addresses)
        if (remote == nullptr || is_v6(address) == (remote->address_bytes == 16)) return address;
    return addresses.empty() ? ordered_json(nullptr) : addresses[0];
}

ordered_json Representation::of(const Participant& p) const {
    const Directory& directory = node_.directory();
    const std::uint32_t worker = directory.worker_of(p.id);
    const Endpoint* peer = p.remote ? &*p.remote : p.latched ? &p.latched->value : nullptr;
    const ordered_json remote = peer ? ordered_json(endpoint_text(*peer)) : ordered_json(nullptr);
    ordered_json relay = relay_addresses(worker);
    const auto* transport = statistics_.object(StatisticsKind::transport, p.id.value);
    const bool no_route = transport && (*transport)[ObjectValue::no_route] != 0;
    ordered_json member = nullptr;
    if (p.membership)
        member = {{"id", id_text(p.membership->member)},
                  {"name", directory.members().at(p.membership->member).name},
                  {"publication", text_or_null(p.membership->publication)}};
    ordered_json object = {{"id", id_text(p.id)},
                           {"room", p.room},
                           {"name", p.name},
                           {"member", std::move(member)},
                           {"worker", worker},
                           {"remote", remote},
                           {"remote_source", p.remote    ? "fixed"
                                             : p.latched ? "latched"
                                                         : "latching"},
                           {"remote_protocol", p.latched_by_tcp ? "tcp" : "udp"},
                           {"no_route", no_route},
                           {"relay", relay_of(relay, peer)},
                           {"relay_addresses", std::move(relay)},
                           {"mtu_bytes", p.mtu_bytes},
                           {"tracks", directory.published(p.id).size()},
                           {"subscriptions", directory.received(p.id).size()}};
    add_state(object, p.id);
    object["created_at"] = timestamp_text(p.created_at_ms);
    return object;
}

ordered_json Representation::encodings_of(const Track& track) const {
    ordered_json encodings = ordered_json::array();
    for (std::size_t i = 0; i < track.encodings.size(); ++i) {
        const Encoding& e = track.encodings[i];
        const auto known = [](std::uint32_t fixed, const auto& learned) {
            return number_or_null(fixed != 0 ? fixed : learned ? learned->value : 0);
        };
        encodings.push_back({{"rid", text_or_null(e.rid)},
                             {"ssrc", known(e.ssrc, e.learned_ssrc)},
                             {"rtx_ssrc", known(e.rtx_ssrc, e.learned_rtx_ssrc)},
                             {"learned", e.ssrc == 0 && e.learned_ssrc.has_value()},
                             {"counters", counters_json(statistics_.object(StatisticsKind::encoding,
                                                                           track.id.value, i))}});
    }
    return encodings;
}

// What workers other than the publisher's have of the track.
ordered_json Representation::branches_of(const Track& track) const {
    using api::ObjectValue;
    ordered_json branches = ordered_json::array();
    for (std::uint32_t worker = 0; worker < node_.config().dataplane.workers; ++worker) {
        const auto* branch = statistics_.object(StatisticsKind::branch, track.id.value, worker);
        if (branch == nullptr) continue;
        branches.push_back({{"worker", worker},
                            {"receivers", (*branch)[ObjectValue::receivers]},
                            {"packets", (*branch)[ObjectValue::packets]},
                            {"bytes", (*branch)[ObjectValue::bytes]},
                            {"key_frame_requests", (*branch)[ObjectValue::key_frame_requests]}});
    }
    return branches;
}

ordered_json Representation::of(const Track& t) const {
    const Directory& directory = node_.directory();
    ordered_json object = {{"id", id_text(t.id)},
                           {"room", directory.participants().at(t.participant).room},
                           {"participant", id_text(t.participant)},
                           {"name", t.name},
                           {"codec", t.codec},
                           {"clock_rate_hz", t.clock_rate_hz},
                           {"payload_type", t.payload_type},
                           {"rtx_payload_type", number_or_null(t.rtx_payload_type)},
                           {"red_payload_type", number_or_null(t.red_payload_type)},
                           {"extensions", extensions_json(t.extensions)},
                           {"mid", text_or_null(t.mid)},
                           {"end_to_end_encrypted", t.end_to_end_encrypted},
                           {"encodings", encodings_of(t)},
                           {"branches", branches_of(t)},
                           {"subscriptions", directory.receivers(t.id).size()}};
    add_state(object, t.id);
    object["counters"] = counters_json(statistics_.object(StatisticsKind::track, t.id.value));
    object["created_at"] = timestamp_text(t.created_at_ms);
    return object;
}

ordered_json Representation::of(const Subscription& s) const {
    const Directory& directory = node_.directory();
    const Track& track = directory.tracks().at(s.track);
    ordered_json object = {{"id", id_text(s.id)},
                           {"room", directory.participants().at(s.participant).room},
                           {"participant", id_text(s.participant)},
                           {"track", id_text(s.track)},
                           {"layers", layers_text(s.target, track.encodings)},
                           {"ssrc", s.ssrc},
                           {"payload_type", s.payload_type},
                           {"rtx_ssrc", number_or_null(s.rtx_ssrc)},
                           {"rtx_payload_type", number_or_null(s.rtx_payload_type)},
                           {"red_payload_type", number_or_null(s.red_payload_type)},
                           {"extensions", extensions_json(s.extensions)},
                           {"extmap_allow_mixed", s.extmap_allow_mixed}};
    add_state(object, s.id);
    const auto* live = statistics_.object(StatisticsKind::subscription, s.id.value);
    object["forwarding"] = live == nullptr ? ordered_json(nullptr)
                                           : ordered_json((*live)[ObjectValue::forwarding] != 0);
    object["layers_current"] = nullptr;
    if (live != nullptr && (*live)[ObjectValue::forwarding] != 0) {
        const auto now = api::unpack_layers((*live)[ObjectValue::current]);
        object["layers_current"] = exact_layers_text(
            {now.encoding, now.spatial, now.temporal, now.paused}, track.encodings);
    }
    object["counters"] = counters_json(live);
    object["created_at"] = timestamp_text(s.created_at_ms);
    return object;
}

}  // namespace strata::control
