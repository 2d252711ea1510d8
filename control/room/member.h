#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/room/av1_form.h"
#include "control/room/ids.h"
#include "control/room/media_source.h"
#include "control/room/profile.h"

// A member of a meeting as it is stored (docs/meetings.md). Its peer connections are participants
// that name it: one that receives, one for each publication.
namespace strata::control {

using Extensions = std::map<std::uint8_t, std::string>;  // header extension id → URI, RFC 8285

// Admins have the other rights too.
struct MemberRights {
    bool publish = false;
    bool subscribe = false;
    bool admin = false;
    friend bool operator==(const MemberRights&, const MemberRights&) = default;
};

// What a member wants of one slot.
struct SlotWish {
    std::string layers;           // text of a track's layers; empty: none are wished for
    std::uint32_t height_px = 0;  // at which it is shown; 0: not told
    bool paused = false;
    friend bool operator==(const SlotWish&, const SlotWish&) = default;
};

// A media section of the receiving leg. Which track it carries is said by the subscription with its
// MID on that leg: none, it is empty.
struct Slot {
    std::string mid;
    MediaKind kind = MediaKind::video;
    std::uint32_t ssrc = 0;
    std::uint32_t rtx_ssrc = 0;   // 0: audio
    bool usable = true;           // the client has accepted it
    Av1Form av1 = Av1Form::none;  // that it has carried since the leg's peer connection began
    SlotWish wish;
    friend bool operator==(const Slot&, const Slot&) = default;
};

// A codec that the client has agreed to receive, with the numbers that it goes by.
struct SlotFormat {
    std::string codec;       // as the data plane names it
    std::string parameters;  // a=fmtp of the client
    std::uint8_t payload_type = 0;
    std::uint8_t rtx_payload_type = 0;  // 0: none
    std::uint8_t red_payload_type = 0;  // 0: none
    friend bool operator==(const SlotFormat&, const SlotFormat&) = default;
};

// What the answer to a receiving leg's offer says of all slots of a kind.
struct SlotTerms {
    std::vector<SlotFormat> formats;
    Extensions extensions;
    friend bool operator==(const SlotTerms&, const SlotTerms&) = default;
};

struct Member {
    MemberId id;
    std::string room;
    std::string name;
    std::string resume;  // a secret: who knows it takes this place again
    MemberRights rights;
    RoomProfile profile;  // the room's, as it was when the member came
    // Names of video codecs that the client can decode; empty: all.
    std::vector<std::string> codecs;
    std::vector<std::string> pins;  // ids of members, participants or tracks, first of all first
    std::uint32_t generation = 0;   // of the receiving leg's peer connection, 0: none was offered
    std::uint32_t offers = 0;       // of that generation
    bool answered = false;          // there are terms
    SlotTerms audio, video;
    bool extmap_allow_mixed = false;
    std::vector<Slot> slots;  // in the order of the media sections
    std::int64_t created_at_ms = 0;

    // What rights and profile together let it publish.
    bool may_publish(MediaKind kind) const;
    friend bool operator==(const Member&, const Member&) = default;
};

}  // namespace strata::control
