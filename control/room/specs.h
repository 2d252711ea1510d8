#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/room/av1_form.h"
#include "control/room/records.h"

// What a client asks to be created: fields as given, types and ranges checked by the reader of the
// request, the rules between them by Directory.
namespace strata::control {

struct RoomSpec {
    std::string name;
    std::optional<std::uint32_t> worker;
    std::string profile{kDefaultProfile};
};

// Nullopt: as it is.
struct ProfileSpec {
    std::optional<RoomProfile::Publish> publish;
    std::optional<std::uint32_t> video_slots;
    std::optional<std::uint32_t> audio_slots;
    std::optional<RoomProfile::Pinned> pinned;
    std::optional<SlotLayers> layers;
};

struct ParticipantSpec {
    std::string name;  // empty: the id
    std::optional<std::uint32_t> worker;
    std::optional<Endpoint> remote;
    std::uint32_t mtu_bytes = 1500;
    std::optional<WebRtcPeer> webrtc;
    std::optional<Membership> membership;
};

struct MemberSpec {
    std::string name;
    std::string resume;
    MemberRights rights;
    // Than the room's profile has; nullopt: as many.
    std::optional<std::uint32_t> video_slots, audio_slots;
    std::vector<std::string> codecs;
};

struct TrackSpec {
    std::string name;  // empty: the id
    std::string codec;
    std::uint32_t clock_rate_hz = 0;  // 0: the codec's
    std::uint8_t payload_type = 0;
    std::uint8_t rtx_payload_type = 0;
    std::uint8_t red_payload_type = 0;
    Extensions extensions;
    std::vector<Encoding> encodings;
    std::string mid;
    std::string format_parameters;
    bool end_to_end_encrypted = false;
    std::optional<MediaSource> source;  // nullopt: camera or microphone, by the codec
    bool muted = false;
    std::uint32_t height_px = 0;
    std::string scalability;
};

struct SubscriptionSpec {
    std::string track;  // id text
    std::string layers = "max";
    std::optional<std::uint32_t> ssrc;  // nullopt: random
    std::optional<std::uint32_t> rtx_ssrc;
    std::optional<std::uint8_t> payload_type;  // nullopt: the track's
    std::optional<std::uint8_t> rtx_payload_type;
    std::optional<std::uint8_t> red_payload_type;
    std::optional<Extensions> extensions;
    bool extmap_allow_mixed = true;
    std::string mid;
};

// What the slot `mid` of a receiving leg shall carry from now on.
struct SlotFilling {
    ParticipantId leg;
    std::string mid;
    // Without id and time; nullopt: nothing. Its SSRCs are the slot's own.
    std::optional<Subscription> wanted;
    Av1Form av1 = Av1Form::none;  // in which it carries that
};

}  // namespace strata::control
