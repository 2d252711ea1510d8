#include "control/store/member_codec.h"

#include <stdexcept>

#include "control/store/json_fields.h"

namespace strata::control {
namespace {

using nlohmann::json;

Av1Form av1_form_of(const std::string& text) {
    if (text == "bare") return Av1Form::bare;
    if (text == "described") return Av1Form::described;
    if (!text.empty()) throw std::out_of_range("av1 has an unknown value");
    return Av1Form::none;
}

json to_json(const Slot& slot) {
    json object = {{"mid", slot.mid},
                   {"kind", kind_text(slot.kind)},
                   {"ssrc", slot.ssrc},
                   {"rtx_ssrc", slot.rtx_ssrc},
                   {"usable", slot.usable}};
    if (!slot.wish.layers.empty()) object["layers"] = slot.wish.layers;
    if (slot.wish.height_px != 0) object["height_px"] = slot.wish.height_px;
    if (slot.wish.paused) object["paused"] = true;
    if (slot.av1 != Av1Form::none) object["av1"] = slot.av1 == Av1Form::bare ? "bare" : "described";
    return object;
}

Slot slot_of(const json& o) {
    return {
        .mid = o.at("mid"),
        .kind = o.at("kind") == kind_text(MediaKind::audio) ? MediaKind::audio : MediaKind::video,
        .ssrc = o.at("ssrc"),
        .rtx_ssrc = field<std::uint32_t>(o, "rtx_ssrc", 0),
        .usable = field(o, "usable", true),
        .av1 = av1_form_of(field<std::string>(o, "av1", "")),
        .wish = {.layers = field<std::string>(o, "layers", ""),
                 .height_px = field<std::uint32_t>(o, "height_px", 0),
                 .paused = field(o, "paused", false)}};
}

json to_json(const SlotTerms& terms) {
    json formats = json::array();
    for (const SlotFormat& f : terms.formats)
        formats.push_back({{"codec", f.codec},
                           {"parameters", f.parameters},
                           {"payload_type", f.payload_type},
                           {"rtx_payload_type", f.rtx_payload_type},
                           {"red_payload_type", f.red_payload_type}});
    return {{"formats", std::move(formats)}, {"extensions", extensions_json(terms.extensions)}};
}

SlotTerms terms_of(const json& member, const char* name) {
    SlotTerms terms;
    if (!member.contains(name)) return terms;
    const json& o = member.at(name);
    for (const json& f : o.at("formats"))
        terms.formats.push_back(
            {.codec = f.at("codec"),
             .parameters = field<std::string>(f, "parameters", ""),
             .payload_type = f.at("payload_type"),
             .rtx_payload_type = field<std::uint8_t>(f, "rtx_payload_type", 0),
             .red_payload_type = field<std::uint8_t>(f, "red_payload_type", 0)});
    terms.extensions = extensions_of(o);
    return terms;
}

}  // namespace

const RoomProfile& known_profile(const std::string& name) {
    const RoomProfile* builtin = builtin_profile(name);
    if (builtin == nullptr) throw std::out_of_range("there is no profile '" + name + "'");
    return *builtin;
}

json profile_json(const RoomProfile& p) {
    return {{"name", p.name},
            {"publish", publish_text(p.publish)},
            {"video_slots", p.video_slots},
            {"audio_slots", p.audio_slots},
            {"pinned", pinned_text(p.pinned)},
            {"layers", slot_layers_text(p.layers)}};
}

RoomProfile profile_of(const json& o) {
    RoomProfile p = known_profile(o.at("name"));
    p.video_slots = field(o, "video_slots", p.video_slots);
    p.audio_slots = field(o, "audio_slots", p.audio_slots);
    if (p.video_slots > kMaxVideoSlots || p.audio_slots > kMaxAudioSlots)
        throw std::out_of_range("too many slots");
    const auto read = [&](const char* name, auto parse, auto& setting) {
        if (!o.contains(name)) return;
        const auto value = parse(o.at(name).get<std::string>());
        if (!value) throw std::out_of_range(std::string(name) + " has an unknown value");
        setting = *value;
    };
    read("publish", parse_publish, p.publish);
    read("pinned", parse_pinned, p.pinned);
    read("layers", parse_slot_layers, p.layers);
    return p;
}

json member_json(const Member& m) {
    json slots = json::array();
    for (const Slot& slot : m.slots) slots.push_back(to_json(slot));
    return {{"id", m.id.value},
            {"room", m.room},
            {"name", m.name},
            {"resume", m.resume},
            {"publish", m.rights.publish},
            {"subscribe", m.rights.subscribe},
            {"admin", m.rights.admin},
            {"profile", profile_json(m.profile)},
            {"codecs", m.codecs},
            {"pins", m.pins},
            {"generation", m.generation},
            {"offers", m.offers},
            {"answered", m.answered},
            {"audio", to_json(m.audio)},
            {"video", to_json(m.video)},
            {"extmap_allow_mixed", m.extmap_allow_mixed},
            {"slots", std::move(slots)},
            {"created_at_ms", m.created_at_ms}};
}

Member member_of(const json& o) {
    Member m{.id = {o.at("id")},
             .room = o.at("room"),
             .name = o.at("name"),
             .resume = o.at("resume"),
             .rights = {.publish = field(o, "publish", false),
                        .subscribe = field(o, "subscribe", false),
                        .admin = field(o, "admin", false)},
             .profile = profile_of(o.at("profile")),
             .codecs = field(o, "codecs", std::vector<std::string>()),
             .pins = field(o, "pins", std::vector<std::string>()),
             .generation = field<std::uint32_t>(o, "generation", 0),
             .offers = field<std::uint32_t>(o, "offers", 0),
             .answered = field(o, "answered", false),
             .audio = terms_of(o, "audio"),
             .video = terms_of(o, "video"),
             .extmap_allow_mixed = field(o, "extmap_allow_mixed", false),
             .slots = {},
             .created_at_ms = field<std::int64_t>(o, "created_at_ms", 0)};
    for (const json& slot : o.at("slots")) m.slots.push_back(slot_of(slot));
    return m;
}

}  // namespace strata::control
