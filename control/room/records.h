#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "control/room/endpoint.h"
#include "control/room/ids.h"
#include "control/room/media_source.h"
#include "control/room/member.h"
#include "control/room/profile.h"
#include "control/room/srtp_keys.h"
#include "relay/svc/layers.h"

// What exists on a node, as it is stored. Plain values: the rules between them are Directory's.
namespace strata::control {

// Something that the data plane learned and that must survive it (C53). It is told to later data
// planes only: the one that learned it (its epoch) keeps seeing the object as it was, so that a
// restart of control disturbs nothing.
template <typename T>
struct Learned {
    T value{};
    std::uint64_t dataplane_epoch = 0;
    friend bool operator==(const Learned&, const Learned&) = default;
};

struct Room {
    std::string name;                      // its identifier
    std::uint32_t worker = 0;              // home worker: of all participants without another one
    std::int64_t created_at_ms = 0;        // Unix time
    std::string profile{kDefaultProfile};  // a name: an edit holds for whoever joins afterwards
    friend bool operator==(const Room&, const Room&) = default;
};

// ICE credentials of one generation (RFC 8839): ours, and the peer's user fragment.
struct IceCredentials {
    std::string ufrag, password, remote_ufrag;
    friend bool operator==(const IceCredentials&, const IceCredentials&) = default;
};

// What a participant that is a WebRTC endpoint has besides.
struct WebRtcPeer {
    enum class Kind : std::uint8_t { publisher, viewer };
    Kind kind = Kind::publisher;
    std::string session;                      // unguessable; the last part of its URL
    std::vector<IceCredentials> credentials;  // newest first; two while an ICE restart lasts (C44)
    // The data plane that was given keys, 0: none yet. Keys themselves are never stored; one that
    // has them keeps them over a restart of control.
    std::uint64_t keyed_epoch = 0;
    std::optional<SrtpKeys> keys;
    // Of the certificate that it was told of: descriptions of the same connection go on naming it.
    std::string own_fingerprint;
    friend bool operator==(const WebRtcPeer&, const WebRtcPeer&) = default;
};

// Whose peer connection a participant is, in a meeting.
struct Membership {
    MemberId member;
    std::string publication;  // empty: the one that receives
    friend bool operator==(const Membership&, const Membership&) = default;
};

// One peer with one transport.
struct Participant {
    ParticipantId id;
    std::string room;
    std::string name;
    std::optional<Endpoint> remote;  // fixed; nullopt: latched from the first valid RTP packet
    std::optional<Learned<Endpoint>> latched;  // of a WebRTC peer: nominated
    bool latched_by_tcp = false;               // a connection, which doesn't outlive the data plane
    std::optional<WebRtcPeer> webrtc;
    std::optional<Membership> membership;
    std::optional<std::uint32_t> worker;  // nullopt: the room's home
    std::uint32_t mtu_bytes = 1500;
    std::int64_t created_at_ms = 0;
    friend bool operator==(const Participant&, const Participant&) = default;
};

struct Encoding {
    std::string rid;             // empty: known by SSRC
    std::uint32_t ssrc = 0;      // 0: learned from the rid extension
    std::uint32_t rtx_ssrc = 0;  // 0: none, or learned from the repaired-rid extension
    std::optional<Learned<std::uint32_t>> learned_ssrc;
    std::optional<Learned<std::uint32_t>> learned_rtx_ssrc;
    friend bool operator==(const Encoding&, const Encoding&) = default;
};

// What a participant publishes.
struct Track {
    TrackId id;
    ParticipantId participant;
    std::string name;
    std::string codec;  // "VP8" "VP9" "AV1" "H264" "H264-SVC" "opus", else opaque
    std::uint32_t clock_rate_hz = 90'000;
    std::uint8_t payload_type = 0;
    std::uint8_t rtx_payload_type = 0;  // 0: none
    std::uint8_t red_payload_type = 0;  // 0: none
    Extensions extensions;
    std::vector<Encoding> encodings;  // 1..relay::kMaxEncodings, smallest picture first
    std::string mid;
    std::string format_parameters;  // a=fmtp of the publisher: what its receivers must decode
    bool end_to_end_encrypted = false;
    MediaSource source = MediaSource::camera;
    bool muted = false;           // nothing is forwarded
    std::uint32_t height_px = 0;  // of the largest picture, 0: unknown
    std::string scalability;      // "L3T3" (W3C webrtc-svc) of each encoding, empty: unknown
    std::int64_t created_at_ms = 0;
    friend bool operator==(const Track&, const Track&) = default;
};

// One participant's leg of another one's track.
struct Subscription {
    SubscriptionId id;
    ParticipantId participant;  // the receiver
    TrackId track;
    relay::LayerTarget target;
    std::uint32_t ssrc = 0;  // outgoing
    std::uint8_t payload_type = 0;
    std::uint32_t rtx_ssrc = 0;         // 0: none
    std::uint8_t rtx_payload_type = 0;  // 0: none
    std::uint8_t red_payload_type = 0;  // 0: none
    Extensions extensions;
    bool extmap_allow_mixed = true;
    std::string mid;  // empty: the peer has no media sections
    std::int64_t created_at_ms = 0;
    friend bool operator==(const Subscription&, const Subscription&) = default;
};

// A profile is a record only where it was edited.
using Record = std::variant<Room, Participant, Track, Subscription, RoomProfile, Member>;
using RecordKey =
    std::variant<std::string, ParticipantId, TrackId, SubscriptionId, ProfileName, MemberId>;

RecordKey key_of(const Record& record);

// A checked difference: committed to the store as one transaction, then applied in memory.
struct Change {
    std::vector<Record> puts;  // new or replaced
    // Subscriptions before tracks before participants before members before rooms; all of them
    // before the puts.
    std::vector<RecordKey> removes;
    std::uint64_t next_id = 0;  // of the sequence, after this change
};

}  // namespace strata::control
