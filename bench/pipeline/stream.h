#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/port/memory_port.h"

namespace strata::bench {

constexpr std::uint16_t kBurst = 32;
constexpr std::uint16_t kWorkerPort = 20'000;
constexpr std::uint8_t kPayloadType = 96;
// Ids of the dependency descriptor, and of what browsers add to each packet for one hop.
constexpr std::uint8_t kDescriptorExtension = 1, kSendTimeExtension = 2, kTransportCcExtension = 3;

// What publishers send.
enum class Media : std::uint8_t {
    vp8,         // two temporal layers, in the payload descriptor; five packets a frame
    browser,     // the same with send times and transport-wide numbers, of one who takes NACK
    descriptor,  // AV1, two temporal layers in a dependency descriptor of three bytes
    audio,       // Opus
};
// Bytes of RTP payload in each packet.
constexpr std::uint16_t payload_bytes(Media media) { return media == Media::audio ? 120 : 1'200; }
// How many of them are rewritten for receivers, and so are part of the header that each gets.
constexpr bool is_vp8(Media media) { return media == Media::vp8 || media == Media::browser; }
constexpr std::uint16_t rewritten_bytes(Media media) { return is_vp8(media) ? 6 : 0; }

// Where a room's publisher sends from, and where its receiver `receiver` gets its packets.
dataplane::FlowKey publisher_flow(std::uint32_t room);
dataplane::FlowKey receiver_flow(std::uint32_t room, std::uint32_t receiver);
std::uint32_t publisher_ssrc(std::uint32_t room);

// The input of every loop: one publisher per room. A packet's header is written, its payload is
// what the mbuf held before, as if a card had put it there.
class Stream {
  public:
    struct Options {
        std::uint32_t rooms = 1;
        Media media = Media::vp8;
        // After the first key frame, every frame is of the upper temporal layer.
        bool upper_only = false;
        // Once each room has sent two frames they send in random order, the same one each time.
        bool random_order = false;
    };
    explicit Stream(const Options& options);

    // Puts `n` packets (at most kBurst) into the port. False: no mbufs.
    bool feed(dataplane::MemoryPort& port, rte_mempool* pool, std::uint16_t n);

  private:
    static constexpr std::uint16_t kPacketsPerFrame = 5;

    struct Room {
        dataplane::FlowKey flow;
        std::uint32_t ssrc = 0;
        std::uint32_t timestamp = 0;
        std::uint16_t sequence = 0, picture_id = 0, packet = 0, transport_number = 0;
        std::uint8_t tl0_pic_idx = 0;
        std::uint64_t frame = 0;
        bool first() const { return packet == 0; }
        bool key() const { return frame == 0; }
    };

    Room& next_room();
    // Each returns the packet's size.
    std::uint16_t write(Room& room, std::uint8_t* to) const;
    static std::uint16_t write_hop(Room& room, std::uint8_t* to);
    std::uint16_t write_vp8(const Room& room, bool upper, std::uint8_t* to) const;
    std::uint16_t write_av1(const Room& room, bool upper, bool last, std::uint8_t* to) const;

    Options options_;
    std::vector<Room> rooms_;
    std::size_t next_ = 0;
    std::uint64_t in_turn_;  // packets until the order is random
    std::uint64_t random_ = 1;
};

}  // namespace strata::bench
