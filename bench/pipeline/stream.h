#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/port/memory_port.h"

namespace strata::bench {

constexpr std::uint16_t kPayloadBytes = 1'200;  // RTP payload, VP8 descriptor included
constexpr std::uint16_t kBurst = 32;
constexpr std::uint16_t kWorkerPort = 20'000;
constexpr std::uint8_t kPayloadType = 96;

// Where a room's publisher sends from, and where its receiver `receiver` gets its packets.
dataplane::FlowKey publisher_flow(std::uint32_t room);
dataplane::FlowKey receiver_flow(std::uint32_t room, std::uint32_t receiver);
std::uint32_t publisher_ssrc(std::uint32_t room);

// The input of every loop: VP8 with two temporal layers, five packets a frame, one publisher per
// room, rooms in turn. A packet's header is written, its payload is what the mbuf held before, as
// if a card had put it there.
class Stream {
  public:
    // `upper_only`: after the first key frame, every frame is of the upper temporal layer.
    Stream(std::uint32_t rooms, bool upper_only);

    // Puts `n` packets (at most kBurst) into the port. False: no mbufs.
    bool feed(dataplane::MemoryPort& port, rte_mempool* pool, std::uint16_t n);

  private:
    static constexpr std::uint16_t kPacketsPerFrame = 5;

    struct Room {
        dataplane::FlowKey flow;
        std::uint32_t ssrc = 0;
        std::uint32_t timestamp = 0;
        std::uint16_t sequence = 0, picture_id = 0, packet = 0;
        std::uint8_t tl0_pic_idx = 0;
        std::uint64_t frame = 0;
    };

    void write(Room& room, std::uint8_t* to) const;

    bool upper_only_;
    std::vector<Room> rooms_;
    std::size_t next_ = 0;
};

}  // namespace strata::bench
