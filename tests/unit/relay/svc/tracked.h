#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "relay/rtp/packet.h"
#include "relay/svc/frame_tracker.h"
#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay {

// A tracker that is fed parsed packets; payload type 100 is of its codec.
class Tracked {
  public:
    explicit Tracked(Codec codec, bool encrypted = false) : tracker(codec, encrypted) {
        parser_.payload_types[kVp8Type] = {PayloadRole::media, Codec::vp8};
        parser_.payload_types[kVp9Type] = {PayloadRole::media, Codec::vp9};
        parser_.payload_types[100] = {PayloadRole::media, codec};
        parser_.extensions.set(1, ExtensionKind::dependency_descriptor);
        parser_.end_to_end_encrypted = encrypted;
    }
    TrackedPacket send(const PacketBuilder& builder) {
        bytes_ = builder.build();
        PacketInfo info;
        EXPECT_EQ(parse_packet(bytes_, parser_, info), ParseError::none);
        return tracker.on_packet(10'000 + builder.sequence, bytes_, info);
    }
    const FrameInfo& frame() const { return tracker.frame(); }

    FrameTracker tracker;

  private:
    PacketParser parser_;
    std::vector<std::uint8_t> bytes_;
};

}  // namespace strata::relay
