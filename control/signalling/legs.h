#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/signalling/peers.h"
#include "control/signalling/sdp/codec_choice.h"
#include "control/signalling/sdp/publish_plan.h"
#include "control/signalling/sdp/slot_offer.h"
#include "control/signalling/track_note.h"

namespace strata::control {

// The peer connections of meetings' members: the receiving leg, which the relay offers, and
// publications, which it answers. Main thread.
class Legs {
  public:
    struct Environment {
        Node* node;  // both outlive the legs
        Peers* peers;
        sdp::Capabilities receiving, sending;  // of the media path
    };
    struct Offer {
        std::string sdp;
        std::uint32_t generation = 0;
        Change change;  // for Node::when_settled
    };
    struct Published {
        std::string sdp;
        std::vector<std::pair<std::string, TrackId>> tracks;  // by mid
        Change change;                                        // for Node::when_settled
    };

    explicit Legs(Environment environment);

    // The member must exist. Where its leg has ended (or there was none) a new one is opened, with
    // a generation of its own; else the one that is there gets new ICE credentials.
    Result<Offer> offer(MemberId id);
    // The client's answer to the newest offer.
    Result<void> answer(MemberId id, std::string_view sdp);

    // Sections of the offer that aren't noted are rejected.
    Result<Published> publish(MemberId id, std::string_view publication, std::string_view offer,
                              std::span<const TrackNote> notes);
    // The SDP that answers an offer of the same tracks after restartIce().
    Result<Published> restart(MemberId id, std::string_view publication, std::string_view offer);

  private:
    Result<Member> open(Member member, Change& change);
    Result<std::vector<sdp::PublishedSection>> noted_sections(const Member& member,
                                                              const sdp::Description& offer,
                                                              std::span<const TrackNote> notes);
    std::string answer_text(ParticipantId id, const sdp::Description& offer,
                            const std::vector<sdp::PublishedSection>& sections,
                            sdp::Setup own_setup) const;

    Node& node_;
    Peers& peers_;
    sdp::Capabilities receiving_, sending_;
};

}  // namespace strata::control
