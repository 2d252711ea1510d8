#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/meeting/guest.h"
#include "control/meeting/slot_plan.h"
#include "control/room/directory.h"
#include "control/signalling/legs.h"

// What the relay says to members (docs/meetings.md, "From the server"), as texts.
namespace strata::control::meeting {

using RequestId = std::optional<std::uint64_t>;

std::string error_text(RequestId id, const Error& error);
// With the answer to a publication's restart, or without.
std::string ok_text(RequestId id, std::string_view sdp = {});
std::string published_text(RequestId id, std::string_view publication,
                           const Legs::Published& published);
std::string offer_text(const Legs::Offer& offer);
std::string muted_text(TrackId track, bool muted, MemberId by);
std::string publication_ended_text(std::string_view publication, std::string_view reason);
std::string receive_ended_text(std::string_view reason);
std::string closing_text(std::string_view code, std::string_view detail);

// Who is in a room, by id ("m4", "p12"): each as JSON. In the order of their coming.
struct Listed {
    std::uint64_t number = 0;  // of the id
    std::string id;
    std::string json;
    friend bool operator==(const Listed&, const Listed&) = default;
};
std::vector<Listed> listing_of(const Directory& directory, std::string_view room);
// "member-joined" and "member-changed".
std::string member_text(std::string_view type, const Listed& member);
std::string member_left_text(std::string_view id, std::string_view reason);

// Part of a listing that isn't too long for one message.
struct MemberPage {
    std::span<const Listed> members;
    bool more = false;  // others come behind them
};
// Those behind `number`, at least one where there is one, of at most `most_bytes` together.
MemberPage page_after(std::span<const Listed> all, std::uint64_t number, std::size_t most_bytes);
std::string members_text(RequestId id, const MemberPage& page);

struct Joined {
    const Member& member;
    const Listed& listed;  // the same
    MemberPage members;
    const std::vector<std::string>& ice_servers;
};
std::string joined_text(RequestId id, const Joined& joined);

// Of each of a member's slots what is in it and what it is given of that, as JSON.
std::vector<std::string> slot_texts(const Directory& directory, const Member& member,
                                    const std::map<SubscriptionId, Given>& given);
// `slots` of these.
std::string slots_text(const std::vector<std::string>& slots);
std::string unshown_text(std::span<const Unshown> unshown);

}  // namespace strata::control::meeting
